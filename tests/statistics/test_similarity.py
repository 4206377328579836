"""Cosines, block means, distances and paths of vectors that one can see through."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.statistics.similarity import (
    WeightPath,
    block_means,
    by_lag,
    cosine_error,
    cosines,
    directions,
)

NAN, INF = np.nan, np.inf


def test_the_error_is_that_of_folding_and_none_where_nothing_is_folded() -> None:
    assert cosine_error(1020) == 0
    assert cosine_error(1021) == pytest.approx(1020**-0.5)


def test_directions_have_length_one_at_any_size() -> None:
    rows = np.array([[3.0, 4.0], [3e200, -4e200], [3e-200, 4e-200], [0, 0], [NAN, 1], [INF, 1]])
    expected = [[0.6, 0.8], [0.6, -0.8], [0.6, 0.8], [NAN, NAN], [NAN, NAN], [NAN, NAN]]
    assert_allclose(directions(rows), expected, rtol=1e-6)
    assert directions(np.empty((0, 4))).shape == (0, 4)


def test_cosines_of_any_two() -> None:
    found = cosines(np.array([[1, 0], [1, 1], [0, 2], [-5, 0], [0, 0]], np.float32))
    half = 0.5**0.5
    expected = [
        [1, half, 0, -1, NAN],
        [half, 1, half, -half, NAN],
        [0, half, 1, 0, NAN],
        [-1, -half, 0, 1, NAN],
        [NAN] * 5,
    ]
    assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32
    many = cosines(np.repeat(np.random.default_rng(0).normal(size=(1, 999)), 50, axis=0))
    assert many.max() <= 1  # rounding must not leave the range


def test_means_of_blocks_of_the_steps_that_were_kept() -> None:
    rows = np.array([[1.0, 0], [3, 2], [5, 4], [7, 6]], np.float32)
    means = block_means(rows, np.array([0, 4, 8, 12]), np.array([0, 5, 8, 16]))
    assert_array_equal(means, [[2, 1], [NAN, NAN], [6, 5]])
    assert block_means(rows, np.array([0, 4, 8, 12]), np.array([0])).shape == (0, 2)


def test_mean_cosines_by_distance_leave_out_what_has_none() -> None:
    found = np.array([[1, 0.5, NAN, 0.1], [0.5, 1, NAN, 0.3], [NAN] * 4, [0.1, 0.3, NAN, 1]], np.float32)
    assert_allclose(by_lag(found), [0.5, 0.3, 0.1], rtol=1e-6)
    assert_array_equal(by_lag(np.full((2, 2), NAN, np.float32)), [NAN])
    assert by_lag(np.ones((1, 1), np.float32)).shape == (0,)


def test_batches_in_a_fixed_order_are_seen_at_whole_epochs() -> None:
    batches = np.eye(4)  # four batches at right angles, three epochs
    lags = by_lag(cosines(np.tile(batches, (3, 1))))
    assert_array_equal(lags, [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])


def test_a_path_along_two_axes() -> None:
    """Along e₀ by 3, then along e₂ by 1: seen from the start, whatever the mean is."""
    changes = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0], [3, 0, 1]])
    path = WeightPath.of(changes)
    assert path is not None
    assert_array_equal(path.points[0], [0, 0])
    lengths = np.linalg.norm(np.diff(path.points, axis=0), axis=1)
    assert_allclose(lengths, 1)  # all of it lies in the plane
    assert path.shares.sum() == pytest.approx(1)
    centred = changes - changes.mean(axis=0)
    energies = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    assert_allclose(path.shares, energies[:2] / energies.sum())
    assert (path.points[-1] >= 0).all()


def test_a_path_of_one_weight_of_none_that_moves_and_of_few_that_are_finite() -> None:
    line = WeightPath.of(np.array([[0.0], [2.0], [5.0]]))
    assert line is not None
    assert_allclose(line.points, [[0, 0], [2, 0], [5, 0]], atol=1e-12)
    assert_allclose(line.shares, [1, 0])
    still = WeightPath.of(np.zeros((3, 2)))
    assert still is not None
    assert_array_equal(still.points, np.zeros((3, 2)))
    assert_array_equal(still.shares, [NAN, NAN])
    broken = WeightPath.of(np.array([[0, 0], [1, 0], [NAN, 0], [2, 0]]))
    assert broken is not None
    assert len(broken.points) == 2
    assert WeightPath.of(np.array([[0.0, 0.0], [INF, 0.0]])) is None
    assert WeightPath.of(np.zeros((1, 3))) is None
    huge = WeightPath.of(np.array([[0, 0], [1e200, 0], [2e200, 1e200]]))
    assert huge is not None
    assert np.isfinite(huge.shares).all()


def test_a_random_walk_has_the_shares_that_the_caption_warns_of() -> None:
    steps = np.random.default_rng(3).normal(size=(300, 3000))
    path = WeightPath.of(np.concatenate([np.zeros((1, 3000)), steps.cumsum(axis=0)]))
    assert path is not None
    assert_allclose(path.shares, [6 / np.pi**2, 6 / np.pi**2 / 4], atol=0.02)
