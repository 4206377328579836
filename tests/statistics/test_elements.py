"""Highest and dissolving elements, by hand."""

import numpy as np

from gradevo.statistics.formulas import dissolving, highest, highest_acc
from gradevo.statistics.statistic import RunValues


def test_highest_is_scaled_by_the_largest_accumulated_element() -> None:
    maxima = np.array([[4.0, 1.0], [1.0, 3.0]])
    maxima_acc = np.array([[4.0, 1.0], [5.0, 2.0]])
    values = RunValues(maxima, maxima_acc)
    single, accumulated = highest(values), highest_acc(values)
    np.testing.assert_allclose(single, [[0.8, 0.5, 1.3], [0.2, 1.5, 1.7]])
    np.testing.assert_allclose(accumulated, [[0.8, 0.5, 1.3], [1.0, 1.0, 2.0]])


def test_the_divisor_is_finite_and_not_zero() -> None:
    maxima = np.array([[2.0, 0.0, 3.0], [np.inf, 0.0, np.nan]])
    maxima_acc = np.array([[2.0, 0.0, np.inf], [np.inf, 0.0, np.nan]])
    values = RunValues(maxima, maxima_acc)
    single, accumulated = highest(values), highest_acc(values)
    np.testing.assert_array_equal(single, [[1, 0, 3, 4], [np.inf, 0, np.nan, np.nan]])
    np.testing.assert_array_equal(accumulated, [[1, 0, np.inf, np.inf], [np.inf, 0, np.nan, np.nan]])


def test_dissolving_elements_by_hand() -> None:
    gradients = [
        np.array([[1, -2]], np.float32),
        np.array([[-3, -2]], np.float32),
        np.array([[2, 4]], np.float32),
    ]
    found = [[x.tolist() for x in arrays] for arrays in dissolving(gradients)]
    assert found == [
        [[[1, 2]], [[0, 0]], [[1, 2]]],
        [[[3, 2]], [[2, 0]], [[2, 4]]],
        [[[2, 4]], [[6, 8]], [[0, 0]]],
    ]


def test_dissolving_is_the_articles_formula() -> None:
    gradients = np.random.default_rng(0).standard_normal((6, 3, 4)).astype(np.float32)
    accumulated = np.cumsum(gradients.astype(np.float64), axis=0)
    expected = np.cumsum(np.abs(gradients.astype(np.float64)), axis=0) - np.abs(accumulated)
    np.testing.assert_allclose([elements for _, elements, _ in dissolving(gradients)], expected, atol=1e-14)


def test_infinite_elements_dissolve_to_nan() -> None:
    *_, (_, elements, accumulated) = dissolving(np.array([[np.inf], [-np.inf]], np.float32))
    assert np.isnan(elements)
    assert np.isnan(accumulated)
