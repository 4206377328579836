"""Descents of several learning rates side by side, and the edge of stability that tells them apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from gradevo.errors import GradevoError
from gradevo.numbers import number
from gradevo.pictures.examples.descent.quadratic import Descent, Squares, factor_text, read_descent
from gradevo.pictures.examples.drawing import arrow
from gradevo.pictures.picture import Material, Picture
from gradevo.pictures.style.frame import SEPARATOR, new_figure
from gradevo.pictures.style.house import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    PAGE,
    PURPLE,
    SKY,
    VERMILION,
    house_style,
)  # fmt: skip
from gradevo.pictures.style.save import save

HEIGHT = 6.3
"""Of the figure, in inches."""

COLOURS = {
    "slow": SKY,
    "steady": BLUE,
    "fast": GREEN,
    "bumping": ORANGE,
    "bouncing": PURPLE,
    "diverging": VERMILION,
}
"""One for every name that `classify` gives."""

REACH = 1.4
"""How far the parabolas reach, in multiples of the largest distance from the lowest point."""


def draw_descents(
    run_paths: Sequence[str | Path], data_path: str | Path, folder: str | Path
) -> tuple[Path, Path]:
    """Draw runs of different learning rates as ``descents.png`` and ``descents.pdf``; returns their paths.

    See `figure_of`.
    """
    return save(figure_of(run_paths, data_path), Path(folder), "descents")


def figure_of(run_paths: Sequence[str | Path], data_path: str | Path) -> Figure:
    """Draw runs of different learning rates.

    Above, for each rate, the loss over w with the steps as arrows, and the loss over the steps. Below, the
    factor |1 − rate · curvature| of a step over the learning rate, with the runs and the edge of stability at
    2 / curvature; the curvature 2·Σx² is computed from the data.

    run_paths, data_path: see `read_descent`. Raises GradevoError for no runs at all, for other runs and for
    other data.
    """
    if not run_paths:
        raise GradevoError("descents: expected at least one run file, found none; name them")
    descents = sorted((read_descent(path, data_path) for path in run_paths), key=lambda one: one.rate)
    return picture(descents)


@house_style()
def picture(descents: Sequence[Descent]) -> Figure:
    """The figure of descents on the same data, in the order of their learning rates."""
    figure = new_figure(PAGE, HEIGHT)
    figure.set_layout_engine("none")
    squares = descents[0].squares
    figure.text(
        0.012, 0.975, f"{descents[0].title}: gradient descent", fontsize=9, weight="bold", va="center"
    )
    remarks = sorted({one.remarks for one in descents if one.remarks})
    about = [
        f"y = w·x, {len(squares.x)} points, summed squared error",
        f"from w = {number(descents[0].w[0])}",
        "each parabola on its own scale",
    ]
    figure.text(0.012, 0.949, SEPARATOR.join([*about, *remarks]), color=GREY, va="center")
    left, right, gap = 0.07, 0.99, 0.045
    width = (right - left - gap * (len(descents) - 1)) / len(descents)
    losses = np.concatenate([one.losses for one in descents])
    for place, one in enumerate(descents):
        x = left + place * (width + gap)
        _parabola(figure.add_axes((x, 0.652, width, 0.18)), one, first=place == 0)
        _losses(figure.add_axes((x, 0.425, width, 0.16)), one, losses, first=place == 0)
    _factors(figure.add_axes((left, 0.075, 0.5, 0.255)), descents)
    figure.text(0.6, 0.33, explanation(squares), va="top", linespacing=1.5)
    return figure


def explanation(squares: Squares) -> str:
    """Why the curvature decides, with the numbers of the data."""
    curvature, edge = squares.curvature, 2 / squares.curvature
    return (
        f"L(w) = Σ(w·x − t)², lowest at w* = {number(squares.best)}\n"
        f"curvature L″ = 2·Σx² = {number(curvature)}, the same everywhere\n"
        "a step with learning rate η:\n"
        "   w − w*  →  (1 − η·L″) · (w − w*)\n"
        f"η = 1/L″ = {number(edge / 2)}: factor 0, there in one step\n"
        f"η < {number(edge / 2)}: from one side, ever closer\n"
        f"{number(edge / 2)} < η < {number(edge)}: beyond w* and back, closer\n"
        f"η = 2/L″ = {number(edge)}: the edge of stability;\n"
        "   beyond it every step ends farther away"
    )


def _parabola(axes: Axes, descent: Descent, first: bool) -> None:
    """The loss over w, and the path: an arrow a step."""
    squares, colour = descent.squares, COLOURS[descent.name]
    reach = REACH * descent.span
    over = np.linspace(squares.best - reach, squares.best + reach, 201)
    axes.plot(over, squares.loss(over), color=GREY, linewidth=0.9)
    losses = descent.losses
    axes.plot(descent.w, losses, "o", color=colour, markersize=2.4, zorder=3)
    for step, (w, new) in enumerate(zip(descent.w, descent.w[1:], strict=False)):
        if abs(new - w) > 0.02 * descent.span:
            look: dict[str, Any] = {"mutation_scale": 5, "linewidth": 0.8, "color": colour, "zorder": 2}
            arrow(axes, (w, losses[step]), (new, losses[step + 1]), shrinkB=1, **look)
    axes.set_xlim(over[0], over[-1])
    top = losses.max() - descent.lowest
    axes.set_ylim(descent.lowest - 0.08 * top, descent.lowest + 1.15 * top)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.set_xlabel("w", labelpad=1)
    axes.set_title(f"η = {descent.rate:g}\nfactor {factor_text(descent)}", pad=3, linespacing=1.3)
    axes.text(0, 1.31, descent.name, transform=axes.transAxes, fontsize=9, weight="bold", color=BLACK)
    if first:
        axes.set_ylabel("loss")


def _losses(axes: Axes, descent: Descent, every: np.ndarray, first: bool) -> None:
    """The loss over the steps, on a logarithmic axis that all share."""
    floor = descent.lowest
    axes.axhline(floor, color=GREY, linewidth=0.8, linestyle=":")
    axes.plot(descent.losses, "o-", color=COLOURS[descent.name], markersize=2.4)
    axes.set_yscale("log")
    axes.set_ylim(every.min() / 2, every.max() * 2)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set_xlabel("step", labelpad=1)
    if first:
        axes.set_ylabel("loss")
        axes.text(len(descent.loss), floor * 1.25, "lowest", ha="right", va="bottom", fontsize=7, color=GREY)
    else:
        axes.tick_params(labelleft=False)


def _factors(axes: Axes, descents: Sequence[Descent]) -> None:
    """|1 − η·L″| over η, the runs on it, and the edge where it is 1 again."""
    curvature = descents[0].squares.curvature
    edge = 2 / curvature
    last = 1.3 * max(edge, *(one.rate for one in descents))
    rates = np.linspace(0, last, 401)
    axes.axvspan(edge, last, color=LIGHT, linewidth=0)
    axes.plot(rates, np.abs(1 - rates * curvature), color=GREY)
    axes.axvline(edge, color=BLACK, linewidth=0.9, linestyle="--")
    axes.axhline(1, color=BLACK, linewidth=0.6, linestyle=":")
    for one in descents:
        axes.plot(one.rate, abs(one.factor), "o", color=COLOURS[one.name], markersize=6, zorder=3)
        left = edge / 2 < one.rate < edge
        place, side = ((-7, 2), "right") if left else ((7, -7 if one.rate > edge else 2), "left")
        axes.annotate(one.name, (one.rate, abs(one.factor)), place, textcoords="offset points", ha=side)
    axes.set_xlim(0, last)
    top = 1.22 * max(1.0, *(abs(one.factor) for one in descents))
    axes.set_ylim(-0.05 * top, top)
    for x, words, side in (
        (edge / 4, "one-sided", "center"),
        (3 * edge / 4, "overshooting", "center"),
        (edge, f"  edge of stability\n  2/L″ = {number(edge)}", "left"),
    ):
        height = 0.93 if side == "center" else 0.3
        axes.text(x, height, words, ha=side, va="center", transform=axes.get_xaxis_transform())
    axes.axvline(edge / 2, color=GREY, linewidth=0.6, linestyle=":")
    axes.set_xlabel("learning rate η")
    axes.set_ylabel("|1 − η·L″|, factor of a step")


def _drawn(material: Material) -> None:
    draw_descents(material.files, material.dataset, material.folder)


PICTURE = Picture(
    "descents",
    needs="runs on a dataset",
    asked="descent",
    files=("descents.png", "descents.pdf"),
    draw=_drawn,
    figure=lambda material: figure_of(material.files, material.dataset),
    heading="Learning rates about the edge of stability",
    link="Descents",
    alt="Descents of one weight with several learning rates side by side: path on the loss parabola, loss "
    "over the steps, and the factor of a step over the learning rate with the edge of stability.",
    seen="The same start, one weight, several learning rates: the path on the loss, the loss over the "
    "steps, and by which factor a step changes the distance to the lowest point.",
    computed="On a parabola with curvature L″ a step with learning rate η multiplies that distance by "
    "1 − η·L″, so everything beyond η = 2/L″ diverges; points are the recorded weights and losses.",
)
