"""One step of gradient descent, stage by stage: on the loss over w, and on the line y = w·x."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gradevo.numbers import decimal
from gradevo.pictures.examples.descent.quadratic import Descent
from gradevo.pictures.examples.drawing import white_box
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION

WEIGHT, LOSS, TANGENT, ACROSS, DOWN, ARRIVED = range(6)
"""The stages of a step: w; the loss there; the tangent; across to the new w; down; the new w and its loss."""

STAGES = 6

POINTS = 301
REACH = 1.5
"""What the axis shows to either side, in multiples of the largest distance from the lowest point."""

NEW = "#a3457c"
"""The palette's purple, darker: letters have it too."""

FAR = 0.6
"""A step is long if it exceeds this share of the run's largest distance from the lowest point."""

BELOW = -0.13
"""Where the axis of w's stars lies, in shares of the highest loss."""


class Slope:
    """Axes of the loss over w with everything that one step shows; `look_at` says how far they reach.

    moving: the artists that `show` changes; `look_at` also changes the axes.
    """

    def __init__(self, axes: Axes, descent: Descent, named: bool) -> None:
        """named: write numbers at the points."""
        self.axes, self._descent, self._named = axes, descent, named

        self.moving: list[Artist] = []

        def line(form: str, colour: str, **look: Any) -> Line2D:
            (made,) = axes.plot([], [], form, color=colour, **look)
            self.moving.append(made)
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
        label: dict[str, Any] = {"fontsize": 13, "weight": "bold", "bbox": white_box(1, 0.8)}
        self._texts = [
            axes.annotate("", (0, 0), (0, 0), textcoords="offset points", color=colour, **label)
            for colour in (VERMILION, BLUE, GREEN, NEW)
        ]
        self.moving += self._texts

    def look_at(self, distance: float, floor: float) -> None:
        """Let the axes reach `distance` beyond the lowest point, and from `floor` to the loss there."""
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
        shown = {
            WEIGHT: [self._curve, self._past, self._star],
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


MOST_NUMBERS = 6
"""With more points, the squares are not written."""


class FittedLine:
    """Axes that are fixed over the run: the points, the line, and from each point a residual to the line.

    moving: the artists that `show` changes.
    """

    def __init__(self, axes: Axes, descent: Descent) -> None:
        self._descent = descent
        x, t = descent.squares.x, descent.squares.t
        margin = 0.18 * (np.ptp(x) or 1.0)
        self._ends = np.array([x.min() - margin, x.max() + 2 * margin])
        axes.set_xlim(*self._ends)
        heights = np.concatenate([np.multiply.outer(descent.w, x).ravel(), t])
        padding = 0.12 * (np.ptp(heights) or 1.0)
        axes.set_ylim(heights.min() - padding, heights.max() + padding)
        (self._new,) = axes.plot([], [], "--", color=NEW, linewidth=2, label="line of the new w")
        (self._line,) = axes.plot([], [], "-", color=VERMILION, linewidth=2.5, label="line of w")
        self._residuals = [axes.plot([], [], ":", color=ORANGE, linewidth=2.2)[0] for _ in x]
        axes.plot(x, t, "o", color=BLUE, markersize=9, label="data", zorder=5)
        look: dict[str, Any] = {"va": "center", "fontsize": 12, "bbox": white_box(1, 0.85), "zorder": 6}
        self._squares = [
            axes.annotate("", (0, 0), (9, -15), textcoords="offset points", **look)
            for _ in (x if len(x) <= MOST_NUMBERS else ())
        ]
        axes.legend(loc="upper left", fontsize=11).set_zorder(0)  # below all that moves: drawn once
        self.moving: list[Artist] = [self._new, self._line, *self._residuals, *self._squares]

    def show(self, step: int, stage: int) -> None:
        """Show the line of the step's w; from the stage of the loss on, residuals and squares."""
        w, squares = self._descent.w[step], self._descent.squares
        self._line.set_data(self._ends, w * self._ends)
        self._new.set_data(self._ends, self._descent.w[step + 1] * self._ends)
        self._new.set_visible(stage >= ARRIVED)
        for residual, x, t in zip(self._residuals, squares.x, squares.t, strict=True):
            residual.set_data([x, x], [t, w * x])
            residual.set_visible(stage >= LOSS)
        for text, x, t in zip(self._squares, squares.x, squares.t, strict=False):
            text.xy = (x, (t + w * x) / 2)
            text.set_position((9, -15 if w >= 0 else 9))  # where the line does not pass
            text.set_text(f"{decimal((w * x - t) ** 2, 2)}")
            text.set_visible(stage >= LOSS)
