"""Tensors as matrices: their natural layout, and block means where they are too large.

A kernel is a matrix whose rows are its inputs (kernel positions times input channels) and whose
columns are its outputs; a vector is a row.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the matrix: ``(3, 3, 32, 64)`` -> ``(288, 64)``, ``(64,)`` -> ``(1, 64)``."""
    if len(shape) < 2:
        return 1, (shape[0] if shape else 1)
    return int(np.prod(shape[:-1])), shape[-1]


def as_matrix(tensor: NDArray[Any]) -> NDArray[Any]:
    """A view of a tensor as its matrix, of shape ``matrix_shape(tensor.shape)``."""
    return tensor.reshape(matrix_shape(tensor.shape))


def sides(shape: tuple[int, ...]) -> str:
    """The sides of the matrix, inputs × outputs, in words: ``"3·3·32 × 64"``; of a vector ``"64"``."""
    if len(shape) < 2:
        return str(matrix_shape(shape)[1])
    return "·".join(map(str, shape[:-1])) + f" × {shape[-1]}"


def edges(length: int, most: int) -> NDArray[np.intp]:
    """The edges of at most `most` parts of a side, (parts + 1,); their sizes differ by at most one."""
    parts = min(length, most)
    return np.arange(parts + 1) * length // parts


def block_means(
    matrix: NDArray[np.float64], down: NDArray[np.intp], across: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The means of a matrix's blocks, whose edges are `down` and `across`: (blocks down, blocks across).

    A block with a non-finite element becomes non-finite.
    """
    for axis, marks in ((0, down), (1, across)):
        if len(marks) <= matrix.shape[axis]:
            sizes = np.expand_dims(np.diff(marks), 1 - axis)
            matrix = np.add.reduceat(matrix, marks[:-1], axis=axis) / sizes
    return matrix
