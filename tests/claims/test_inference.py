"""Kendall's τ against pairs and scipy; tests over seeds by hand and against scipy; draws counted by hand."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, ttest_1samp

from gradevo.claims.inference import (
    beyond,
    bootstrap_interval,
    central,
    t_interval,
    t_test,
    tau_b,
    tau_rows,
    trend_deviation,
)


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


@given(st.lists(st.integers(0, 4), min_size=4, max_size=12))
def test_tau_agrees_with_pairs_and_scipy(numbers: list[int]) -> None:
    values = np.array(numbers, dtype=float)
    other = values[::-1] + np.arange(len(values)) // 2
    if np.ptp(values) == 0 or np.ptp(other) == 0:
        assert math.isnan(tau_b(values, other))
        return
    unequal = math.sqrt(score(values, values) * score(other, other))
    assert tau_b(values, other) == pytest.approx(score(values, other) / unequal, abs=1e-12)
    expected = kendalltau(values, np.arange(len(values))).statistic
    rows = tau_rows(np.array([[values, -values], [values, values[::-1]]]))
    np.testing.assert_allclose(rows, [[expected, -expected], [expected, -expected]], atol=1e-12)


def test_constant_series_have_no_tau() -> None:
    assert math.isnan(tau_b(np.ones(9)))
    assert math.isnan(tau_b(np.arange(9.0), np.ones(9)))
    np.testing.assert_array_equal(tau_rows(np.array([[1.0, 1, 1], [1, 2, 3]])), [np.nan, 1])


def test_t_interval_by_hand() -> None:
    # Mean 3, standard deviation √2.5, t(0.975; 4) = 2.7764 of any table.
    low, high = t_interval([1, 2, 3, 4, 5])
    margin = 2.776445 * math.sqrt(2.5 / 5)
    assert (low, high) == (pytest.approx(3 - margin), pytest.approx(3 + margin))
    # t(0.975; 2) = 4.3027
    low, high = t_interval([0.0, 0.0, 3.0])
    assert (low, high) == (pytest.approx(1 - 4.302653), pytest.approx(1 + 4.302653))


def test_p_of_a_mean() -> None:
    values = [0.2, 0.5, 0.3, 0.9]
    assert t_test(values, 0.1) == pytest.approx(ttest_1samp(values, 0.1).pvalue)
    low, high = t_interval(values)
    assert (t_test(values, low), t_test(values, high)) == (pytest.approx(0.05), pytest.approx(0.05))


def test_equal_values_are_a_point() -> None:
    assert t_interval([0.1, 0.1, 0.1]) == (0.1, 0.1)  # whose mean is 0.10000000000000002
    assert (t_test([0.1, 0.1, 0.1], 0.1), t_test([0.1, 0.1, 0.1], 0.2)) == (1, 0)


def test_deviation_of_independent_epochs_without_a_trend() -> None:
    # Of 8 values the variance of S is 8·7·21/18, of τ that over 28²; of 4 values 4·3·13/18 and 6².
    eight, four = (8 * 7 * 21 / 18) / 28**2, (4 * 3 * 13 / 18) / 6**2
    assert trend_deviation([8, 8, 8]) == pytest.approx(math.sqrt(eight))
    assert trend_deviation([8, 4]) == pytest.approx(math.sqrt((eight + four) / 2))


def test_a_least_deviation() -> None:
    # t(0.975; 2) = 4.3027, so three values of 1 with deviation √3 / 4.3027 are just significant.
    least = math.sqrt(3) / 4.302653
    for values in ([1.0, 1, 1], [0.99, 1, 1.01]):
        assert t_test(values, 0, least) == pytest.approx(0.05)
        assert t_interval(values, least) == (pytest.approx(0, abs=1e-6), pytest.approx(2))
    wide = [0.2, 0.5, 0.3, 0.9]
    assert t_test(wide, 0.1, 0.01) == t_test(wide, 0.1)


def test_draws_at_least_as_far() -> None:
    runs = np.array([3.0, 1, 2, 3, 5])  # of five, three are at least 3; four at most
    assert beyond([runs]) == (1, 1)
    far = np.array([9.0, *np.arange(199) / 100])
    assert beyond([far]) == (2 / 200, 1)
    assert beyond([-far]) == (1, 2 / 200)
    far[7] = np.nan  # says nothing against noise
    assert beyond([far])[0] == 4 / 200


def test_seeds_are_averaged_draw_by_draw() -> None:
    one, two = np.array([4.0, 5, 1, 1]), np.array([4.0, 1, 5, 1])
    assert beyond([one]) == (1, 1)
    assert beyond([one, two]) == (0.5, 1)  # 4 against 3, 3 and 1
    assert central([one, two]) == (pytest.approx(1.1), pytest.approx(3))


def test_bootstrap_of_two_values() -> None:
    # Ten values, half of them 1: the mean of ten draws is binomial, P(≤ 0.1) = 11/1024, P(≤ 0.2) = 56/1024.
    assert bootstrap_interval([0.0, 1.0] * 5) == (pytest.approx(0.2), pytest.approx(0.8))
    assert bootstrap_interval([0.5] * 10) == (0.5, 0.5)
