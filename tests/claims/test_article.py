"""Shapes of curves, by hand."""

import math

import numpy as np
import pytest

from gradevo.claims.article import deviation, differences, early_share, narrowest


def test_deviation_from_a_line() -> None:
    assert deviation(np.full(9, 0.5)) == pytest.approx(0, abs=1e-15)
    assert deviation(np.array([3.0, 1.0])) == pytest.approx(1 / 4)  # 0, 3, 4 against 0, 2, 4
    assert deviation(np.array([2.0, -2.0])) == 1  # there and back: the line is flat
    assert deviation(np.arange(1000.0)) == pytest.approx(0.25, abs=1e-3)  # a parabola
    assert deviation(np.array([-3.0, -1.0])) == pytest.approx(1 / 4)
    assert math.isnan(deviation(np.zeros(3)))


def test_share_that_is_there_half_way() -> None:
    assert early_share(np.ones(4)) == 0.5
    assert early_share(np.ones(5)) == 0.5  # between two epochs
    assert early_share(np.array([3.0, 0.0, 0.0, 1.0])) == 0.75
    assert early_share(np.array([1.0, 1.0, -1.0, 1.0])) == 1.0
    for without in (np.zeros(4), np.array([1.0, -2.0]), np.array([np.nan, 1.0])):
        assert math.isnan(early_share(without))


def test_narrowest_place_between_two_lines() -> None:
    assert narrowest(np.array([1.0, 0.1]), np.array([10.0, 10.0])) == 1
    assert narrowest(np.array([10.0, 0.1]), np.array([1.0, 10.0])) == -1
    assert narrowest(np.array([0.0, 1.0]), np.array([0.0, 100.0])) == 2  # the first epoch has no gradient
    assert narrowest(np.array([1.0]), np.array([0.0])) == -6
    assert narrowest(np.array([1e-30]), np.array([1.0])) == 6
    assert math.isnan(narrowest(np.zeros(3), np.ones(3)))


def test_differences_of_infinite_values_do_not_warn() -> None:
    np.testing.assert_array_equal(differences(np.array([1.0, 3.0, np.inf, np.inf])), [2, np.inf, np.nan])
