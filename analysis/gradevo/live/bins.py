"""Bins of a run that grows: what a bin holds does not change when steps are added behind it.

Only when there are twice as many epochs do bins become twice as large: then all are new, else the last few.
"""

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import Bins, equal_bins
from gradevo.report.charts.explorer import Points
from gradevo.timeline import Timeline

MOST = 250
"""Bins, at most."""


def epochs_together(epochs: int) -> int:
    """Epochs in a bin of epochs: the least power of two with which there are at most `MOST` bins.

    >>> epochs_together(250), epochs_together(251), epochs_together(1001)
    (1, 2, 8)
    """
    return 1 << (max(-(-epochs // MOST), 1) - 1).bit_length()


def parts_of_epoch(timeline: Timeline) -> int:
    """Bins in an epoch: the largest power of two that keeps to `MOST` bins and to the steps of every epoch.

    0 where there are more than `MOST` epochs, or none.

    >>> parts_of_epoch(Timeline(np.array([100, 200]), steps=200))
    64
    """
    most = min(MOST // max(timeline.epochs, 1), int(timeline.lengths.min(initial=MOST)))
    return 1 << (most.bit_length() - 1) if most and timeline.epochs else 0


def bins_of_epochs(timeline: Timeline) -> Bins:
    """Bins of the complete epochs."""
    return equal_bins(timeline.epochs, epochs_together(timeline.epochs))


def bins_of_steps(timeline: Timeline) -> Bins:
    """Bins of the complete epochs' steps, which divide every epoch alike, or else hold whole epochs."""
    bounds = np.append(0, timeline.stops)
    parts = parts_of_epoch(timeline)
    if not parts:
        return Bins(bounds[bins_of_epochs(timeline).edges])
    starts = bounds[:-1, None] + np.arange(parts) * timeline.lengths[:, None] // parts
    return Bins(np.append(starts.ravel(), bounds[-1]))


class Curves:
    """Points of series that grow, of which those of bins that are as before are not computed again."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[NDArray[np.int64], Points]] = {}

    def points(self, series: Hashable, bins: Bins, values: NDArray[np.floating]) -> Points:
        """The points of a series in all bins; its values, (edges[-1],) or more, are those before and more."""
        edges, before = self._known.get(series, (np.zeros(1, np.int64), None))
        common = min(len(edges), len(bins.edges))
        differ = np.flatnonzero(edges[:common] != bins.edges[:common])
        kept = (int(differ[0]) if len(differ) else common) - 1
        begin = bins.edges[kept]
        points = Points.of(Bins(bins.edges[kept:] - begin), [values[begin : bins.edges[-1]]])
        if before is not None and kept > 0:
            pairs = ((getattr(before, name)[:kept], getattr(points, name)) for name in vars(points))
            points = Points(*(np.concatenate(pair) for pair in pairs))
        self._known[series] = bins.edges, points
        return points
