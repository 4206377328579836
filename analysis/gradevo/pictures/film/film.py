"""A figure whose artists are updated, frame by frame, to GIF and MP4."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from gradevo.atomic import atomic_file
from gradevo.pictures.film.encode import HOLD, Frame, GifWriter, Mp4Writer, write_all
from gradevo.pictures.film.palette import Indexer, palette_of
from gradevo.pictures.film.stage import Stage
from gradevo.pictures.style.house import house_style

SAMPLES = 7
"""So many frames, from first to last, decide the GIF's colours."""

QUALITY = 27
"""Of the MP4, as a constant rate factor: letters and thin lines stay sharp."""

SETTINGS = "me=dia:subme=2:weightp=0:b-adapt=0:bframes=5:b-pyramid=normal:ref=3:no-mbtree=1"
"""Of x264: lines and letters come back where they were, so looking at more pictures before and after takes no
longer and saves a third of the bytes. Why no macroblock trees: see `Mp4Writer`."""


@house_style()
def film(
    figure: Figure,
    update: Callable[[int], object],
    frames: int,
    gif: str | Path,
    mp4: str | Path,
    *,
    centiseconds: int,
    hold: int = HOLD,
    moving: Sequence[Artist] | None = None,
) -> None:
    """Film a figure: ``update(i)``, then a picture, for i from 0 to ``frames - 1``.

    figure: of `new_figure`; a pixel is a dot of `figure.dpi`. Its layout is that of frame 0.
    update: changes artists that exist already, whatever frame was shown before: the frames that decide the
        GIF's colours are drawn first.
    centiseconds: how long a frame stays. hold: how much longer the GIF's last one stays.
    moving: the artists that `update` changes, if it is to be fast; see `Stage`.

    Memory does not grow with the frames. Either file appears under its name only when both are complete;
    the same pixels give the same bytes. Raises ValueError for no frames at all.
    """
    if frames < 1:
        raise ValueError("a film needs at least one frame")
    update(0)
    stage = Stage(figure, moving)

    def pictures(wanted: Iterable[int]) -> Iterator[Frame]:
        for frame in wanted:
            update(frame)
            yield stage.picture()

    height, width = stage.picture().shape[:2]
    palette = palette_of(pictures(_sample(frames)))
    with (
        atomic_file(Path(gif)) as gif_path,
        atomic_file(Path(mp4)) as mp4_path,
        closing(_GifOfRgb(gif_path, width, height, centiseconds, hold, palette)) as gif_writer,
        closing(
            Mp4Writer(mp4_path, width, height, centiseconds, quality=QUALITY, settings=SETTINGS)
        ) as mp4_writer,
    ):
        write_all(pictures(range(frames)), (gif_writer, mp4_writer))


class _GifOfRgb(GifWriter):
    """A GIF of frames of RGB, each pixel in the nearest colour of the palette."""

    def __init__(self, path: Path, width: int, height: int, centiseconds: int, hold: int, palette: Frame):
        super().__init__(path, width, height, centiseconds, palette, hold)
        self._indexer = Indexer(palette)

    def write(self, frame: Frame) -> None:
        super().write(self._indexer.indices(frame))


def _sample(frames: int) -> list[int]:
    """At most `SAMPLES` frames, evenly from the first to the last."""
    return sorted({round(place * (frames - 1) / (SAMPLES - 1)) for place in range(SAMPLES)})
