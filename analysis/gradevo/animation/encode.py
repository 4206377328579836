"""Frames of palette indices to GIF and MP4, frame by frame, the same bytes every time."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from gradevo.animation.palette import PALETTE, TRANSPARENT

Frame = NDArray[np.uint8]
"""(height, width) uint8: indices of `PALETTE`."""

ALPHA = np.where(np.arange(len(PALETTE)) == TRANSPARENT, 0, 255).astype(np.uint8)
COLOURS = np.column_stack([ALPHA, PALETTE])
"""The palette as PyAV wants it: alpha, red, green, blue."""


def _picture(frame: Frame) -> av.VideoFrame:
    indexed: Any = (frame, COLOURS)  # PyAV's type stubs do not know palettes
    return av.VideoFrame.from_ndarray(indexed, format="pal8")


class GifWriter:
    """Writes an endlessly repeated GIF, a frame every so many centiseconds.

    The frames' palette is the file's: colours are exact. After the first frame only the
    pixels that changed are stored. The last frame stays `hold` centiseconds longer.
    """

    def __init__(self, path: Path, width: int, height: int, centiseconds: int, hold: int) -> None:
        options = {"loop": "0", "final_delay": str(centiseconds + hold), "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="gif", options=options)
        stream = self._container.add_stream("gif", rate=Fraction(100, centiseconds))
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        self._stream = stream

    def write(self, frame: Frame) -> None:
        """Append a frame."""
        self._container.mux(self._stream.encode(_picture(frame)))

    def close(self) -> None:
        """Encode what is still waiting and finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


class Mp4Writer:
    """Writes an H.264 video that every browser plays.

    One encoding thread and the bit-exact flags make the bytes independent of the machine's load.
    """

    BT709 = 1

    STILL = "me=dia:subme=1:weightp=0:b-adapt=0"
    """Heatmaps change but never move: to search for motion only takes time."""

    def __init__(self, path: Path, width: int, height: int, centiseconds: int) -> None:
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        stream = self._container.add_stream("libx264", rate=Fraction(100, centiseconds))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "veryfast", "tune": "animation", "crf": "20", "x264-params": self.STILL}
        codec = stream.codec_context
        codec.thread_count = 1
        codec.flags |= Flags.bitexact.value
        codec.colorspace = codec.color_primaries = codec.color_trc = self.BT709
        self._stream = stream

    def write(self, frame: Frame) -> None:
        """Append a frame."""
        picture = _picture(frame).reformat(format="yuv420p", dst_colorspace="itu709")
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Encode what is still waiting and finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
