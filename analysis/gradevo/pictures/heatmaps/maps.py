"""The three maps of every tensor, epoch by epoch, and their scaling to levels of colour."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from gradevo.layers import as_matrix, matrix_shape, outputs_last
from gradevo.pictures.heatmaps.sheet import LEVELS, NONFINITE
from gradevo.statistics.store import Statistics

KINDS = ("gradient", "dissolving", "accumulated")

Maps = dict[str, NDArray[np.float64]]
"""Tensor -> (3, rows, columns) float64: the maps in the order of `KINDS`, all ≥ 0 or not finite."""

BAND = 2**17
"""A large tensor is worked on by bands of about so many elements, which stay in the processor's cache."""

ROUNDING = 1e-12
"""Less of Σ|g[i]| than this share does not count as dissolved: it may be left by rounding."""


def epoch_maps(statistics: Statistics, sizes: Mapping[str, tuple[int, int]]) -> Iterator[Maps]:
    """Yield the maps of every complete epoch, reduced by block means to at most `sizes` (rows, columns).

    A float64 per parameter and one tensor's gradient are kept, however many epochs there are.
    """
    streams = [_tensor_maps(statistics, tensor, *size) for tensor, size in sizes.items()]
    for maps in zip(*streams, strict=True):
        yield dict(zip(sizes, maps, strict=True))


def _tensor_maps(
    statistics: Statistics, tensor: str, rows: int, columns: int
) -> Iterator[NDArray[np.float64]]:
    """Means of |g[e]|, of the dissolving elements Σ_{i≤e} |g[i]| − |A[e]|, and of |A[e]|.

    The dissolving elements' mean is the difference of the means: Σ|g[i]| is kept no larger than shown.
    """
    outputs = statistics.graph.outputs_of(tensor)
    height, width = matrix_shape(outputs_last(statistics.shape(tensor), outputs))
    down, across = edges(height, rows), edges(width, columns)
    accumulated = np.zeros((height, width))
    path = np.zeros((len(down) - 1, len(across) - 1))
    for epoch in range(1, statistics.epochs + 1):
        gradient = statistics.gradient(tensor, epoch)
        with np.errstate(invalid="ignore"):
            now, resulting = _take(as_matrix(gradient, outputs), accumulated, down, across)
            del gradient  # the next tensor's shall not be held beside it
            path = path + now
            dissolved = path - resulting
            dissolved = np.where(dissolved < ROUNDING * path, 0.0, dissolved)
        yield np.stack([now, dissolved, resulting])


def _take(
    gradient: NDArray[np.float32],
    accumulated: NDArray[np.float64],
    down: NDArray[np.intp],
    across: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add a gradient to A in place; block means of the gradient's and of A's magnitudes."""
    blocks = len(down) - 1
    step = max(1, BAND * blocks // gradient.size)
    now, resulting = np.empty((2, blocks, len(across) - 1))
    for first in range(0, blocks, step):
        marks = down[first : first + step + 1]
        band, here = slice(marks[0], marks[-1]), slice(first, first + step)
        accumulated[band] += gradient[band]
        now[here] = block_means(np.abs(gradient[band], dtype=np.float64), marks - marks[0], across)
        resulting[here] = block_means(np.abs(accumulated[band]), marks - marks[0], across)
    return now, resulting


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


def largest(epochs: Iterable[Maps]) -> dict[str, NDArray[np.float64]]:
    """Tensor -> (3,) float64: each kind's largest finite value over all epochs, 1 where it is 0 or none."""
    peaks: dict[str, NDArray[np.float64]] = {}
    for maps in epochs:
        for tensor, kinds in maps.items():
            highest = np.where(np.isfinite(kinds), kinds, 0).max(axis=(1, 2), initial=0)
            peaks[tensor] = np.maximum(peaks.get(tensor, 0), highest)
    return {tensor: np.where(peak > 0, peak, 1.0) for tensor, peak in peaks.items()}


def levels(maps: NDArray[np.float64], peaks: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale maps, (3, rows, columns), by their peaks, (3,), to indices of the palette, uint8.

    0 becomes index 0, the peak the last level; a non-finite value becomes `NONFINITE`.
    """
    scaled = maps * ((LEVELS - 1) / peaks[:, None, None])
    return np.where(np.isfinite(maps), np.rint(np.nan_to_num(scaled)), NONFINITE).astype(np.uint8)


def tolerance(epochs: int) -> int:
    """By how many levels a shade may be off before it is painted anew: 1.5 to 4 % of the scale.

    Without it every cell of noise would flicker in every frame, and the GIF of 500 epochs would be
    three times as large. Where frames stay for long, less is allowed: one has time to look.
    """
    return min(8, 3 + epochs // 50)


def steady(shown: NDArray[np.uint8], wanted: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """What is shown next: the wanted level, or what is shown while that is off by no more than `most` levels.

    Non-finite values appear at once. All arrays have one shape.
    """
    low, high = np.minimum(shown, wanted), np.maximum(shown, wanted)
    return np.where((high - low > most) | (high >= LEVELS), wanted, shown)
