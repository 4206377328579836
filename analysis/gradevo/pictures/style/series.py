"""How series of one or several runs are drawn."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gradevo.bands import spread
from gradevo.pictures.style.house import BAND_OPACITY

FEW = 20
"""Up to this many points each one gets a marker, unless told otherwise."""


def draw_series(
    axes: Axes, x: NDArray[np.float64], values: NDArray[np.float64], color: str, few: int = FEW, **line: Any
) -> Line2D:
    """Draw rows of values, (rows, len(x)): one row as a line, several as median and min–max band.

    Up to `few` points get markers. So does a point without neighbours, which on a line would be invisible.
    """
    low, middle, high = spread(values)
    if len(values) > 1:
        axes.fill_between(x, low, high, color=color, alpha=BAND_OPACITY, linewidth=0)
    marked = np.arange(len(x)) if len(x) <= few else _alone(middle)
    if len(marked):
        line |= {"marker": "o", "markevery": marked.tolist()}
    drawn: Line2D = axes.plot(x, middle, color=color, **line)[0]
    return drawn


def _alone(values: NDArray[np.float64]) -> NDArray[np.intp]:
    finite = np.concatenate([[False], np.isfinite(values), [False]])
    return np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:])
