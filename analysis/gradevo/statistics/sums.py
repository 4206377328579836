"""The sums from which all statistics follow, formed in float64 tile by tile.

A value is converted to float64 once, in a work buffer that stays in the cache, and all
its sums are taken there. Products of float32 values neither overflow nor underflow in float64.

A tile is at most `WIDTH` elements wide, and the sums of a row's tiles are added from left
to right. So the sums of a row depend on that row and the one before it alone, never on
how many rows are handed over at once. Non-finite values flow through as in plain NumPy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH = 2**13  # below the length from which BLAS splits a dot product among its threads
TILE = 2**15  # elements: two float64 buffers of 256 KiB stay in a level-2 cache

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
    width = min(size, WIDTH)
    rows = min(steps, max(1, TILE // width))
    values, work = np.empty((rows + 1) * width), np.empty(rows * width)
    signs = np.empty(rows * width, np.bool_)

    sums = StepSums(*(np.zeros(steps) for _ in range(4)))
    first = np.zeros(size, gradients.dtype) if previous is None else previous
    with np.errstate(invalid="ignore"):
        for top in range(0, steps, rows):
            here = slice(top, min(top + rows, steps))
            before = gradients[top - 1] if top else first
            for left in range(0, size, width):
                part = slice(left, min(left + width, size))
                shape = (here.stop - top, part.stop - left)
                tile = values[: (shape[0] + 1) * shape[1]].reshape(shape[0] + 1, shape[1])
                tile[0] = before[part]
                tile[1:] = gradients[here, part]
                spare = work[: shape[0] * shape[1]].reshape(shape)
                negative = signs[: spare.size].reshape(shape)
                _add_tile(sums, here, tile, spare, negative)
                for row in tile[1:]:
                    epoch_sum[part] += row
    if previous is None:
        sums.dots[0] = sums.flips[0] = np.nan
    return sums


def _add_tile(
    sums: StepSums, here: slice, tile: Float64, spare: Float64, negative: NDArray[np.bool_]
) -> None:
    """Add to the sums of the steps `here` what a tile holds; its row 0 is the step before them."""
    now, before = tile[1:], tile[:-1]
    sums.squares[here] += np.vecdot(now, now)
    np.multiply(now, before, out=spare)
    sums.dots[here] += spare.sum(axis=1)
    np.less(spare, 0, out=negative)
    sums.flips[here] += negative.view(np.uint8).sum(axis=1, dtype=np.uint32)
    np.abs(now, out=spare)
    sums.absolute[here] += spare.sum(axis=1)


def vector_sums(vector: Float64) -> VectorSums:
    """The sums of a vector, (n,) float64 with n > 0."""
    absolute = squares = largest = 0.0
    work = np.empty(min(vector.size, WIDTH))
    with np.errstate(invalid="ignore"):
        for left in range(0, vector.size, WIDTH):
            part = vector[left : left + WIDTH]
            magnitude = np.abs(part, out=work[: part.size])
            absolute += float(magnitude.sum())
            squares += float(np.vecdot(part, part))
            largest = float(np.maximum(largest, magnitude.max()))
    return VectorSums(absolute, squares, largest)


def change_squares(before: Float32, after: Float32) -> tuple[float, float]:
    """Σ (after − before)² and Σ before² of two vectors, (n,) float32, in float64."""
    change = squares = 0.0
    with np.errstate(invalid="ignore"):
        for left in range(0, before.size, WIDTH):
            old = before[left : left + WIDTH].astype(np.float64)
            difference = after[left : left + WIDTH] - old
            change += float(np.vecdot(difference, difference))
            squares += float(np.vecdot(old, old))
    return change, squares
