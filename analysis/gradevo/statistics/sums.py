"""The sums from which all statistics follow, formed in float64 tile by tile.

A value is converted to float64 once, in a work buffer that stays in the cache, and all
its sums are taken there. Products of float32 values neither overflow nor underflow in float64.

A tensor of n elements is cut into equal tiles and a tile's rows into pieces by n alone. So the sums
of a step depend on its gradient and the one before it, never on how many steps are handed over
at once. Non-finite values flow through as in plain NumPy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE = 2**17  # elements: two float64 buffers of 1 MiB stay in the cache
PIECE = 2**13  # below the length from which BLAS splits a dot product among its threads
ONES = np.ones(PIECE)  # a dot product with ones sums faster than sum() does

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class StepSums:
    """Float64 sums per step: (steps,) for one tensor, (steps, T) for several."""

    absolute: Float64
    """Σ |g|"""
    squares: Float64
    """Σ g²"""
    dots: Float64
    """Σ g·p, where p is the gradient of the step before; NaN where there is none"""
    flips: Float64
    """The number of elements with g·p < 0; NaN where there is no p."""


@dataclass(frozen=True)
class VectorSums:
    """Float64 sums of one tensor; NaN elements make all three NaN."""

    absolute: float
    """Σ |x|"""
    squares: float
    """Σ x²"""
    largest: float
    """max |x|"""


def step_sums(gradients: Float32, previous: Float32 | None, epoch_sum: Float64) -> StepSums:
    """The sums of consecutive steps of one tensor with n > 0 elements.

    `gradients` is (steps, n) float32; `previous` the gradient of the step before, (n,) float32, or None.
    The gradients are added to `epoch_sum`, (n,) float64, in place, one after the other.
    """
    steps, size = gradients.shape
    width, pieces, length = _layout(size)
    rows = min(steps, max(1, TILE // width))
    tile, work = np.empty((rows + 1, pieces, length)), np.empty((rows, pieces, length))
    flat = tile.reshape(rows + 1, -1)
    first = np.zeros(size, gradients.dtype) if previous is None else previous

    sums = StepSums(*(np.zeros(steps) for _ in range(4)))
    with np.errstate(invalid="ignore", over="ignore"):
        for top in range(0, steps, rows):
            here = slice(top, min(top + rows, steps))
            count = here.stop - top
            before = gradients[top - 1] if top else first
            for left in range(0, size, width):
                part = slice(left, min(left + width, size))
                columns = part.stop - left
                flat[0, :columns] = before[part]
                flat[1 : count + 1, :columns] = gradients[here, part]
                flat[:, columns:] = 0
                _add_tile(sums, here, tile[: count + 1], work[:count])
                total = epoch_sum[part]
                for row in flat[1 : count + 1, :columns]:
                    total += row
    if previous is None:
        sums.dots[0] = sums.flips[0] = np.nan
    return sums


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


def _add_tile(sums: StepSums, here: slice, tile: Float64, work: Float64) -> None:
    """Add a tile, (steps+1, pieces, length), to the sums of the steps `here`; row 0 is the step before."""
    now, before = tile[1:], tile[:-1]
    flipped = np.multiply(now, before, out=work) < 0
    magnitude = np.abs(now, out=work)
    sums.flips[here] += np.bitwise_count(flipped.view(np.uint64)).sum(axis=(1, 2), dtype=np.int64)
    sums.absolute[here] += np.vecdot(magnitude, ONES[: work.shape[2]]).sum(axis=1)
    sums.squares[here] += np.vecdot(now, now).sum(axis=1)
    sums.dots[here] += np.vecdot(now, before).sum(axis=1)


def vector_sums(vector: Float64) -> VectorSums:
    """The sums of a vector, (n,) float64 with n > 0."""
    absolute = squares = largest = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for left in range(0, vector.size, PIECE):
            part = vector[left : left + PIECE]
            magnitude = np.abs(part)
            absolute += float(np.vecdot(magnitude, ONES[: part.size]))
            squares += float(np.vecdot(part, part))
            largest = float(np.maximum(largest, magnitude.max()))
    return VectorSums(absolute, squares, largest)


def change_squares(before: Float32, after: Float32) -> tuple[float, float]:
    """Σ (after − before)² and Σ before² of two vectors, (n,) float32, in float64."""
    change = squares = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for left in range(0, before.size, PIECE):
            old = before[left : left + PIECE].astype(np.float64)
            difference = after[left : left + PIECE] - old
            change += float(np.vecdot(difference, difference))
            squares += float(np.vecdot(old, old))
    return change, squares
