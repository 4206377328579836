"""Points of a chart: successive epochs or steps of all runs, put together in bins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import Bins, spread, stack

MOST_EPOCHS = 500
"""More epochs than this are put into bins of several epochs."""

MOST_STEPS = 250
"""More steps than this are put into bins of several steps: a screen has fewer pixels than a run steps."""


@dataclass(frozen=True)
class Points:
    """What is drawn of one series, (points,) each; NaN where no run has a finite value."""

    middle: NDArray[np.float64]
    """Median of the finite values of all runs in the bin."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    seeds: NDArray[np.int64]
    """How many runs have a finite value there."""


def points_of(bins: Bins, series: Sequence[NDArray[np.floating]]) -> Points:
    """Median, range and number of runs in every bin; a series per run, each up to edges[-1] long.

    Values that are not finite count as missing.
    """
    columns = bins.columns(stack(series))
    low, middle, high = spread(columns)
    shape = len(series), bins.widest, len(bins.edges) - 1
    return Points(middle, low, high, np.isfinite(columns).reshape(shape).any(axis=1).sum(axis=0))
