"""From a statistics file to a GIF and an MP4."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from gradevo.animation.canvas import Canvas
from gradevo.animation.encode import Frame, GifWriter, Mp4Writer
from gradevo.animation.maps import KINDS, epoch_maps, largest, levels
from gradevo.animation.palette import WHITE
from gradevo.figures.style import house_style
from gradevo.statistics import Statistics
from gradevo.whole import whole

SECONDS = 20
"""A long animation plays for about so long; a short one gives every epoch a second."""

HOLD = 200
"""The GIF's last frame stays longer before it starts again, in centiseconds."""


def animate(statistics_path: str | Path, gif_path: str | Path, mp4_path: str | Path) -> None:
    """Draw a run's statistics file as a GIF and as an MP4, one frame an epoch.

    Memory does not grow with the number of epochs. Either file appears under its name only when
    both are complete; the same statistics give the same bytes.
    Raises `GradevoError` if the statistics file cannot be read.
    """
    with (
        Statistics(statistics_path) as statistics,
        whole(Path(gif_path)) as gif,
        whole(Path(mp4_path)) as mp4,
    ):
        _write(statistics, gif, mp4)


def frames(statistics: Statistics, canvas: Canvas) -> Iterator[Frame]:
    """Yield the frames of all epochs; a run without a complete epoch gets one that says so."""
    peaks = largest(epoch_maps(statistics, canvas.sizes))
    for epoch, maps in enumerate(epoch_maps(statistics, canvas.sizes), start=1):
        yield canvas.frame(epoch, {tensor: levels(maps[tensor], peaks[tensor]) for tensor in maps})
    if not statistics.epochs:
        blank = np.full((len(KINDS), 1, 1), WHITE, dtype=np.uint8)
        yield canvas.frame(0, dict.fromkeys(canvas.sizes, blank))


def centiseconds(epochs: int) -> int:
    """How long a frame stays: a second, or less in animations of more than `SECONDS` epochs."""
    return max(2, min(100, 100 * SECONDS // max(epochs, 1)))


@house_style()
def _write(statistics: Statistics, gif_path: Path, mp4_path: Path) -> None:
    canvas = Canvas(statistics)
    pace = centiseconds(statistics.epochs)
    with (
        closing(GifWriter(gif_path, canvas.width, canvas.height, pace, HOLD)) as gif,
        closing(Mp4Writer(mp4_path, canvas.width, canvas.height, pace)) as mp4,
    ):
        for frame in frames(statistics, canvas):
            gif.write(frame)
            mp4.write(frame)
