import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from gradevo.bands import equal_bins, spread
from gradevo.numbers import number
from gradevo.pictures.style.axes import draw_series, epoch_ticks, from_zero, logarithmic
from gradevo.pictures.style.frame import new_figure

NAN = np.nan


def test_an_axis_from_zero_leaves_room_above():
    axes = new_figure(2, 2).add_subplot()
    axes.plot([1, 2], [0.64, 0.66])
    from_zero(axes)
    low, high = axes.get_ylim()
    assert low == 0
    assert 0.68 < high < 0.72


@pytest.mark.parametrize(
    ("epochs", "most", "ticks"),
    [
        (1, 12, [1]),
        (4, 6, [1, 2, 3, 4]),
        (12, 12, list(range(1, 13))),
        (15, 6, [1, 5, 10, 15]),
        (100, 6, [1, 20, 40, 60, 80, 100]),
        (100, 10, [1, *range(10, 101, 10)]),
        (500, 5, [1, 100, 200, 300, 400, 500]),
    ],
)
def test_ticks_stand_at_whole_round_epochs(epochs, most, ticks):
    assert epoch_ticks(epochs, most) == ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.02, "0.02"),
        (500, "500"),
        (999.6, "1000"),
        (5e3, "5000"),
        (2e4, "2×10⁴"),
        (3.4e-8, "3×10⁻⁸"),
    ],
)
def test_numbers_take_few_characters(value, text):
    assert number(value) == text


def test_logarithmic_limits_hold_all_positive_values():
    axes = new_figure(2, 2).add_subplot()
    logarithmic(axes, np.array([0.0, -1.0, np.nan, 1e-3, 1e5, np.inf]))
    low, high = axes.get_ylim()
    assert low < 1e-3 < 1e5 < high


def test_spread_ignores_what_is_not_finite_and_leaves_empty_columns_empty():
    values = np.array([[1.0, NAN, NAN], [4.0, 2.0, NAN], [2.0, NAN, NAN]])
    low, middle, high = spread(values)
    assert_array_equal(low, [1, 2, NAN])
    assert_array_equal(middle, [2, 2, NAN])
    assert_array_equal(high, [4, 2, NAN])


def test_bins_hold_successive_steps_of_all_runs():
    values = np.array([[1.0, 2, 3, 4, 5], [6, 7, 8, 9, 10]])
    bins = equal_bins(5, 2).columns(values)
    assert [sorted(column[np.isfinite(column)]) for column in bins.T] == [[1, 2, 6, 7], [3, 4, 8, 9], [5, 10]]


def test_the_middles_of_bins_are_those_of_the_places_in_them():
    assert_array_equal(equal_bins(5, 1).middles, [0, 1, 2, 3, 4])
    assert_array_equal(equal_bins(5, 2).middles, [0.5, 2.5, 4])  # the last bin holds one


@given(arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=30)), st.integers(1, 40))
def test_no_value_is_lost_or_made_up_by_binning(values, size):
    bins = equal_bins(values.shape[1], size).columns(values)
    assert_array_equal(np.sort(bins[~np.isnan(bins)]), np.sort(values[~np.isnan(values)]))


def test_a_point_without_neighbours_is_marked():
    axes = new_figure(2, 2).add_subplot()
    values = np.full(30, NAN)
    values[[0, 1, 5, 29]] = 1.0
    line = draw_series(axes, np.arange(30.0), values[None], "black")
    assert (line.get_marker(), line.get_markevery()) == ("o", [5, 29])
