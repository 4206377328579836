"""Tensors as matrices."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo.layers import as_matrix, matrix_shape, sides


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
