"""The animation against the article's way of drawing it, and of a long training against the clock."""

import tempfile
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.cm import ScalarMappable
from numpy.typing import NDArray

from gradevo.pictures.heatmaps.film import animate
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics

from . import cases
from .timing import OURS, Row, interleave, rows, timed
from .training import train

# How often the article's time contains ours, at least.
TARGET = 20.0
# Seconds for the article's training of FordA, 500 epochs and so 500 frames, at most.
LIMIT = 30.0


def mnist(rounds: int, quick: bool) -> list[Row]:
    """Animate a recorded mnist run, 10 epochs and so 10 frames, as GIF and MP4."""
    matplotlib.use("agg")
    case = cases.recorded("mnist", quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(case, folder=folder)
        statistics = folder / "statistics.h5"
        analyse(folder / "run.h5", statistics)
        contenders = {
            OURS: timed(lambda: animate(statistics, folder / "ours.gif", folder / "ours.mp4")),
            "article": timed(lambda: article(statistics, folder / "article.gif")),
        }
        taken = interleave(contenders, rounds, "animation mnist")
    return rows(f"animation mnist, {case.experiment.epochs} frames", taken, {"article": TARGET})


def forda(rounds: int, quick: bool) -> list[Row]:
    """Animate a run in the shape of the article's FordA, as GIF and MP4; for the article it is too long."""
    matplotlib.use("agg")
    # A frame shows an epoch's gradient, however many steps it is the sum of.
    shape = cases.FORDA._replace(steps_per_epoch=1)
    if quick:
        shape = shape._replace(epochs=shape.epochs // 10)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        statistics = folder / "statistics.h5"
        cases.write_random_run(folder / "run.h5", shape, fading=True)
        analyse(folder / "run.h5", statistics)
        draw = timed(lambda: animate(statistics, folder / "ours.gif", folder / "ours.mp4"))
        taken = interleave({OURS: draw}, rounds, "animation forda")
    return rows(f"animation forda, {shape.epochs} frames", taken, {}, limit=LIMIT)


def article(statistics: Path, gif: Path) -> None:
    """Draw as the article does: every frame lays new axes over those of the frames before."""
    with Statistics(statistics) as recorded:
        gradients = [
            np.stack([recorded.gradient(tensor, epoch) for epoch in range(1, recorded.epochs + 1)])
            for tensor in recorded.tensors
        ]
    accumulated = [gradient.cumsum(axis=0) for gradient in gradients]
    dissolving = [
        np.abs(gradient).cumsum(axis=0) - np.abs(total)
        for gradient, total in zip(gradients, accumulated, strict=True)
    ]
    kinds = {"Gradient": gradients, "Dissolving Gradient": dissolving, "Accumulated Gradient": accumulated}

    figure = pyplot.figure(figsize=(10, 8), dpi=300)
    grid = figure.add_gridspec(1, 3)
    columns = [grid[0, place].subgridspec(len(gradients), 1) for place in range(3)]
    for column, title in zip(columns, kinds, strict=True):
        heading = figure.add_subplot(column[:, 0])
        heading.axis("off")
        heading.set_title(title)
    bar = figure.colorbar(ScalarMappable(), ax=figure.get_axes())
    figure.subplots_adjust(right=0.75)
    bar.set_ticks([0, 0.5, 1], labels=["low", "medium", "high"])

    def draw(frame: int) -> None:
        figure.suptitle(f"Gradient Animation - Epoch {frame}")
        for column, tensors in zip(columns, kinds.values(), strict=True):
            for row, values in enumerate(tensors):
                axes = figure.add_subplot(column[row, 0])
                largest = np.abs(values).max() or 1
                axes.imshow(rectangle(np.abs(values[frame]) / largest), vmin=0, vmax=1)
                axes.set_axis_off()

    FuncAnimation(figure, draw, frames=len(gradients[0]), interval=1000).save(gif, PillowWriter(fps=1))
    pyplot.close(figure)


def rectangle(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """A tensor as a matrix whose sides are the products of every other prime factor of its size."""
    sides = [1, 1]
    rest, divisor, turn = values.size, 2, 0
    while rest > 1:
        if rest % divisor:
            divisor += 1
            continue
        rest //= divisor
        sides[turn] *= divisor
        turn = 1 - turn
    return values.reshape(sorted(sides))
