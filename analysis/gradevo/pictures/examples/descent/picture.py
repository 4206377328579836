"""Gradient descent on a parabola, every step in small stages: the loss over w, and the line that w draws."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradevo.numbers import decimal
from gradevo.pictures.examples.descent.quadratic import Descent, protocol, read_descent
from gradevo.pictures.examples.descent.slope import (
    ACROSS,
    ARRIVED,
    LOSS,
    NEW,
    STAGES,
    TANGENT,
    FittedLine,
    Slope,
)
from gradevo.pictures.examples.drawing import film_figure
from gradevo.pictures.film.film import film
from gradevo.pictures.picture import Picture, film_files, film_of_a_run
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, VERMILION, house_style

WIDTH, HEIGHT, DOTS = 16.0, 9.0, 100
"""Of the picture, in inches and dots per inch: 1600 × 900 pixels."""

CENTISECONDS = 60
"""How long a stage stays."""

STILL = 1e-6
"""A step shorter than this, in shares of the run's largest distance from the lowest point, is one picture."""


@house_style()
def draw_descent(run_path: str | Path, data_path: str | Path, gif: str | Path, mp4: str | Path) -> None:
    """Draw every step of a descent in six stages.

    At the left the loss over w: the current w; the loss there; the tangent with its slope; across to the new
    w, with the formula and its numbers; down; the new w. At the right the line y = w·x with its residuals and
    their squares, and the same step enlarged, readable near the lowest point too. All other axes are fixed.

    run_path, data_path: see `read_descent`. The files appear whole or not at all. Raises GradevoError for
    another run and for other data.
    """
    picture = DescentFilm(read_descent(run_path, data_path))
    film(
        picture.figure,
        picture.update,
        len(picture.frames),
        gif,
        mp4,
        centiseconds=CENTISECONDS,
        moving=picture.moving,
    )


@house_style()
def last_frame(run_path: str | Path, data_path: str | Path) -> Figure:
    """The figure of the last step; see `draw_descent`."""
    picture = DescentFilm(read_descent(run_path, data_path))
    picture.update(len(picture.frames) - 1)
    return picture.figure


def stages(descent: Descent) -> list[tuple[int, int]]:
    """The pictures as (step, stage): six a step, but one of a step that stands still."""
    moves = np.abs(np.diff(descent.w)) > STILL * descent.span
    return [
        (step, stage)
        for step, moving in enumerate(moves)
        for stage in (range(STAGES) if moving else (ARRIVED,))
    ]


class DescentFilm:
    """The figure; every artist is created here, and `update` changes those of `moving`."""

    def __init__(self, descent: Descent) -> None:
        self.descent, self.frames = descent, stages(descent)
        self.figure = film_figure(WIDTH, HEIGHT, DOTS)
        title = f"{descent.title}: learning rate {descent.rate:g}, {descent.name}"
        self.figure.text(0.02, 0.96, title, fontsize=18, weight="bold", va="center")
        self.figure.text(0.02, 0.92, protocol(descent), fontsize=12.5, color=GREY, va="center")
        self._state = self.figure.text(0.985, 0.96, "", fontsize=18, weight="bold", ha="right", va="center")

        main = self._panel("loss over w", 0.06, 0.27, 0.52, 0.59, "w", "summed squared error")
        self._slope = Slope(main, descent, named=True)
        self._slope.look_at(descent.span, 0.0)
        line = self._panel(
            "the line y = w·x, its residuals and their squares", 0.645, 0.53, 0.34, 0.33, "x", "y"
        )
        self._line = FittedLine(line, descent)
        self._near = self._panel("the same step, enlarged", 0.645, 0.08, 0.34, 0.33, "w", "loss")
        self._magnified = Slope(self._near, descent, named=False)
        self._still = self._near.text(
            0.5, 0.5, "at the lowest point: the slope is 0, w stays", ha="center", fontsize=13, color=BLACK,
            transform=self._near.transAxes,
        )  # fmt: skip
        look: dict[str, Any] = {"fontsize": 14, "va": "center"}
        self._formulas = [
            (self.figure.text(0.06, 0.175 - 0.043 * place, "", color=colour, **look), stage)
            for place, (colour, stage) in enumerate(
                ((VERMILION, 0), (BLUE, LOSS), (GREEN, TANGENT), (NEW, ACROSS))
            )
        ]
        changed = [*self._slope.moving, *self._line.moving, self._near, *(text for text, _ in self._formulas)]
        self.moving: list[Artist] = [self._state, *changed]
        self.update(0)

    def update(self, frame: int) -> None:
        """Show a frame, whatever was shown before."""
        descent = self.descent
        step, stage = self.frames[frame]
        self._state.set_text(
            f"iteration {step + 1} of {len(descent.loss)}, loss {decimal(descent.loss[step], 2)}"
        )
        self._slope.show(step, stage)
        self._line.show(step, stage)
        distance = float(np.abs(descent.w[step : step + 2] - descent.squares.best).max())
        still = distance <= STILL * descent.span
        self._magnified.look_at(descent.span if still else distance, descent.lowest)
        self._magnified.show(step, stage)
        for artist in self._magnified.moving if still else ():
            artist.set_visible(False)
        self._near.axison = not still
        self._still.set_visible(still)
        for (text, needed), words in zip(self._formulas, formulas(descent, step), strict=True):
            text.set_text(words)
            text.set_visible(stage >= needed)

    def _panel(
        self, title: str, left: float, bottom: float, width: float, height: float, x: str, y: str
    ) -> Axes:
        axes = self.figure.add_axes((left, bottom, width, height))
        # Below all that moves, it is drawn once only.
        axes.set_title(title, fontsize=14, weight="bold", pad=8, y=1, zorder=0)
        axes.tick_params(labelsize=11)
        axes.ticklabel_format(useMathText=False)  # plain numbers are drawn in half the time
        axes.set_xlabel(x, fontsize=12.5)
        axes.set_ylabel(y, fontsize=12.5)
        return axes


def formulas(descent: Descent, step: int) -> tuple[str, str, str, str]:
    """w, loss, slope and step as formulas with the numbers of that step (from 0)."""
    w, new, slope = descent.w[step], descent.w[step + 1], descent.slope[step]
    squares = (w * descent.squares.x - descent.squares.t) ** 2
    terms = f"{' + '.join(decimal(square, 2) for square in squares)} = " if len(squares) <= 6 else ""
    factor = f"({decimal(slope)})" if decimal(slope).startswith("−") else decimal(slope)
    return (
        f"w = {decimal(w)}",
        f"loss = Σ(w·x − t)² = {terms}{decimal(descent.loss[step], 2)}",
        f"slope = Σ 2(w·x − t)·x = {decimal(slope)}",
        f"new w = w − learning rate · slope = {decimal(w)} − {descent.rate:g} · {factor} = {decimal(new)}",
    )


PICTURE = Picture(
    "descent",
    needs="run",
    asked="descent",
    files=film_files("descent"),
    draw=film_of_a_run("descent", draw_descent),
    figure=lambda material: last_frame(material.files[0], material.dataset),
    heading="The descent, step by step",
    link="Descent",
    alt="Animation for {title}: loss over the one weight with the tangent at the present weight and the "
    "step that follows, the fitted line with its residuals, and the step enlarged.",
    seen="Left the loss as a function of the only weight, with the tangent at the present weight and the "
    "step that it leads to; right the line with its residuals, and the step enlarged.",
    computed="Weights, losses and slopes are the recorded ones; the parabola is the loss of the data as a "
    "function of the weight. A step is the learning rate times the slope.",
)
