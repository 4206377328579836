"""From a statistics file to a GIF and an MP4."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradevo.pictures.film.encode import pace, write_film
from gradevo.pictures.heatmaps.canvas import Canvas
from gradevo.pictures.heatmaps.maps import KINDS, epoch_maps, largest, levels, steady, tolerance
from gradevo.pictures.heatmaps.sheet import PALETTE, WHITE
from gradevo.pictures.picture import Picture, film_files, film_of_statistics
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import house_style
from gradevo.statistics.store import Statistics

DOTS = 100
"""Per inch, of a frame as a figure."""


@house_style()
def animate(statistics_path: str | Path, gif_path: str | Path, mp4_path: str | Path) -> None:
    """Draw a run's statistics file as a GIF and as an MP4, one frame an epoch.

    Memory does not grow with the number of epochs. Either file appears under its name only when
    both are complete; the same statistics give the same bytes.
    Raises `GradevoError` if the statistics file cannot be read.
    """
    with Statistics(statistics_path) as statistics:
        drawn = frames(statistics, Canvas(statistics))
        write_film(drawn, gif_path, mp4_path, PALETTE, pace(statistics.epochs))


def frames(statistics: Statistics, canvas: Canvas) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of all epochs; a run without a complete epoch gets one that says so."""
    peaks = largest(epoch_maps(statistics, canvas.sizes))
    most = tolerance(statistics.epochs)
    shown: dict[str, NDArray[np.uint8]] = {}
    for epoch, maps in enumerate(epoch_maps(statistics, canvas.sizes), start=1):
        wanted = {tensor: levels(maps[tensor], peaks[tensor]) for tensor in maps}
        shown = {tensor: steady(shown.get(tensor, level), level, most) for tensor, level in wanted.items()}
        yield canvas.frame(epoch, shown)
    if not statistics.epochs:
        blank = np.full((len(KINDS), 1, 1), WHITE, dtype=np.uint8)
        yield canvas.frame(0, dict.fromkeys(canvas.sizes, blank))


@house_style()
def last_frame(statistics_path: str | Path) -> Figure:
    """The last epoch's frame, a pixel a dot."""
    with Statistics(statistics_path) as statistics:
        for frame in frames(statistics, Canvas(statistics)):
            pixels = PALETTE[frame]
    height, width = pixels.shape[:2]
    figure = new_figure(width / DOTS, height / DOTS)
    figure.set_dpi(DOTS)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(pixels)
    return figure


PICTURE = Picture(
    "animation",
    needs="statistics",
    asked="animation",
    files=film_files("animation"),
    draw=film_of_statistics("animation", animate),
    figure=lambda material: last_frame(material.files[0]),
    heading="The gradient of every parameter",
    link="Animation",
    alt="Moving heatmaps for {title}, a frame an epoch: every tensor's gradient, dissolving gradient and "
    "accumulated gradient.",
    seen="Each row is a tensor, each column a kind of gradient: the epoch's own, what has dissolved, and "
    "what has accumulated. Dark is zero, yellow the largest value of that heatmap in all epochs.",
    computed="|g[e]|, Σ|g[i]| − |A[e]| and |A[e]|, element by element, of the first seed. Each heatmap "
    "has its own scale, fixed over the epochs; tensors larger than their heatmap are shown by the means of "
    "blocks. Of more than 48 tensors, those are shown whose ‖g[e]‖₂ is largest, smallest or most unusual.",
)
