"""The 256 colours of a GIF, found and used by FFmpeg's filters; the same frames give the same colours.

A frame is (height, width) uint8, indices of a palette, or (height, width, 3) uint8, red, green and blue. A
palette is (256, 3) uint8, red, green and blue; its colour `TRANSPARENT` is not for use in frames.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

TRANSPARENT = 255
"""Index that leaves a GIF's pixel as it was in the frame before."""

TICK = Fraction(1, 100)
"""The filters want frames with times, which mean nothing here."""


def with_alpha(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The palette with the transparency of its colours: (256, 4) uint8, alpha, red, green and blue."""
    alpha = np.where(np.arange(len(palette)) == TRANSPARENT, 0, 255).astype(np.uint8)
    return np.column_stack([alpha, palette])


def palette_of(frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """A palette for frames of RGB, (height, width, 3) uint8 each, of one size (``palettegen``).

    Up to 255 colours are kept, to 1 of 255; of more, those that are alike to the eye become one.
    """
    graph = Graph()
    source = _source(graph, frames[0], "rgb24")
    graph.link_nodes(source, graph.add("palettegen"), graph.add("buffersink")).configure()
    for place, frame in enumerate(frames):
        source.push(_timed(frame, "rgb24", place))
    source.push(None)
    found: Any = graph.pull()
    return np.asarray(found.to_ndarray(format="rgb24"), dtype=np.uint8).reshape(-1, 3)


class Quantiser:
    """Turns frames of RGB into indices of the nearest colours, without dithering (``paletteuse``)."""

    def __init__(self, palette: NDArray[np.uint8], first: NDArray[np.uint8]) -> None:
        """`first`: a frame, whose size is that of all."""
        square = with_alpha(palette)[:, [3, 2, 1, 0]].reshape(16, 16, 4)
        self._place = 0
        self._graph = graph = Graph()  # which the filters do not keep alive
        self._source, colours = _source(graph, first, "rgb24"), _source(graph, square, "bgra")
        use, self._sink = graph.add("paletteuse", "dither=none"), graph.add("buffersink")
        self._source.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(self._sink)
        graph.configure()
        colours.push(_timed(square, "bgra", 0))
        colours.push(None)

    def quantise(self, frame: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """An RGB frame as indices, (height, width), of the palette in the order of the filter: (256, 4)."""
        self._source.push(_timed(frame, "rgb24", self._place))
        self._place += 1
        picture: Any = self._sink.pull()
        indices, palette = picture.to_ndarray()
        return indices, palette


def _source(graph: Graph, frame: NDArray[np.uint8], form: str) -> Any:
    height, width = frame.shape[:2]
    return graph.add_buffer(width=width, height=height, format=av.VideoFormat(form), time_base=TICK)


def _timed(frame: NDArray[np.uint8], form: str, place: int) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(frame, format=form)
    picture.pts, picture.time_base = place, TICK
    return picture
