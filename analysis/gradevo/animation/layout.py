"""Tensors as matrices: their natural layout, and block means where they are too large.

A kernel is a matrix of inputs (kernel positions times input channels) × outputs, a vector
a row. The longer side always runs horizontally, so a tall matrix is drawn transposed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def matrix_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of the matrix: ``(3, 3, 32, 64)`` -> ``(64, 288)``, ``(64,)`` -> ``(1, 64)``."""
    rows, columns = _inputs_outputs(shape)
    return (columns, rows) if rows > columns else (rows, columns)


def as_matrix(tensor: NDArray[Any]) -> NDArray[Any]:
    """A view of a tensor as its matrix, of shape ``matrix_shape(tensor.shape)``."""
    rows, columns = _inputs_outputs(tensor.shape)
    matrix = tensor.reshape(rows, columns)
    return matrix.T if rows > columns else matrix


def sides(shape: tuple[int, ...]) -> str:
    """What the sides of the matrix are: ``"3·3·32 inputs → 64 outputs ↓"``."""
    if len(shape) < 2:
        return f"{shape[0] if shape else 1} →"
    rows, columns = _inputs_outputs(shape)
    down, right = ("→", "↓") if rows > columns else ("↓", "→")
    inputs = "·".join(map(str, shape[:-1])) + (" input" if rows == 1 else " inputs")
    return f"{inputs} {down} {columns} {'output' if columns == 1 else 'outputs'} {right}"


def block_means(matrix: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Reduce a matrix to at most `rows` × `columns` by the means of blocks.

    The blocks differ by at most one row and column in size; a side that fits stays as it is.
    A block with a non-finite element becomes non-finite.
    """
    for axis, most in ((0, rows), (1, columns)):
        length = matrix.shape[axis]
        if length > most:
            edges = np.arange(most + 1) * length // most
            sizes = np.expand_dims(np.diff(edges), 1 - axis)
            matrix = np.add.reduceat(matrix, edges[:-1], axis=axis) / sizes
    return matrix


def _inputs_outputs(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        return 1, (shape[0] if shape else 1)
    return int(np.prod(shape[:-1])), shape[-1]
