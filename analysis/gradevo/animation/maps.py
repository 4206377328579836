"""The three maps of every tensor, epoch by epoch, and their scaling to levels of colour.

`A` is the sum of the epochs' gradients so far. The dissolving elements are what the article
*Gradient Evolution* calls so: Σ|g[i]| − |A[e]|, element by element.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from gradevo.animation.layout import as_matrix, block_means
from gradevo.animation.palette import LEVELS, NONFINITE
from gradevo.statistics import Statistics

KINDS = ("gradient", "dissolving", "accumulated")

Maps = dict[str, NDArray[np.float64]]
"""Tensor -> (3, rows, columns) float64: the maps in the order of `KINDS`, all ≥ 0 or not finite."""


def epoch_maps(statistics: Statistics, sizes: Mapping[str, tuple[int, int]]) -> Iterator[Maps]:
    """Yield the maps of every complete epoch, reduced by block means to at most `sizes` (rows, columns).

    Two float64 arrays per tensor are kept, however many epochs there are.
    """
    accumulated = {tensor: np.zeros(statistics.shape(tensor)) for tensor in sizes}
    absolute = {tensor: np.zeros(statistics.shape(tensor)) for tensor in sizes}
    for epoch in range(1, statistics.epochs + 1):
        maps = {}
        for tensor, (rows, columns) in sizes.items():
            gradient = statistics.gradient(tensor, epoch).astype(np.float64)
            with np.errstate(invalid="ignore", over="ignore"):  # non-finite elements are drawn as such
                accumulated[tensor] += gradient
                absolute[tensor] += np.abs(gradient)
                magnitude = np.abs(accumulated[tensor])
                kinds = (np.abs(gradient), np.maximum(absolute[tensor] - magnitude, 0), magnitude)
                maps[tensor] = np.stack([block_means(as_matrix(kind), rows, columns) for kind in kinds])
        yield maps


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
