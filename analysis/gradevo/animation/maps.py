"""The three maps of every tensor, epoch by epoch, and their scaling to levels of colour."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from gradevo.animation.layout import as_matrix, block_means
from gradevo.animation.palette import LEVELS, NONFINITE
from gradevo.statistics import Statistics, dissolving

KINDS = ("gradient", "dissolving", "accumulated")

Maps = dict[str, NDArray[np.float64]]
"""Tensor -> (3, rows, columns) float64: the maps in the order of `KINDS`, all ≥ 0 or not finite."""


def epoch_maps(statistics: Statistics, sizes: Mapping[str, tuple[int, int]]) -> Iterator[Maps]:
    """Yield the maps of every complete epoch, reduced by block means to at most `sizes` (rows, columns).

    Two float64 arrays per tensor are kept, however many epochs there are.
    """
    streams = [_tensor_maps(statistics, tensor, *size) for tensor, size in sizes.items()]
    for maps in zip(*streams, strict=True):
        yield dict(zip(sizes, maps, strict=True))


def _tensor_maps(
    statistics: Statistics, tensor: str, rows: int, columns: int
) -> Iterator[NDArray[np.float64]]:
    gradients = (statistics.gradient(tensor, epoch) for epoch in range(1, statistics.epochs + 1))
    for kinds in dissolving(gradients):
        reduced = np.stack([block_means(as_matrix(kind), rows, columns) for kind in kinds])
        yield np.maximum(reduced, 0)  # rounding may leave a dissolving element a little below zero


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
