"""The line y = w·x through the data, with its residuals and their squares."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from gradevo.numbers import decimal
from gradevo.pictures.examples.descent.quadratic import Descent
from gradevo.pictures.examples.descent.slope import ARRIVED, LOSS, NEW
from gradevo.pictures.style.house import BLUE, ORANGE, VERMILION

MOST_NUMBERS = 6
"""With more points, the squares are not written."""


class FittedLine:
    """Axes that are fixed over the run: the points, the line, and from each point a residual to the line."""

    def __init__(self, axes: Axes, descent: Descent) -> None:
        self._descent = descent
        x, t = descent.squares.x, descent.squares.t
        margin = 0.18 * (np.ptp(x) or 1.0)
        self._ends = np.array([x.min() - margin, x.max() + 2 * margin])
        axes.set_xlim(*self._ends)
        heights = np.concatenate([np.multiply.outer(descent.w, x).ravel(), t])
        room = 0.12 * (np.ptp(heights) or 1.0)
        axes.set_ylim(heights.min() - room, heights.max() + room)
        (self._new,) = axes.plot([], [], "--", color=NEW, linewidth=2, label="line of the new w")
        (self._line,) = axes.plot([], [], "-", color=VERMILION, linewidth=2.5, label="line of w")
        self._residuals = [axes.plot([], [], ":", color=ORANGE, linewidth=2.2)[0] for _ in x]
        axes.plot(x, t, "o", color=BLUE, markersize=9, label="data", zorder=5)
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
        self._squares = [
            axes.annotate(
                "", (0, 0), (9, -15), textcoords="offset points", va="center", fontsize=12, bbox=box, zorder=6
            )
            for _ in (x if len(x) <= MOST_NUMBERS else ())
        ]
        axes.legend(loc="upper left", fontsize=11).set_zorder(0)  # below all that moves: drawn once

    @property
    def moving(self) -> list[Artist]:
        """The artists that `show` changes."""
        return [self._new, self._line, *self._residuals, *self._squares]

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
