import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from gradevo.bands import equal_bins, spread
from gradevo.pictures.style.axes import draw_series
from gradevo.pictures.style.frame import new_figure

NAN = np.nan


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


@settings(deadline=None)  # the machine may be busy
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
