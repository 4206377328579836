"""Gradients folded into few numbers, from which products of any two steps are read.

With random signs σᵢ = ±1, fixed once for all, a vector g of n elements becomes

    p_j = Σ σᵢ gᵢ  over i ≡ j (mod w),   w = min(n, 1020)

so that p·q is an estimate of g·h without bias, whose standard deviation is at most about ‖g‖‖h‖ √(2/w); where
n ≤ w it is exact. This is the count sketch of M. Charikar, K. Chen, M. Farach-Colton, "Finding frequent items
in data streams", ICALP 2002, with buckets that follow each other; as a way of keeping inner products see
K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

WIDTH = 1020
"""Numbers that a gradient is folded into: four times an odd number, so that its quarters, too, mix what lies
a power of two apart, as the channels of a layer do."""
SEED = 0
TILE = 2**16
"""Elements whose products with the signs are in the cache at a time."""


class Fold:
    """Folds one tensor: its elements follow those of earlier tensors in the vector of all parameters."""

    def __init__(self, signs: NDArray[np.float32], start: int, width: int) -> None:
        """signs: (n,) of ±1; start: the index of the tensor's first element among all parameters."""
        self._signs = signs
        self._start = start % width
        self.width = width

    def take(self, rows: NDArray[np.floating]) -> NDArray[np.floating]:
        """The folded rows: (steps, n) -> (steps, w), of the same type."""
        folded = np.zeros((len(rows), self.width), rows.dtype)
        self.add(rows, folded)
        return folded

    def add(self, rows: NDArray[np.floating], folded: NDArray[np.floating]) -> None:
        """Add the folded rows, (steps, n), to those of other tensors, (steps, w), in place.

        Every row is summed in the order of its elements, however many rows there are.
        """
        steps, size = rows.shape
        head = min(size, -self._start % self.width)
        body = (size - head) // self.width * self.width
        columns = max(1, TILE // self.width) * self.width
        with np.errstate(invalid="ignore", over="ignore"):
            folded[:, self._start : self._start + head] += rows[:, :head] * self._signs[:head]
            for left in range(head, head + body, columns):
                right = min(left + columns, head + body)
                several = max(1, TILE // (right - left))
                for top in range(0, steps, several):
                    signed = rows[top : top + several, left:right] * self._signs[left:right]
                    folded[top : top + several] += signed.reshape(len(signed), -1, self.width).sum(axis=1)
            folded[:, : size - head - body] += rows[:, head + body :] * self._signs[head + body :]


def folds(sizes: Sequence[int]) -> list[Fold]:
    """One for each tensor with so many elements; the signs are the same in every run."""
    starts = [0, *accumulate(sizes)]
    total = starts[-1]
    # The raw bits of this generator are the same in every version of NumPy.
    words = np.random.PCG64(SEED).random_raw(-(-total // 64)).astype("<u8")
    bits = np.unpackbits(words.view(np.uint8), count=total, bitorder="little")
    width = max(1, min(total, WIDTH))
    return [
        Fold(1 - 2 * bits[start : start + size].astype(np.float32), start, width)
        for start, size in zip(starts, sizes, strict=False)
    ]


def stride(steps: int, most: int) -> int:
    """Every how many steps one is kept, so that at most so many are: the least power of two.

    >>> stride(4096, most=4096), stride(4097, most=4096)
    (1, 2)
    """
    every = 1
    while -(-steps // every) > most:
        every *= 2
    return every
