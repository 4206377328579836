"""One step of gradient descent on the loss over w, stage by stage."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from gradevo.numbers import decimal
from gradevo.pictures.examples.descent.quadratic import Descent
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, VERMILION

WEIGHT, LOSS, TANGENT, ACROSS, DOWN, ARRIVED = range(6)
"""The stages of a step: w; the loss there; the tangent; across to the new w; down; the new w and its loss."""

STAGES = 6

POINTS = 301
REACH = 1.5
"""The axis shows so many times the largest distance from the lowest point, to either side."""

NEW = "#a3457c"
"""The palette's purple, darker: letters have it too."""

FAR = 0.6
"""A step is long if it is longer than so much of the run's largest distance from the lowest point."""

BELOW = -0.13
"""Where the axis of w's stars lies, in shares of the highest loss."""


class Slope:
    """Axes of the loss over w with everything that one step shows; `look_at` says how far they reach."""

    def __init__(self, axes: Axes, descent: Descent, named: bool) -> None:
        """named: write numbers at the points."""
        self.axes, self._descent, self._named = axes, descent, named

        def line(form: str, colour: str, **look: Any) -> Line2D:
            (made,) = axes.plot([], [], form, color=colour, **look)
            return made

        self._curve = line("-", BLUE, linewidth=2.5)
        self._past = line("o", GREY, markersize=5, alpha=0.55)
        self._up = line(":", VERMILION, linewidth=1.6)
        self._tangent = line("-", GREEN, linewidth=2.2)
        self._across = line("--", BLACK, linewidth=1.8)
        self._down = line("--", BLACK, linewidth=1.8)
        self._dot = line("o", VERMILION, markersize=10)
        self._star = line("*", VERMILION, markersize=16)
        self._new_dot = line("o", NEW, markersize=10)
        self._new_star = line("*", NEW, markersize=16)
        self._texts = [self._text(axes, colour) for colour in (VERMILION, BLUE, GREEN, NEW)]

    @staticmethod
    def _text(axes: Axes, colour: str) -> Annotation:
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        return axes.annotate(
            "", (0, 0), (0, 0), textcoords="offset points", color=colour, fontsize=13, weight="bold", bbox=box
        )

    @property
    def moving(self) -> list[Artist]:
        """The artists that `show` changes; `look_at` also changes the axes."""
        lines = [self._curve, self._past, self._up, self._tangent, self._across, self._down]
        points = [self._dot, self._star, self._new_dot, self._new_star]
        return [*lines, *points, *self._texts]

    def look_at(self, distance: float, floor: float) -> None:
        """Let the axes reach so far to both sides of the lowest point, and from `floor` to the loss there."""
        squares = self._descent.squares
        self._top = float(squares.loss(squares.best + distance))
        self._floor = floor
        height = self._top - floor
        self._base = floor + BELOW * height
        left, right = squares.best - REACH * distance, squares.best + REACH * distance
        self.axes.set_xlim(left, right)
        self.axes.set_ylim(floor + 1.5 * BELOW * height, self._top + 0.12 * height)
        over = np.linspace(left, right, POINTS)
        self._curve.set_data(over, squares.loss(over))

    def show(self, step: int, stage: int) -> None:
        """Show the step (from 0) up to the stage; what belongs to later stages is hidden."""
        descent = self._descent
        w, new = descent.w[step], descent.w[step + 1]
        loss, slope = descent.loss[step], descent.slope[step]
        new_loss = descent.losses[step + 1]
        self._past.set_data(descent.w[:step], descent.loss[:step])
        self._up.set_data([w, w], [self._base, loss])
        ends = np.array(self.axes.get_xlim())
        self._tangent.set_data(ends, loss + slope * (ends - w))
        self._across.set_data([w, new], [loss, loss])
        self._down.set_data([new, new], [loss, self._base])
        for point, x, y in (
            (self._dot, w, loss),
            (self._star, w, self._base),
            (self._new_dot, new, new_loss),
            (self._new_star, new, self._base),
        ):
            point.set_data([x], [y])
        for artist in (self._curve, self._past, self._star):
            artist.set_visible(True)
        shown = {
            LOSS: [self._up, self._dot],
            TANGENT: [self._tangent],
            ACROSS: [self._across],
            DOWN: [self._down],
            ARRIVED: [self._new_dot, self._new_star],
        }
        for needed, artists in shown.items():
            for artist in artists:
                artist.set_visible(stage >= needed)
        self._write(step, stage)

    def _write(self, step: int, stage: int) -> None:
        """Labels: loss and slope outside the parabola; w and new w beside their stars, apart."""
        descent = self._descent
        w, new, loss, slope = descent.w[step], descent.w[step + 1], descent.loss[step], descent.slope[step]
        outside = 1 if w >= descent.squares.best else -1
        ahead = 1 if new > w else -1
        # Of a long step both labels are at home within the axes on the same side.
        long = abs(new - w) > FAR * descent.span
        places: tuple[tuple[float, float, int, float, str, int], ...] = (
            (w, self._base, -ahead, 0, f"w = {decimal(w)}", WEIGHT),
            (w, loss, outside, 0, f"loss {decimal(loss, 2)}", LOSS),
            (w, loss, outside, -20, f"slope {decimal(slope, 2)}", TANGENT),
            (new, self._base, -ahead if long else ahead, 0, f"new w = {decimal(new)}", ARRIVED),
        )
        for text, (x, y, side, lower, words, needed) in zip(self._texts, places, strict=True):
            text.xy = (x, y)
            text.set_position((side * 11, lower - 4))
            text.set_horizontalalignment("left" if side > 0 else "right")
            text.set_text(words)
            text.set_visible(self._named and stage >= needed)
