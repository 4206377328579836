"""95 % intervals: over seeds, and over blocks of a dependent series."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

COVERAGE = 0.95
BLOCKS = 10
"""Blocks of the jackknife; fewer where the series has fewer values."""


def t_interval(values: Sequence[float]) -> tuple[float, float]:
    """Two-sided 95 % interval of Student's t for the mean of independent values, at least two.

    Equal values give a point.
    """
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if np.ptp(array) == 0:  # not by the deviation, which rounding may leave above 0
        return float(array[0]), float(array[0])
    margin = _quantile(len(array)) * float(array.std(ddof=1)) / np.sqrt(len(array))
    return mean - margin, mean + margin


def block_jackknife(
    values: NDArray[np.float64], formula: Callable[[NDArray[np.float64]], float]
) -> tuple[float, float]:
    """95 % interval of formula(values) for dependent values, (n,) in time order, n ≥ 2.

    The series is cut into blocks of successive values; with each left out in turn the formula gives r_i, and
    the standard error is √((b−1)/b Σ(r_i − mean r)²) (H. R. Künsch, Annals of Statistics 17(3), 1989, with
    blocks that do not overlap). Student's t has b−1 degrees of freedom. For a mean and equal blocks this is
    the interval from batch means. NaN if the formula has no value for a part.
    """
    parts = np.array_split(np.arange(len(values)), min(BLOCKS, len(values)))
    replicates = np.array([formula(np.delete(values, part)) for part in parts])
    count = len(parts)
    error = float(np.sqrt((count - 1) / count * ((replicates - replicates.mean()) ** 2).sum()))
    centre = formula(values)
    return centre - _quantile(count) * error, centre + _quantile(count) * error


def _quantile(count: int) -> float:
    return float(t.ppf(0.5 + COVERAGE / 2, count - 1))
