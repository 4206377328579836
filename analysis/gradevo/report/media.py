"""Pictures and films, copied into the report at a size that a page can bear."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from gradevo.errors import GradevoError

COLOURS = 64
"""Of a copied figure: lines, letters and bands look the same, and as lossless WebP the file has a sixth of
the bytes of the PNG, with as many pixels."""

POSTER = 800
"""Largest width of a poster, in pixels."""

POSTER_QUALITY = 70
"""Of lossy WebP."""


@dataclass(frozen=True)
class Picture:
    """A picture in the report."""

    file: str
    """address relative to the report's folder"""
    width: int
    height: int


@dataclass(frozen=True)
class Film:
    """A moving picture in the report, with the still one that stands for it."""

    file: str
    video: bool
    """MP4, otherwise GIF"""
    poster: Picture
    """with the width and height of the film"""


class Media:
    """The folder ``media/`` of a report; files of one experiment have its name in front."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "media").mkdir(parents=True, exist_ok=True)

    def picture(self, source: Path, name: str) -> Picture:
        """Copy a PNG, with fewer colours and no metadata. Raises GradevoError if it is none."""
        try:
            with Image.open(source) as image:
                few = _on_white(image).quantize(
                    COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
                )
        except OSError as error:
            raise _unreadable(source, "a picture", error) from error
        picture = Picture(f"media/{name}.webp", *few.size)
        few.convert("RGB").save(self._folder / picture.file, "WEBP", lossless=True, method=3)
        return picture

    def film(self, mp4: Path | None, gif: Path | None, name: str) -> Film:
        """Copy the MP4, or the GIF where there is none, and make a poster of its last picture.

        Raises GradevoError if the file cannot be decoded.
        """
        source = mp4 or gif
        if source is None:
            raise ValueError("a film is an MP4 or a GIF")
        try:
            last = _last_frame(mp4) if mp4 else _last_of_gif(source)
        except (OSError, av.FFmpegError) as error:
            raise _unreadable(source, "a film", error) from error
        film = f"media/{name}{source.suffix}"
        shutil.copyfile(source, self._folder / film)
        return Film(film, mp4 is not None, self._poster(last, name))

    def _poster(self, image: Image.Image, name: str) -> Picture:
        poster = Picture(f"media/{name}-poster.webp", *image.size)
        if image.width > POSTER:
            height = round(image.height * POSTER / image.width)
            image = image.resize((POSTER, height), Image.Resampling.LANCZOS)
        image.save(self._folder / poster.file, "WEBP", quality=POSTER_QUALITY, method=4)
        return poster


def _unreadable(source: Path, kind: str, error: Exception) -> GradevoError:
    return GradevoError(f"{source}: expected {kind}, found none ({error}); draw it again")


def _on_white(image: Image.Image) -> Image.Image:
    """In RGB; transparent parts become white."""
    if image.mode == "RGB":
        return image
    opaque = image.convert("RGBA")
    page = Image.new("RGBA", opaque.size, "white")
    page.alpha_composite(opaque)
    return page.convert("RGB")


def _last_frame(path: Path) -> Image.Image:
    """The last picture of a video, found from the last key frame on."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise OSError("no video stream")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        if stream.duration:
            container.seek(stream.duration, stream=stream, backward=True)
        last = None
        for frame in container.decode(stream):
            last = frame
        if last is None:
            raise OSError("no picture in it")
        return Image.fromarray(last.to_ndarray(format="rgb24"))


def _last_of_gif(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.seek(getattr(image, "n_frames", 1) - 1)
        return image.convert("RGB")
