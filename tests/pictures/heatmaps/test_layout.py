import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.pictures.heatmaps.layout import as_matrix, block_means, edges, matrix_shape, sides


@pytest.mark.parametrize(
    ("shape", "matrix", "words"),
    [
        ((), (1, 1), "1"),
        ((64,), (1, 64), "64"),
        ((4, 8), (4, 8), "4 × 8"),
        ((1600, 10), (1600, 10), "1600 × 10"),
        ((64, 1), (64, 1), "64 × 1"),
        ((1, 10), (1, 10), "1 × 10"),
        ((3, 64, 64), (192, 64), "3·64 × 64"),
        ((3, 3, 1, 32), (9, 32), "3·3·1 × 32"),
    ],
)
def test_tensors_lie_in_their_natural_layout(shape, matrix, words):
    assert matrix_shape(shape) == matrix
    assert as_matrix(np.zeros(shape)).shape == matrix
    assert sides(shape) == words


def test_a_kernels_rows_are_its_positions_and_input_channels():
    kernel = np.arange(2 * 1 * 2 * 9).reshape(2, 1, 2, 9)
    assert_array_equal(as_matrix(kernel)[3], kernel[1, 0, 1])  # second position, second channel
    tall = np.arange(3 * 2).reshape(3, 2)
    assert_array_equal(as_matrix(tall), [[0, 1], [2, 3], [4, 5]])


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


@settings(deadline=None)  # the machine may be busy
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
