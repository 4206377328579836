"""Kendall's τ and the Mann–Kendall test against hand-made and naive values; intervals against batch means."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from gradevo.claims.article import deviation, early_share
from gradevo.claims.inference import block_jackknife, dependence, mann_kendall, t_interval, tau_b, variance


def score(values: np.ndarray, other: np.ndarray) -> float:
    """Concordant pairs less discordant ones, pair by pair."""
    return sum(
        float(np.sign(values[j] - values[i]) * np.sign(other[j] - other[i]))
        for i, j in combinations(range(len(values)), 2)
    )


def test_published_example() -> None:
    # Hollander, Wolfe, Nonparametric Statistical Methods, 1973: lightness of canned tuna, a panel's score.
    lightness = np.array([44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1])
    panel = np.array([2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8])
    assert score(lightness, panel) == 26 - 10
    assert tau_b(lightness, panel) == pytest.approx(0.4444, abs=5e-5)
    assert variance(lightness, panel) == pytest.approx(9 * 8 * 23 / 18)


def test_a_series_worked_by_hand() -> None:
    # 28 pairs, of which 1-3, 2-3 and 5-6 stay level or fall: S = 28 − 2·2 − 1.
    values = np.array([2, 3, 1, 4, 5, 5, 6, 7.0])
    assert score(values, np.arange(8)) == 23
    trend = mann_kendall(values)
    # One tie of two: the variance is (8·7·21 − 2·1·9)/18; τ-b divides by √(27·28).
    assert variance(values, np.arange(8.0)) == pytest.approx((8 * 7 * 21 - 18) / 18)
    assert trend.tau == pytest.approx(23 / math.sqrt(27 * 28))
    error = math.sqrt(trend.factor * (8 * 7 * 21 - 18) / 18)
    assert trend.p == pytest.approx(math.erfc((23 - 1) / error / math.sqrt(2)))
    assert trend.low == pytest.approx(trend.tau - 1.96 * error / math.sqrt(27 * 28))
    assert trend.high <= 1


@given(st.lists(st.integers(0, 4), min_size=4, max_size=12), st.randoms())
def test_tau_and_variance_agree_with_pairs_and_scipy(numbers: list[int], random: object) -> None:
    values = np.array(numbers, dtype=float)
    other = values[::-1] + np.arange(len(values)) // 2
    if np.ptp(values) == 0 or np.ptp(other) == 0:
        assert math.isnan(tau_b(values, other))
        return
    s = score(values, other)
    unequal = math.sqrt(score(values, values) * score(other, other))
    assert tau_b(values, other) == pytest.approx(s / unequal, abs=1e-12)
    expected = kendalltau(values, other, method="asymptotic").pvalue
    z = abs(s) / math.sqrt(variance(values, other))
    assert math.erfc(z / math.sqrt(2)) == pytest.approx(expected, abs=1e-12)


def test_dependence_by_the_formula() -> None:
    # Steps of ±1 held for 5 values each, slope 0: the ranks are two values, their autocorrelations known.
    values = np.repeat([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0], 5)
    n = len(values)
    rho = [float(values[k:] @ values[:-k]) / n for k in range(1, n)]
    total = sum(
        (n - k) * (n - k - 1) * (n - k - 2) * r for k, r in enumerate(rho, 1) if abs(r) > 1.96 / math.sqrt(n)
    )
    assert dependence(values) == pytest.approx(max(1, 1 + 2 * total / (n * (n - 1) * (n - 2))))


def test_long_series_take_their_slope_from_some_epochs() -> None:
    noise = np.random.default_rng(3).normal(size=2500)
    steep = dependence(noise + 5 * np.arange(2500))  # the slope alone would make all epochs dependent
    assert steep == pytest.approx(dependence(noise), abs=0.5)
    assert steep < 3


def test_dependence_only_ever_widens() -> None:
    alternating = np.tile([1.0, -1.0], 15)
    assert dependence(alternating) == 1  # negative autocorrelation would make the variance smaller
    assert dependence(np.arange(20.0)) == 1  # a line leaves no residuals
    slow = np.sin(np.arange(60) / 10)
    assert dependence(slow) > 3
    # The same τ is less certain where neighbours go together.
    shuffled = slow[np.random.default_rng(1).permutation(60)]
    assert dependence(shuffled) < dependence(slow)


def test_slow_waves_are_no_trend() -> None:
    """A random walk's half-wave, of which independent values would make a certain trend."""
    wave = np.cos(np.linspace(0.3, np.pi * 1.4, 40))
    trend = mann_kendall(wave)
    naive = kendalltau(wave, np.arange(40)).pvalue
    assert naive < 1e-3
    assert trend.p > 10 * naive
    assert trend.factor > 2


def test_constant_series_have_no_trend() -> None:
    for values, against in ((np.ones(9), None), (np.arange(9.0), np.ones(9))):
        assert math.isnan(mann_kendall(values, against).tau)


def test_monotone_series() -> None:
    up = mann_kendall(np.arange(20.0))
    down = mann_kendall(-np.arange(20.0))
    assert (up.tau, down.tau) == (1, -1)
    assert up.p == down.p < 1e-8
    assert (up.low, up.high) == (-down.high, -down.low)
    assert up.low > 0


def test_t_interval_by_hand() -> None:
    # Mean 3, standard deviation √2.5, t(0.975; 4) = 2.7764 of any table.
    low, high = t_interval([1, 2, 3, 4, 5])
    margin = 2.776445 * math.sqrt(2.5 / 5)
    assert (low, high) == (pytest.approx(3 - margin), pytest.approx(3 + margin))
    # t(0.975; 2) = 4.3027
    low, high = t_interval([0.0, 0.0, 3.0])
    assert (low, high) == (pytest.approx(1 - 4.302653), pytest.approx(1 + 4.302653))


def test_equal_values_are_a_point() -> None:
    assert t_interval([0.1, 0.1, 0.1]) == (0.1, 0.1)  # whose mean is 0.10000000000000002


def test_jackknife_of_a_mean_is_batch_means() -> None:
    values = np.random.default_rng(3).normal(size=50).cumsum()
    batches = values.reshape(10, 5).mean(axis=1)
    expected = t_interval(batches.tolist())
    assert block_jackknife(values, lambda part: float(part.mean())) == pytest.approx(expected)


def test_jackknife_of_fewer_values_than_blocks() -> None:
    values = np.array([1.0, 2.0, 4.0])
    expected = t_interval(values.tolist())
    assert block_jackknife(values, lambda part: float(part.mean())) == pytest.approx(expected)


def test_a_steady_gain_is_certain() -> None:
    assert block_jackknife(np.full(30, 2.0), early_share) == (pytest.approx(0.5), pytest.approx(0.5))
    assert block_jackknife(np.full(30, 2.0), deviation) == (pytest.approx(0), pytest.approx(0))


def test_dependence_widens() -> None:
    """Long runs of equal values count as few."""
    mean = lambda part: float(part.mean())  # noqa: E731
    slow = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 10)
    fast = np.tile([0.0, 1.0], 50)
    wide, narrow = (np.ptp(block_jackknife(values, mean)) for values in (slow, fast))
    assert wide > 0.5
    assert narrow == pytest.approx(0, abs=1e-12)


def test_no_value_for_a_part_is_no_interval() -> None:
    low, high = block_jackknife(np.eye(10)[0], early_share)  # without the first there is no gain
    assert math.isnan(low)
    assert math.isnan(high)
