"""Series over time of one or several runs, and how they are drawn."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gradevo.pictures.style.house import BAND_OPACITY
from gradevo.statistics import Statistics

Array = NDArray[np.float64]

FEW = 20
"""Up to this many points each one gets a marker, unless told otherwise."""


def stack(runs: Sequence[Statistics], read: Callable[..., Array], *what: str) -> Array:
    """One row ``read(run, *what)`` a run, (runs, longest) float64; NaN where there is no finite value."""
    rows = [np.asarray(read(run, *what), dtype=np.float64) for run in runs]
    values = np.full((len(rows), max(map(len, rows))), np.nan)
    for row, series in zip(values, rows, strict=True):
        row[: len(series)] = np.where(np.isfinite(series), series, np.nan)
    return values


def spread(values: Array) -> tuple[Array, Array, Array]:
    """Minimum, median and maximum of every column's finite values, (columns,) each; NaN without any."""
    known = np.isfinite(values).any(axis=0)
    low, middle, high = np.full((3, values.shape[1]), np.nan)
    if known.any():
        columns = values[:, known]
        low[known] = np.nanmin(columns, axis=0)
        middle[known] = np.nanmedian(columns, axis=0)
        high[known] = np.nanmax(columns, axis=0)
    return low, middle, high


def binned(values: Array, size: int) -> Array:
    """Put `size` successive steps of every run into one column: (runs * size, bins), padded with NaN."""
    runs, steps = values.shape
    bins = -(-steps // size)
    padded = np.full((runs, bins * size), np.nan)
    padded[:, :steps] = values
    return padded.reshape(runs, bins, size).swapaxes(1, 2).reshape(runs * size, bins)


def middles(length: int, size: int) -> Array:
    """The middle of every bin of `size` successive places, counted from 0, of so many: (bins,)."""
    starts = np.arange(0, length, size)
    return (starts + np.minimum(starts + size, length) - 1) / 2


def draw_series(axes: Axes, x: Array, values: Array, color: str, few: int = FEW, **line: Any) -> Line2D:
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


def _alone(values: Array) -> NDArray[np.intp]:
    finite = np.concatenate([[False], np.isfinite(values), [False]])
    return np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:])
