import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.layers import as_matrix
from gradevo.pictures.heatmaps import maps as maps_module
from gradevo.pictures.heatmaps.maps import block_means, edges, epoch_maps, largest, levels, steady, tolerance
from gradevo.pictures.heatmaps.sheet import LEVELS, NONFINITE
from gradevo.statistics.formulas import dissolving

BIAS = np.array([[3.0, -1.0], [-2.0, -1.0], [0.5, 1.0]])  # three epochs


def test_maps_by_hand(recorded):
    maps = [epoch["bias"][:, 0] for epoch in epoch_maps(recorded({"bias": BIAS}), {"bias": (9, 9)})]
    assert_array_equal(maps[0], [[3, 1], [0, 0], [3, 1]])  # |g|, Σ|g| − |A|, |A|
    assert_array_equal(maps[1], [[2, 1], [4, 0], [1, 2]])
    assert_array_equal(maps[2], [[0.5, 1], [4, 2], [1.5, 1]])


def test_maps_are_means_of_magnitudes_where_tensors_are_large(recorded, noise):
    statistics = recorded(noise)
    (*_, last) = epoch_maps(statistics, {"dense/kernel": (3, 2)})
    gradients = noise["dense/kernel"].astype(np.float32).astype(np.float64)
    accumulated = np.abs(gradients.sum(axis=0))
    for found, full in zip(
        last["dense/kernel"],
        (np.abs(gradients[-1]), np.abs(gradients).sum(axis=0) - accumulated, accumulated),
        strict=True,
    ):
        assert_allclose(found, full.reshape(3, 2, 2, 2).mean(axis=(1, 3)), rtol=1e-12)


@pytest.mark.parametrize("band", [1, 40, 10**6])
def test_maps_are_block_means_of_the_elements_however_a_tensor_is_cut(recorded, monkeypatch, band):
    monkeypatch.setattr(maps_module, "BAND", band)
    gradients = np.random.default_rng(13).normal(size=(4, 3, 7, 10)).astype(np.float32)
    found = [epoch["kernel"] for epoch in epoch_maps(recorded({"kernel": gradients}), {"kernel": (6, 4)})]
    down, across = edges(21, 6), edges(10, 4)
    for maps, elements in zip(found, dissolving(gradients), strict=True):
        expected = [block_means(as_matrix(kind), down, across) for kind in elements]
        assert_allclose(maps, expected, rtol=1e-12, atol=1e-14)


def test_what_rounding_leaves_has_not_dissolved(recorded):
    gradients = np.full((60, 3, 7), 0.1, dtype=np.float32) * np.arange(1, 8, dtype=np.float32)
    maps = [epoch["kernel"] for epoch in epoch_maps(recorded({"kernel": gradients}), {"kernel": (2, 3)})]
    assert_array_equal([kinds[1] for kinds in maps], np.zeros((60, 2, 3)))  # all steps go the same way


@pytest.mark.parametrize("epochs", [2, 5])
def test_a_large_tensor_takes_little_more_than_its_accumulated_gradient(recorded, epochs):
    statistics = recorded({"kernel": np.ones((epochs, 2**11, 2**9))})
    elements = 2**20
    list(epoch_maps(statistics, {"kernel": (48, 160)}))  # what libraries keep is no matter of tensors
    tracemalloc.start()
    for _ in epoch_maps(statistics, {"kernel": (48, 160)}):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (8 + 4 + 4) * elements  # float64 sum, float32 gradient, and as much again for the rest


def test_the_scale_is_the_largest_finite_value_of_tensor_and_kind(recorded):
    statistics = recorded({"a": BIAS, "b": BIAS * 10, "zero": BIAS * 0})
    peaks = largest(epoch_maps(statistics, {"a": (1, 2), "b": (1, 2), "zero": (1, 2)}))
    assert_array_equal(peaks["a"], [3, 4, 3])
    assert_array_equal(peaks["b"], [30, 40, 30])
    assert_array_equal(peaks["zero"], [1, 1, 1])


def test_non_finite_gradients_neither_scale_nor_warn(recorded):
    gradients = BIAS.copy()
    gradients[1, 0], gradients[2, 0] = np.inf, -np.inf
    statistics = recorded({"bias": gradients})
    peaks = largest(epoch_maps(statistics, {"bias": (1, 2)}))
    assert_array_equal(peaks["bias"], [3, 2, 3])
    (*_, last) = (levels(maps["bias"], peaks["bias"]) for maps in epoch_maps(statistics, {"bias": (1, 2)}))
    assert_array_equal(last[:, 0, 0], [NONFINITE] * 3)
    assert_array_equal(last[:, 0, 1], np.rint(np.array([1 / 3, 1, 1 / 3]) * (LEVELS - 1)))


def test_a_shade_stays_until_it_is_off_by_more_than_is_allowed():
    shown = np.array([10, 10, 10, 10, 0, NONFINITE, NONFINITE], dtype=np.uint8)
    wanted = np.array([13, 14, 7, 6, NONFINITE, LEVELS - 1, NONFINITE], dtype=np.uint8)
    assert_array_equal(steady(shown, wanted, 3), [10, 14, 10, 6, NONFINITE, LEVELS - 1, NONFINITE])


@pytest.mark.parametrize(("epochs", "most"), [(1, 3), (20, 3), (100, 5), (500, 8), (5000, 8)])
def test_fast_animations_may_be_off_by_more_but_no_more_than_they_say(epochs, most):
    assert tolerance(epochs) == most
    assert most / (LEVELS - 1) < 0.04


def test_levels_reach_from_the_first_to_the_last_colour():
    maps = np.array([[[0.0, 1.0, 2.0]], [[0, 5e-301, 1e-300]], [[np.nan, np.inf, 1e300]]])
    found = levels(maps, np.array([2.0, 1e-300, 1e300]))
    top = LEVELS - 1
    assert_array_equal(found[:, 0], [[0, 104, top], [0, 104, top], [NONFINITE, NONFINITE, top]])
    assert found.dtype == np.uint8


def test_block_means_by_hand():
    matrix = np.array([[1.0, 3, 5, 0, 10], [2, 2, 7, 6, 20]])
    both, left_and_right = np.array([0, 2]), np.array([0, 2, 5])
    assert_array_equal(block_means(matrix, both, left_and_right), [[2.0, 8.0]])
    assert_array_equal(block_means(matrix, np.arange(3), left_and_right), [[2, 5], [2, 11]])
    assert_array_equal(block_means(matrix, np.arange(3), np.arange(6)), matrix)


@pytest.mark.parametrize(
    ("length", "most", "expected"),
    [(5, 2, [0, 2, 5]), (7, 3, [0, 2, 4, 7]), (3, 9, [0, 1, 2, 3]), (1, 1, [0, 1]), (6, 3, [0, 2, 4, 6])],
)
def test_edges_of_parts_as_equal_as_can_be(length, most, expected):
    assert edges(length, most).tolist() == expected


def test_a_block_with_a_non_finite_element_is_not_finite():
    matrix = np.ones((1, 6))
    matrix[0, 1], matrix[0, 5] = np.nan, np.inf
    assert_array_equal(block_means(matrix, edges(1, 1), edges(6, 3)), [[np.nan, 1, np.inf]])


@given(
    arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.floats(0, 1e6)),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_block_means_match_a_loop(matrix, rows, columns):
    down, right = edges(matrix.shape[0], rows), edges(matrix.shape[1], columns)
    expected = [
        [matrix[top:bottom, left:end].mean() for left, end in itertools.pairwise(right)]
        for top, bottom in itertools.pairwise(down)
    ]
    # Means taken side by side round twice, which below 1e-307 may cost all digits.
    assert_allclose(block_means(matrix, down, right), expected, rtol=1e-12, atol=1e-300)
