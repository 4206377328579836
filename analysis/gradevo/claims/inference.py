"""Tests and intervals for few seeds and for dependent epochs.

Kendall's rank correlation of a series of epochs, and the Mann–Kendall test for dependent epochs:

M. G. Kendall, "Rank Correlation Methods", 1975; H. B. Mann, "Nonparametric tests against trend",
Econometrica 13(3), 1945; K. H. Hamed, A. R. Rao, "A modified Mann–Kendall trend test for autocorrelated
data", Journal of Hydrology 204, 1998.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, norm, rankdata, t, theilslopes

SIGNIFICANT = 1.96
"""Standard errors of the 95 % two-sided normal interval."""

SLOPE_EPOCHS = 1000
"""At most this many epochs, evenly spaced, decide the Theil–Sen slope: it takes the memory of their pairs."""

COVERAGE = 0.95
BLOCKS = 10
"""Blocks of the jackknife; fewer where the series has fewer values."""


@dataclass(frozen=True)
class Trend:
    """Kendall's τ-b and its test against "no trend"."""

    tau: float
    """NaN if either series never changes."""
    p: float
    """Two-sided, from the corrected variance."""
    factor: float
    """By which dependent epochs enlarge the variance of S; at least 1."""
    low: float
    high: float
    """τ ± 1.96 standard errors without a trend, within [−1, 1]."""


def tau_b(values: NDArray[np.float64], against: NDArray[np.float64] | None = None) -> float:
    """Kendall's τ-b of a series, (n,) finite, with time or with another series; NaN if one is constant."""
    other = np.arange(len(values)) if against is None else against
    if len(values) < 2 or np.ptp(values) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(kendalltau(values, other).statistic)


def mann_kendall(values: NDArray[np.float64], against: NDArray[np.float64] | None = None) -> Trend:
    """Test a series in time order, (n,) finite with n ≥ 4, for a trend with time or with another series.

    S is the number of concordant pairs less that of discordant ones; its variance without a trend, ties in
    either series allowed for, is Kendall's. It is multiplied by `dependence`. The p-value is the normal one
    with a continuity correction of 1.
    """
    other = np.arange(len(values), dtype=np.float64) if against is None else against
    tau = tau_b(values, other)
    if np.isnan(tau):
        return Trend(tau, np.nan, np.nan, np.nan, np.nan)
    pairs = np.sqrt(_changing_pairs(values) * _changing_pairs(other))
    s = tau * pairs
    factor = dependence(values)
    error = float(np.sqrt(factor * variance(values, other)))
    p = float(2 * norm.sf(max(abs(s) - 1, 0) / error))
    margin = SIGNIFICANT * error / pairs
    return Trend(tau, min(p, 1.0), factor, max(tau - margin, -1.0), min(tau + margin, 1.0))


def variance(values: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The variance of S for two unrelated series of n independent values: n(n−1)(2n+5)/18 without ties."""
    n = len(values)
    one, two = _ties(values), _ties(other)
    pairs = n * (n - 1)
    main = (pairs * (2 * n + 5) - _third(one) - _third(two)) / 18
    both = _pairs(one) * _pairs(two) / (2 * pairs)
    triples = _triples(one) * _triples(two) / (9 * pairs * (n - 2))
    return float(main + both + triples)


def dependence(values: NDArray[np.float64]) -> float:
    """Hamed's and Rao's n/n*: by how much dependent values, (n,) in time order, enlarge the variance of S.

    1 + 2/(n(n−1)(n−2)) Σ_k (n−k)(n−k−1)(n−k−2) ρ_k over the lags k whose ρ_k, the autocorrelation of the
    ranks of the series less its Theil–Sen line, has |ρ_k| > 1.96/√n. A result below 1 is taken as 1, so that
    dependence never makes the test sharper.
    """
    n = len(values)
    time = np.arange(n)
    some = slice(None, None, -(-n // SLOPE_EPOCHS))
    ranks = rankdata(values - theilslopes(values[some], time[some]).slope * time)
    centred = ranks - ranks.mean()
    square = float(centred @ centred)
    if square == 0:
        return 1.0
    lags = np.arange(1, n)
    correlation = np.correlate(centred, centred, "full")[n:] / square
    weights = (n - lags) * (n - lags - 1.0) * (n - lags - 2)
    counts = np.abs(correlation) > SIGNIFICANT / np.sqrt(n)
    return max(1.0, float(1 + 2 * (weights * correlation)[counts].sum() / (n * (n - 1.0) * (n - 2))))


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


def _ties(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each value occurs."""
    return np.unique(values, return_counts=True)[1].astype(np.float64)


def _changing_pairs(values: NDArray[np.float64]) -> float:
    """The number of pairs of unequal values."""
    n = len(values)
    return n * (n - 1) / 2 - _pairs(_ties(values)) / 2


def _pairs(ties: NDArray[np.float64]) -> float:
    return float((ties * (ties - 1)).sum())


def _triples(ties: NDArray[np.float64]) -> float:
    return float((ties * (ties - 1) * (ties - 2)).sum())


def _third(ties: NDArray[np.float64]) -> float:
    return float((ties * (ties - 1) * (2 * ties + 5)).sum())
