"""Axes over epochs, from zero, logarithmic; series of one or several runs on them."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    LogFormatterSciNotation,
    LogLocator,
    MaxNLocator,
    NullFormatter,
)
from numpy.typing import NDArray

from gradevo.bands import spread
from gradevo.numbers import number
from gradevo.pictures.style.house import BAND_OPACITY
from gradevo.statistics.store import Statistics
from gradevo.timeline import Timeline

FEW = 20  # up to this many points each one gets a marker, unless told otherwise


def epochs_of(runs: Sequence[Statistics]) -> NDArray[np.float64]:
    """The epochs 1, 2, … of the longest run."""
    return np.arange(1.0, 1 + max(run.epochs for run in runs))


def epoch_axis(axes: Axes, epochs: int, most: int = 12) -> None:
    """Make x an axis over the epochs 1 to `epochs`: a tick at each of up to `most`, else at round ones."""
    margin = max(0.02 * (epochs - 1), 0.5 if epochs == 1 else 0.1)
    axes.set_xlim(1 - margin, epochs + margin)
    axes.set_xticks(epoch_ticks(epochs, most if epochs <= most else 2 * most // 3))
    axes.set_xlabel("epoch")


def epoch_ticks(epochs: int, most: int) -> list[int]:
    """The first epoch and those that a round number divides; every epoch where that is not too many."""
    rounds = (digit * 10**power for power in itertools.count() for digit in (5, 10, 20))
    spacing = next(size for size in itertools.chain([1], rounds) if epochs <= most * size)
    return sorted({1, *range(spacing, epochs + 1, spacing)})


def step_axis(axes: Axes, steps: int, most: int, margin: float = 0.0) -> None:
    """Make x an axis over steps counted from 0, with at most about `most` ticks at round ones."""
    axes.set_xlabel("step")
    axes.set_xlim(-margin, steps + margin)
    axes.set_xticks(integer_ticks(steps, most))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def epochs_above(axes: Axes, timeline: Timeline, most: int, words: str) -> None:
    """An axis of complete epochs above one over steps."""
    epochs = axes.secondary_xaxis("top", functions=(timeline.epochs_by, timeline.steps_by))
    epochs.set_xticks(integer_ticks(int(timeline.epochs_by(timeline.steps)), most))
    epochs.set_xlabel(words, loc="left")


def integer_ticks(last: int, most: int) -> list[float]:
    """Round integers from 0 to `last`."""
    ticks = MaxNLocator(most, integer=True, steps=[1, 2, 2.5, 5, 10]).tick_values(0, max(last, 1))
    return [tick for tick in ticks if 0 <= tick <= last and tick == int(tick)]


def from_zero(axes: Axes) -> None:
    """Let y begin at zero, with the usual margin above all values."""
    axes.update_datalim([(0, 0)], updatex=False)
    axes.autoscale_view(scalex=False)
    axes.set_ylim(bottom=0)


def positive(*values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The finite values above zero of arrays of any shape, (n,).

    >>> positive(np.array([[2.0, 0.0], [np.inf, np.nan]]), np.array([-1.0, 0.5]))
    array([2. , 0.5])
    """
    every = np.concatenate([np.ravel(array) for array in values]) if values else np.empty(0)
    shown: NDArray[np.float64] = every[np.isfinite(every) & (every > 0)]
    return shown


def logarithmic(axes: Axes, *values: NDArray[np.float64], ticks: int = 8) -> None:
    """Make y logarithmic with limits around the positive values; it stays linear if there are none."""
    shown = positive(*values)
    if not len(shown):
        return
    low, high = np.log10([shown.min(), shown.max()])
    margin = max(0.06 * (high - low), (0.5 - (high - low)) / 2)
    axes.set_yscale("log")
    axes.set_ylim(10 ** (low - margin), 10 ** (high + margin))
    if high - low + 2 * margin < 2:  # powers of ten alone would be too few labels
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=ticks))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    else:
        axes.yaxis.set_major_locator(LogLocator(numticks=ticks))
        axes.yaxis.set_major_formatter(LogFormatterSciNotation())
    axes.yaxis.set_minor_formatter(NullFormatter())


def draw_series(
    axes: Axes, x: NDArray[np.float64], values: NDArray[np.float64], color: str, few: int = FEW, **line: Any
) -> Line2D:
    """Draw rows of values, (rows, len(x)): one row as a line, several as median and min–max band.

    Up to `few` points get markers. So does a point without neighbours, which on a line would be invisible.
    """
    low, middle, high = spread(values)
    if len(values) > 1:
        axes.fill_between(x, low, high, color=color, alpha=BAND_OPACITY, linewidth=0)
    finite = np.concatenate([[False], np.isfinite(middle), [False]])
    alone = finite[1:-1] & ~finite[:-2] & ~finite[2:]
    marked = np.arange(len(x)) if len(x) <= few else np.flatnonzero(alone)
    if len(marked):
        line |= {"marker": "o", "markevery": marked.tolist()}
    drawn: Line2D = axes.plot(x, middle, color=color, **line)[0]
    return drawn
