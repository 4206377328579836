"""Frames to GIF and MP4, frame by frame, the same bytes every time."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.pictures.film.palette import Quantiser, with_alpha

HOLD = 200
"""A GIF's last frame stays longer before it starts again, in centiseconds."""


SECONDS = 20
"""So long plays a film with a frame per epoch, or shorter: no epoch stays longer than a second.

Only beyond 1,000 epochs does it play longer: browsers show no more than 50 frames of a GIF a second.
"""


def pace(epochs: int) -> int:
    """How long an epoch's frame stays, in centiseconds: at most a second, at least 2.

    >>> pace(10), pace(500)
    (100, 4)
    """
    return max(2, min(100, 100 * SECONDS // max(epochs, 1)))


def write_film(
    frames: Iterable[NDArray[np.uint8]],
    gif: str | Path,
    mp4: str | Path,
    palette: NDArray[np.uint8],
    centiseconds: int,
    hold: int = HOLD,
) -> None:
    """Write frames of one size and kind, each of which stays for that long, as GIF and as MP4.

    Both files are written at once, while the next frame is drawn: no more than two frames are in memory, and
    a frame must not be changed once it was yielded. Either file appears under its name only when both are
    complete; the same frames give the same bytes.

    Args:
        frames: at least one, of indices of the palette, which the GIF then shows exactly, or of RGB, which it
            shows in the nearest colours of the palette.
        palette: the GIF's colours.
        centiseconds: how long a frame stays.
        hold: how much longer the GIF's last frame stays, in centiseconds.

    The first error of `frames` or of a writer is raised as it is.
    """
    every = iter(frames)
    first = next(every)
    with (
        atomic_file(Path(gif)) as gif_path,
        atomic_file(Path(mp4)) as mp4_path,
        closing(GifWriter(gif_path, first, palette, centiseconds, hold)) as gif_writer,
        closing(Mp4Writer(mp4_path, first, palette, centiseconds)) as mp4_writer,
        ThreadPoolExecutor(2, "encode") as threads,
    ):
        writing: list[Future[None]] = []
        for frame in chain([first], every):
            for future in writing:
                future.result()
            writing = [threads.submit(writer.write, frame) for writer in (gif_writer, mp4_writer)]
        for future in writing:
            future.result()


def _picture(frame: NDArray[np.uint8], colours: NDArray[np.uint8]) -> av.VideoFrame:
    if frame.ndim == 3:
        return av.VideoFrame.from_ndarray(frame, format="rgb24")
    indexed: Any = (frame, colours)  # PyAV's type stubs do not know palettes
    return av.VideoFrame.from_ndarray(indexed, format="pal8")


class _StreamWriter:
    """A file with one stream of pictures, which its subclasses open."""

    _container: av.container.OutputContainer
    _stream: av.VideoStream
    _colours: NDArray[np.uint8]

    def _encode(self, picture: av.VideoFrame | None) -> None:
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Encode what is still waiting and finish the file."""
        self._encode(None)
        self._container.close()


class GifWriter(_StreamWriter):
    """Writes an endlessly repeated GIF, a frame every so many centiseconds.

    The palette is the file's: colours of indices are exact, those of RGB the nearest. After the first frame
    only the pixels that changed are stored. The last frame stays `hold` centiseconds longer.
    """

    def __init__(
        self,
        path: Path,
        first: NDArray[np.uint8],
        palette: NDArray[np.uint8],
        centiseconds: int,
        hold: int = HOLD,
    ) -> None:
        """`first`: a frame, whose size and kind are those of all."""
        options = {"loop": "0", "final_delay": str(centiseconds + hold), "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="gif", options=options)
        stream = self._container.add_stream("gif", rate=Fraction(100, centiseconds))
        (stream.height, stream.width), stream.pix_fmt = first.shape[:2], "pal8"
        self._stream = stream
        self._colours = with_alpha(palette)
        self._quantiser = Quantiser(palette, first) if first.ndim == 3 else None

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Append a frame."""
        indexed = self._quantiser.quantise(frame) if self._quantiser else (frame, self._colours)
        self._encode(_picture(*indexed))


class Mp4Writer(_StreamWriter):
    """Writes an H.264 video that every browser plays.

    One encoding thread and the bit-exact flags make the bytes independent of the machine's load.
    """

    BT709 = 1

    SHADES = 20, "me=dia:subme=1:weightp=0:b-adapt=0:no-mbtree=1"
    """Constant rate factor (smaller is better) and x264's other settings, for frames of indices.

    Their pixels change but hardly move: to search for motion only takes time. No macroblock trees: with
    their vector code (x264 core 165) the same pictures sometimes gave other bytes, depending on what the
    memory held before, though they decoded to the same pixels."""

    LINES = 27, "me=dia:subme=2:weightp=0:b-adapt=0:bframes=5:b-pyramid=normal:ref=3:no-mbtree=1"
    """The same for RGB: letters and thin lines stay sharp, and come back where they were, so looking at more
    pictures before and after takes no longer and saves a third of the bytes."""

    def __init__(
        self, path: Path, first: NDArray[np.uint8], palette: NDArray[np.uint8], centiseconds: int
    ) -> None:
        """`first`: a frame, whose size and kind are those of all."""
        quality, settings = self.SHADES if first.ndim == 2 else self.LINES
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        stream = self._container.add_stream("libx264", rate=Fraction(100, centiseconds))
        (stream.height, stream.width), stream.pix_fmt = first.shape[:2], "yuv420p"
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
        self._colours = with_alpha(palette)

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Append a frame."""
        self._encode(_picture(frame, self._colours).reformat(format="yuv420p", dst_colorspace="itu709"))
