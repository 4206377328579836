"""Points of a chart: successive epochs or steps of all runs, put together in bins.

A run of 25,000 steps has more points than a screen has pixels. Bins of steps never reach over the end of an
epoch (or hold whole epochs): batches come in the same order in every epoch, and bins that drift through it
would draw a beat that is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_EPOCHS = 500
"""More epochs than this are put into bins of several epochs."""

MOST_STEPS = 250
"""More steps than this are put into bins of several steps."""


@dataclass(frozen=True)
class Points:
    """What is drawn of one series, (points,) each; NaN where no run has a finite value."""

    middle: Array
    """Median of the finite values of all runs in the bin."""
    low: Array
    high: Array
    seeds: NDArray[np.int64]
    """How many runs have a finite value there."""


@dataclass(frozen=True)
class Bins:
    """Successive places (epochs or steps, counted from 0), cut at `edges`, (points + 1,) int64."""

    edges: NDArray[np.int64]

    @property
    def widest(self) -> int:
        """The number of places in the largest bin; 0 without any."""
        return int(np.diff(self.edges).max(initial=0))

    @property
    def middles(self) -> Array:
        """The middle of every bin: of places 3, 4 and 5 it is 4."""
        return (self.edges[:-1] + self.edges[1:] - 1) / 2

    def points(self, rows: Sequence[NDArray[np.float64]]) -> Points:
        """Median, range and number of runs in every bin; a row a run, each up to edges[-1] long.

        Values that are not finite count as missing.
        """
        sizes = np.diff(self.edges)
        cells = np.full((len(rows), len(sizes), self.widest), np.nan)
        index = np.repeat(np.arange(len(sizes)), sizes)
        place = np.arange(len(index)) - np.repeat(self.edges[:-1], sizes)
        for cell, row in zip(cells, rows, strict=True):
            cell[index[: len(row)], place[: len(row)]] = np.where(np.isfinite(row), row, np.nan)
        known = np.isfinite(cells)
        if not cells.size:
            nothing = np.full(len(sizes), np.nan)
            return Points(nothing, nothing, nothing, np.zeros(len(sizes), dtype=np.int64))
        ordered = np.sort(cells.swapaxes(0, 1).reshape(len(sizes), -1), axis=1)  # NaN last
        count = np.maximum(known.sum(axis=(0, 2)), 1)
        lower, upper, last = (
            np.take_along_axis(ordered, rank[:, None], axis=1)[:, 0]
            for rank in ((count - 1) // 2, count // 2, count - 1)
        )
        middle = lower / 2 + upper / 2  # their sum may overflow
        return Points(middle, ordered[:, 0], last, known.any(axis=2).sum(axis=0))


def epoch_bins(epochs: int, most: int = MOST_EPOCHS) -> Bins:
    """Bins of equally many epochs, at most `most` of them; the last may hold fewer."""
    size = max(1, -(-epochs // most))
    return Bins(np.append(np.arange(0, epochs, size), epochs))


def step_bins(steps: int, per_epoch: int, most: int = MOST_STEPS) -> Bins:
    """Bins of nearly equally many steps that divide every epoch alike, or else of whole epochs."""
    epochs = -(-steps // per_epoch)
    if epochs >= most:
        size = per_epoch * -(-epochs // most)
        return Bins(np.append(np.arange(0, steps, size), steps))
    parts = min(per_epoch, most // max(epochs, 1))
    inner = np.arange(parts) * per_epoch // parts
    starts = (per_epoch * np.arange(epochs)[:, None] + inner).ravel()
    return Bins(np.append(starts[starts < steps], steps))
