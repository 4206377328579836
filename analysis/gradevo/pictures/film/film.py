"""A figure whose artists are updated, frame by frame, to GIF and MP4."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradevo.pictures.film.encode import HOLD, write_film
from gradevo.pictures.film.palette import palette_of
from gradevo.pictures.film.stage import Stage
from gradevo.pictures.style.house import house_style

SAMPLES = 7
"""At most this many frames, from first to last, decide the GIF's colours."""


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

    def pictures(wanted: Iterable[int]) -> Iterator[NDArray[np.uint8]]:
        for frame in wanted:
            update(frame)
            yield stage.picture()

    palette = palette_of(list(pictures(_sample(frames))))
    write_film(pictures(range(frames)), gif, mp4, palette, centiseconds, hold)


def _sample(frames: int) -> list[int]:
    """At most `SAMPLES` frames, evenly from the first to the last."""
    return sorted({round(place * (frames - 1) / (SAMPLES - 1)) for place in range(SAMPLES)})
