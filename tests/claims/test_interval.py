"""Intervals against hand values and batch means."""

import math

import numpy as np
import pytest

from gradevo.claims.article import deviation, early_share
from gradevo.claims.interval import block_jackknife, t_interval


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
