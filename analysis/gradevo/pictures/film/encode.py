"""Frames to GIF and MP4, frame by frame, the same bytes every time."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""(height, width) uint8, indices of a palette; or (height, width, 3) uint8, red, green and blue."""

Palette = NDArray[np.uint8]
"""(256, 3) uint8, red, green and blue; the colour `TRANSPARENT` is not for use in frames."""

TRANSPARENT = 255
"""Index that leaves a GIF's pixel as it was in the frame before."""

HOLD = 200
"""A GIF's last frame stays longer before it starts again, in centiseconds."""


class Writer(Protocol):
    """What takes frames one after the other."""

    def write(self, frame: Frame) -> None:
        """Append a frame."""


def write_all(frames: Iterable[Frame], writers: Sequence[Writer]) -> None:
    """Give every frame to every writer: all write at once, while the next frame is drawn.

    No more than two frames are in memory. The writers must not change a frame, nor may the caller
    once it has yielded it. The first error of a writer or of `frames` is raised.
    """
    with ThreadPoolExecutor(len(writers), "encode") as threads:
        writing: list[Future[None]] = []
        for frame in frames:
            for written in writing:
                written.result()
            writing = [threads.submit(writer.write, frame) for writer in writers]
        for written in writing:
            written.result()


def _with_alpha(palette: Palette) -> NDArray[np.uint8]:
    """The palette as PyAV wants it: alpha, red, green, blue."""
    alpha = np.where(np.arange(len(palette)) == TRANSPARENT, 0, 255).astype(np.uint8)
    return np.column_stack([alpha, palette])


def _picture(frame: Frame, colours: NDArray[np.uint8] | None) -> av.VideoFrame:
    if colours is None:
        return av.VideoFrame.from_ndarray(frame, format="rgb24")
    indexed: Any = (frame, colours)  # PyAV's type stubs do not know palettes
    return av.VideoFrame.from_ndarray(indexed, format="pal8")


class _StreamWriter:
    """A file with one stream of pictures, which its subclasses open."""

    _container: av.container.OutputContainer
    _stream: av.VideoStream
    _colours: NDArray[np.uint8] | None

    def _encode(self, picture: av.VideoFrame | None) -> None:
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Encode what is still waiting and finish the file."""
        self._encode(None)
        self._container.close()


class GifWriter(_StreamWriter):
    """Writes an endlessly repeated GIF, a frame of palette indices every so many centiseconds.

    The frames' palette is the file's: colours are exact. After the first frame only the
    pixels that changed are stored. The last frame stays `hold` centiseconds longer.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        centiseconds: int,
        palette: Palette,
        hold: int = HOLD,
    ) -> None:
        options = {"loop": "0", "final_delay": str(centiseconds + hold), "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="gif", options=options)
        stream = self._container.add_stream("gif", rate=Fraction(100, centiseconds))
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        self._stream = stream
        self._colours = _with_alpha(palette)

    def write(self, frame: Frame) -> None:
        """Append a frame of indices."""
        self._encode(_picture(frame, self._colours))


class Mp4Writer(_StreamWriter):
    """Writes an H.264 video that every browser plays, of indices of a palette, or of RGB where there is none.

    quality: x264's constant rate factor, smaller is better. settings: x264's others.
    One encoding thread and the bit-exact flags make the bytes independent of the machine's load.
    """

    BT709 = 1

    SETTINGS = "me=dia:subme=1:weightp=0:b-adapt=0:no-mbtree=1"
    """Pictures here change but hardly move: to search for motion only takes time.

    No macroblock trees: with their vector code (x264 core 165) the same pictures sometimes gave other bytes,
    depending on what the memory held before, though they decoded to the same pixels."""

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        centiseconds: int,
        palette: Palette | None = None,
        quality: int = 20,
        settings: str = SETTINGS,
    ) -> None:
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        stream = self._container.add_stream("libx264", rate=Fraction(100, centiseconds))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "preset": "veryfast",
            "tune": "animation",
            "crf": str(quality),
            "x264-params": settings,
        }
        codec = stream.codec_context
        codec.thread_count = 1
        codec.flags |= Flags.bitexact.value
        codec.colorspace = codec.color_primaries = codec.color_trc = self.BT709
        self._stream = stream
        self._colours = None if palette is None else _with_alpha(palette)

    def write(self, frame: Frame) -> None:
        """Append a frame, of indices or of RGB."""
        picture = _picture(frame, self._colours).reformat(format="yuv420p", dst_colorspace="itu709")
        self._encode(picture)
