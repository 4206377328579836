import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.animation.maps import epoch_maps, largest, levels
from gradevo.animation.palette import LEVELS, NONFINITE

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


def test_levels_reach_from_the_first_to_the_last_colour():
    maps = np.array([[[0.0, 1.0, 2.0]], [[0, 5e-301, 1e-300]], [[np.nan, np.inf, 1e300]]])
    found = levels(maps, np.array([2.0, 1e-300, 1e300]))
    top = LEVELS - 1
    assert_array_equal(found[:, 0], [[0, 104, top], [0, 104, top], [NONFINITE, NONFINITE, top]])
    assert found.dtype == np.uint8
