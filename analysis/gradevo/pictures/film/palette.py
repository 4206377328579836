"""The 256 colours of a GIF, found in some of its frames; the same frames give the same colours."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frame = NDArray[np.uint8]
"""(height, width) uint8, indices of a palette; or (height, width, 3) uint8, red, green and blue."""

Palette = NDArray[np.uint8]
"""(256, 3) uint8, red, green and blue; the colour `TRANSPARENT` is not for use in frames."""

TRANSPARENT = 255
"""Index that leaves a GIF's pixel as it was in the frame before."""

EXACT = 96
"""So many of the commonest colours are kept as they are: paper, fills, letters, lines."""


def palette_of(frames: Iterable[Frame]) -> Palette:
    """A palette for frames of RGB, (height, width, 3) uint8 each, of any sizes.

    The commonest colours enter exactly, the others by median cut (Heckbert, *Color image quantization for
    frame buffer display*, 1982), weighted by the square root of their count, so that a thin line counts
    beside a large surface. `TRANSPARENT` stays free. Colours that are not needed are black.
    """
    colours, counts = _counted(frames)
    order = np.argsort(-counts, kind="stable")
    most, rest = order[:EXACT], order[EXACT:]
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[: len(most)] = _rgb(colours[most])
    places = TRANSPARENT - len(most)
    if len(rest) <= places:
        palette[len(most) : len(most) + len(rest)] = _rgb(colours[rest])
    else:
        weights = np.ceil(np.sqrt(counts[rest])).astype(np.int64)
        pixels = np.repeat(_rgb(colours[rest]), weights, axis=0)
        cut = Image.fromarray(pixels[np.newaxis]).quantize(places, Image.Quantize.MEDIANCUT)
        found = np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)[:places]
        palette[len(most) : len(most) + len(found)] = found
    return palette


class Indexer:
    """Turns frames of RGB into indices of a palette: the nearest colours (of RGB), without dithering.

    What it has found it keeps in a table of all colours (16 MiB): frames resemble each other.
    """

    def __init__(self, palette: Palette) -> None:
        self._palette = palette[:TRANSPARENT].astype(np.float32)
        self._table = np.full(1 << 24, TRANSPARENT, dtype=np.uint8)

    def indices(self, frame: Frame) -> Frame:
        """(height, width) uint8 from (height, width, 3) uint8."""
        colours = _numbers(frame)
        found = self._table[colours]
        new = np.unique(colours[found == TRANSPARENT])
        if len(new):
            for start in range(0, len(new), 4096):
                part = new[start : start + 4096]
                self._table[part] = self._nearest(_rgb(part))
            found = self._table[colours]
        return found

    def _nearest(self, rgb: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Of |p - c|² = |p|² - 2 c·p + |c|² the last part is the same for all p; float32 is exact here."""
        across = rgb.astype(np.float32) @ self._palette.T
        nearest: NDArray[np.intp] = np.argmin((self._palette**2).sum(axis=1) - 2 * across, axis=1)
        return nearest


def _counted(frames: Iterable[Frame]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """All colours of all frames as numbers 0xRRGGBB, ascending, and how often each is there."""
    colours, counts = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    for frame in frames:
        new, times = np.unique(_numbers(frame), return_counts=True)
        colours, where = np.unique(np.concatenate([colours, new]), return_inverse=True)
        weights = np.concatenate([counts, times])
        counts = np.bincount(where, weights).astype(np.int64)
    return colours, counts


def _numbers(frame: Frame) -> NDArray[np.int32]:
    """Every pixel's colour as a number 0xRRGGBB, (height, width)."""
    numbers = frame[..., 0].astype(np.int32)
    for channel in (1, 2):
        numbers <<= 8
        numbers |= frame[..., channel]
    return numbers


def _rgb(colours: NDArray[np.int32]) -> NDArray[np.uint8]:
    """(n, 3) uint8 from numbers 0xRRGGBB."""
    return np.column_stack([colours >> 16, colours >> 8, colours]).astype(np.uint8)
