"""Series of several runs over epochs or steps: put into bins, with median and range; without matplotlib."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.timeline import Timeline


def stack(series: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """The series as rows of equal length, (runs, longest); NaN where there is no finite value.

    >>> stack([np.array([1.0, np.inf]), np.array([2.0, 3.0, 4.0])])
    array([[ 1., nan, nan],
           [ 2.,  3.,  4.]])
    """
    values = np.full((len(series), max(map(len, series))), np.nan)
    for row, one in zip(values, series, strict=True):
        row[: len(one)] = np.where(np.isfinite(one), one, np.nan)
    return values


def spread(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Minimum, median and maximum of every column's finite values, (columns,) each; NaN without any.

    >>> spread(np.array([[1.0, np.nan], [4.0, np.nan], [2.0, np.inf]]))
    (array([ 1., nan]), array([ 2., nan]), array([ 4., nan]))
    """
    known = np.isfinite(values)
    if not values.size:
        return tuple(np.full((3, values.shape[1]), np.nan))
    if len(values) == 1:  # much faster, and the most frequent: one seed, every step
        return tuple(np.tile(np.where(known, values, np.nan), (3, 1)))
    ordered = np.sort(np.where(known, values, np.nan), axis=0)  # NaN last
    count = np.maximum(known.sum(axis=0), 1)
    lower, upper, last = (
        np.take_along_axis(ordered, rank[None], axis=0)[0]
        for rank in ((count - 1) // 2, count // 2, count - 1)
    )
    return ordered[0], lower / 2 + upper / 2, last  # the sum of the two may overflow


@dataclass(frozen=True)
class Bins:
    """Successive places (epochs or steps, counted from 0), cut at `edges`, (bins + 1,) int64."""

    edges: NDArray[np.int64]

    @property
    def widest(self) -> int:
        """The number of places in the largest bin; 0 without any."""
        return int(np.diff(self.edges).max(initial=0))

    @property
    def middles(self) -> NDArray[np.float64]:
        """The middle of every bin, (bins,): of places 3, 4 and 5 it is 4."""
        return (self.edges[:-1] + self.edges[1:] - 1) / 2

    def columns(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What of all rows falls into a bin, as a column: (rows, places) -> (rows · widest, bins)."""
        if self.widest == 1 and values.shape[1] == len(self.edges) - 1:
            return np.array(values)
        sizes = np.diff(self.edges)
        cells = np.full((len(values), self.widest, len(sizes)), np.nan)
        index = np.repeat(np.arange(len(sizes)), sizes)
        place = np.arange(len(index)) - np.repeat(self.edges[:-1], sizes)
        length = values.shape[1]
        cells[:, place[:length], index[:length]] = values
        return cells.reshape(len(values) * self.widest, len(sizes))


def equal_bins(length: int, size: int) -> Bins:
    """Bins of `size` places; the last may hold fewer."""
    return Bins(np.append(np.arange(0, length, size), length))


def epoch_bins(epochs: int, most: int) -> Bins:
    """Bins of equally many epochs, at most `most` of them; the last may hold fewer."""
    return equal_bins(epochs, max(1, -(-epochs // most)))


def step_bins(timeline: Timeline, most: int) -> Bins:
    """At most `most` bins of nearly as many steps that divide every epoch alike, or else of whole epochs.

    Batches come in the same order in every epoch; bins that drift through it would draw a beat that is not
    there.
    """
    lengths, begun = timeline.lengths, timeline.steps - timeline.complete_steps
    if begun:  # an epoch that would have gone on
        lengths = np.append(lengths, max(begun, lengths[-1] if len(lengths) else 0))
    firsts = np.cumsum(lengths) - lengths
    if len(firsts) >= most:
        starts = firsts[:: -(-len(firsts) // most)]
    else:
        parts = min(lengths.max(initial=1), most // max(len(firsts), 1))
        starts = np.unique(firsts[:, None] + np.arange(parts) * lengths[:, None] // parts)
    return Bins(np.append(starts[starts < timeline.steps], timeline.steps))


def round_size(length: int, most: float) -> int:
    """The least of the sizes 1, 2, 5, 10, 20, … with which `length` places fill at most `most` bins.

    >>> round_size(400, 70.5)
    10
    """
    sizes = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    size: int = next(size for size in sizes if length <= size * most)
    return size


def fitting_size(steps: int, per_epoch: int, most: int) -> int:
    """Successive steps in a bin, so that there are at most `most` bins.

    Bins fit into epochs, or epochs into bins, where that costs at most half of the bins: see `step_bins`.
    """
    least = -(-steps // most)
    fitting = (size for size in range(least, 2 * least + 1) if per_epoch % size == 0 or size % per_epoch == 0)
    return next(fitting, least)
