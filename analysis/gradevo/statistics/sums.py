"""The sums from which all statistics follow, formed in float64 tile by tile.

A value is converted to float64 once, in a work buffer that stays in the cache, and all
its sums are taken there. Products of float32 values neither overflow nor underflow in float64.

A tensor of n elements is cut into equal tiles and a tile's rows into pieces by n alone. So the sums
of a step depend on its gradient and the one before it, never on how many steps are handed over
at once. Non-finite values flow through as in plain NumPy.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TILE = 2**17  # elements: two float64 buffers of 1 MiB stay in the cache
PIECE = 2**13  # below the length from which BLAS splits a dot product among its threads
ONES = np.ones(PIECE)  # a dot product with ones sums faster than sum() does


class StepSums(NamedTuple):
    """Float64 sums per step: (steps,) for one tensor, (steps, T) for several."""

    absolute: NDArray[np.float64]
    """Σ |g|"""
    squares: NDArray[np.float64]
    """Σ g²"""
    dots: NDArray[np.float64]
    """Σ g·p, where p is the gradient of the step before; NaN where there is none"""
    flips: NDArray[np.float64]
    """The number of elements with g·p < 0; NaN where there is no p."""


class VectorSums(NamedTuple):
    """Float64 sums of one tensor; NaN elements make all three NaN."""

    absolute: float
    """Σ |x|"""
    squares: float
    """Σ x²"""
    largest: float
    """max |x|"""


class Workspace:
    """Buffers that are used again: asking the system for new ones takes as long as summing in them."""

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
        """An array with any content, valid until the next call with this name."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size, np.uint8)
        return self._buffers[name][:size].view(dtype).reshape(shape)


def step_sums(
    gradients: NDArray[np.float32],
    previous: NDArray[np.float32] | None,
    epoch_sum: NDArray[np.float64],
    workspace: Workspace,
) -> StepSums:
    """The sums of consecutive steps of one tensor with n > 0 elements.

    `gradients` is (steps, n) float32; `previous` the gradient of the step before, (n,) float32, or None.
    The gradients are added to `epoch_sum`, (n,) float64, in place, one after the other.
    """
    steps, size = gradients.shape
    width, pieces, length = _layout(size)
    rows = min(steps, max(1, TILE // width))
    first = np.zeros(size, gradients.dtype) if previous is None else previous
    lefts = range(0, size, width)
    partial = np.empty((4, steps, len(lefts), pieces))
    # Row 0: the step before; the end of a row may have to be filled with zeros.
    tile = workspace.array("tile", (rows + 1, pieces, length), np.float64)
    flat = tile.reshape(rows + 1, -1)
    work = workspace.array("work", (rows, pieces, length), np.float64)
    flags = workspace.array("flags", (rows, pieces, length), np.bool_)

    with np.errstate(invalid="ignore", over="ignore"):
        for column, left in enumerate(lefts):
            total = epoch_sum[left : left + width]
            flat[:, total.size :] = 0
            values = flat[:, : total.size]
            for top in range(0, steps, rows):
                here = slice(top, min(top + rows, steps))
                end = here.stop - top + 1
                values[0] = (gradients[top - 1] if top else first)[left : left + width]
                values[1:end] = gradients[here, left : left + width]
                _sum_pieces(tile[:end], work[: end - 1], flags[: end - 1], partial[:, here, column])
                # Row after row, as if one at a time: the sum begins with what there is. Over the
                # filled rows, which are never narrow: NumPy sums narrow ones in another order.
                values[0] = total
                total[:] = np.add.reduce(flat[:end], axis=0)[: total.size]
        sums = StepSums(*partial.reshape(4, steps, -1).sum(axis=2))
    if previous is None:
        sums.dots[0] = sums.flips[0] = np.nan
    return sums


def _sum_pieces(
    tile: NDArray[np.float64], work: NDArray[np.float64], flags: NDArray[np.bool_], sums: NDArray[np.float64]
) -> None:
    """The sums of a tile's pieces: (steps+1, pieces, length) -> `sums`, (4, steps, pieces).

    `work` and `flags`, (steps, pieces, length), are overwritten.
    """
    now, before = tile[1:], tile[:-1]
    absolute, squares, dots, flips = sums
    np.vecdot(now, now, out=squares)
    np.vecdot(now, before, out=dots)
    np.less(np.multiply(now, before, out=work), 0, out=flags)
    np.bitwise_count(flags.view(np.uint64)).sum(axis=2, out=flips)
    np.vecdot(np.abs(now, out=work), ONES[: work.shape[2]], out=absolute)


def _layout(size: int) -> tuple[int, int, int]:
    """How n elements are cut: the width of a tile, its number of pieces and their length.

    The length is a multiple of 8, so that flags can be counted eight at a time. Together the pieces
    may be some elements longer than the tile; these are filled with zeros.
    """
    width = _share(size, TILE)
    length = -(-_share(width, PIECE) // 8) * 8
    return width, -(-width // length), length


def _share(size: int, limit: int) -> int:
    """The size of the largest of as few equal parts as keep to the limit."""
    parts = -(-size // limit)
    return -(-size // parts)


def vector_sums(vector: NDArray[np.floating]) -> VectorSums:
    """The sums of a vector, (n,) float32 or float64 with n > 0."""
    absolute = squares = largest = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for left in range(0, vector.size, PIECE):
            part = vector[left : left + PIECE].astype(np.float64, copy=False)
            magnitude = np.abs(part)
            absolute += float(np.vecdot(magnitude, ONES[: part.size]))
            squares += float(np.vecdot(part, part))
            largest = float(np.maximum(largest, magnitude.max()))
    return VectorSums(absolute, squares, largest)


def change_squares(before: NDArray[np.float32], after: NDArray[np.float32]) -> tuple[float, float]:
    """Σ (after − before)² and Σ before² of two vectors, (n,) float32, in float64."""
    change = squares = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for left in range(0, before.size, PIECE):
            old = before[left : left + PIECE].astype(np.float64)
            difference = after[left : left + PIECE] - old
            change += float(np.vecdot(difference, difference))
            squares += float(np.vecdot(old, old))
    return change, squares
