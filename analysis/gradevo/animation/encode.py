"""Frames of palette indices to GIF and MP4, frame by frame, the same bytes every time."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image

from gradevo.animation.palette import PALETTE, TRANSPARENT

Frame = NDArray[np.uint8]
"""(height, width) uint8: indices of `PALETTE`."""

OPAQUE = np.insert(PALETTE, 0, 255, axis=1)
"""The palette as PyAV wants it: alpha, red, green, blue."""


class GifWriter:
    """Writes an endlessly repeated GIF; after the first frame, only the pixels that changed.

    Pillow's own writer keeps all frames until the end; here one frame is held.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._file = path.open("wb")
        self._last: Frame | None = None
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + PALETTE.tobytes())
        self._file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")

    def write(self, frame: Frame, centiseconds: int) -> None:
        """Append a frame that stays for so long."""
        pixels, corner = frame, (0, 0)
        if self._last is not None:
            pixels, corner = _difference(self._last, frame)
        image = Image.fromarray(pixels)
        for block in GifImagePlugin.getdata(
            image, corner, duration=10 * centiseconds, transparency=TRANSPARENT, disposal=1
        ):
            self._file.write(block)
        self._last = frame

    def close(self) -> None:
        """Finish the file."""
        self._file.write(b";")
        self._file.close()


def _difference(before: Frame, after: Frame) -> tuple[Frame, tuple[int, int]]:
    """The smallest rectangle that holds all changes, and its left and top.

    Unchanged pixels are transparent; without any change it is a single such pixel.
    """
    changed = before != after
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(rows):
        return np.full((1, 1), TRANSPARENT, dtype=np.uint8), (0, 0)
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixels = np.where(changed[area], after[area], np.uint8(TRANSPARENT))
    return pixels, (int(columns[0]), int(rows[0]))


class Mp4Writer:
    """Writes an H.264 video that every browser plays.

    One encoding thread and the bit-exact flags make the bytes independent of the machine's load.
    """

    BT709 = 1

    def __init__(self, path: Path, width: int, height: int, centiseconds: int) -> None:
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        stream = self._container.add_stream("libx264", rate=Fraction(100, centiseconds))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "veryfast", "tune": "animation", "crf": "20"}
        codec = stream.codec_context
        codec.thread_count = 1
        codec.flags |= Flags.bitexact.value
        codec.colorspace = codec.color_primaries = codec.color_trc = self.BT709
        self._stream = stream

    def write(self, frame: Frame) -> None:
        """Append a frame."""
        indexed: Any = (frame, OPAQUE)  # PyAV's type stubs do not know palettes
        picture = av.VideoFrame.from_ndarray(indexed, format="pal8")
        picture = picture.reformat(format="yuv420p", dst_colorspace="itu709")
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Encode what is still waiting and finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
