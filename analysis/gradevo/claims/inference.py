"""Kendall's rank correlation of a series, and tests over a few seeds.

M. G. Kendall, "Rank Correlation Methods", 1975; Student's t over seeds; random signs as a null (`signs`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, t

COVERAGE = 0.95
RESAMPLES = 10_000


def tau_b(values: NDArray[np.float64], against: NDArray[np.float64] | None = None) -> float:
    """Kendall's τ-b of a series, (n,) finite, with time or with another series; NaN if one is constant."""
    other = np.arange(len(values)) if against is None else against
    if len(values) < 2 or np.ptp(values) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(kendalltau(values, other).statistic)


def tau_rows(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kendall's τ-b of every row with time: (…, n) -> (…,); NaN for a constant row."""
    epochs = series.shape[-1]
    score, unequal = np.zeros((2, *series.shape[:-1]))
    with np.errstate(invalid="ignore", divide="ignore"):
        for lag in range(1, epochs):
            signs = np.sign(series[..., lag:] - series[..., :-lag])
            score += signs.sum(axis=-1)
            unequal += np.abs(signs).sum(axis=-1)
        taus: NDArray[np.float64] = score / np.sqrt(unequal * (epochs * (epochs - 1) / 2))
    return taus


def t_interval(values: Sequence[float], least: float = 0) -> tuple[float, float]:
    """Two-sided 95 % interval of Student's t for the mean of independent values, at least two.

    least: their standard deviation counts as at least this. Equal values without it give a point.
    """
    mean, error = _mean_and_error(values, least)
    margin = float(t.ppf(0.5 + COVERAGE / 2, len(values) - 1)) * error
    return mean - margin, mean + margin


def t_test(values: Sequence[float], bound: float, least: float = 0) -> float:
    """Two-sided p of Student's t for a mean of `bound`; `least` as in `t_interval`.

    Of equal values without it 1 if they are the bound, else 0.
    """
    mean, error = _mean_and_error(values, least)
    if error == 0:
        return float(mean == bound)
    return float(2 * t.sf(abs(mean - bound) / error, len(values) - 1))


def trend_deviation(lengths: Sequence[int]) -> float:
    """The standard deviation of τ of independent values without a trend or ties.

    Kendall's variance of τ of n values is 2(2n+5) / (9n(n−1)); of several lengths it is their mean.
    """
    n = np.asarray(lengths, dtype=np.float64)
    return float(np.sqrt((2 * (2 * n + 5) / (9 * n * (n - 1))).mean()))


def beyond(effects: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """p of effects so large, and of effects so small, among those of random draws.

    effects: one (1 + draws,) per seed, that of the run and those of the draws. Draw by draw the mean over the
    seeds is compared with the runs'. p is twice the share of the draws, the runs among them, at least as far
    on that side, at most 1; a draw without a value counts as far.
    """
    means = np.mean(effects, axis=0)
    large = 2 * np.count_nonzero(~(means < means[0])) / len(means)
    small = 2 * np.count_nonzero(~(means > means[0])) / len(means)
    return min(1.0, large), min(1.0, small)


def central(effects: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """The central 95 % of the draws' means over the seeds; effects as in `beyond`."""
    draws = np.mean(effects, axis=0)[1:]
    low, high = np.nanquantile(draws, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)


def bootstrap_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % percentile interval of the mean of values that are drawn again with replacement.

    R. Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", 2021, with a
    single stratum. The same values give the same interval.
    """
    means = np.random.default_rng(0).choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(means, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)


def _mean_and_error(values: Sequence[float], least: float) -> tuple[float, float]:
    array = np.asarray(values, dtype=np.float64)
    if np.ptp(array) == 0:  # not by the deviation, which rounding may leave above 0
        return float(array[0]), least / np.sqrt(len(array))
    return float(array.mean()), max(float(array.std(ddof=1)), least) / np.sqrt(len(array))
