"""The layer graph through the epochs, as GIF and MP4."""

from pathlib import Path

import numpy as np

from gradevo.pictures.film.film import film
from gradevo.pictures.film.pace import centiseconds
from gradevo.pictures.layer_graph.figure import GraphFigure, prepare
from gradevo.pictures.layer_graph.labels import word_of
from gradevo.pictures.layer_graph.scale import scale_of
from gradevo.pictures.layer_graph.values import GraphValues
from gradevo.pictures.style.house import house_style
from gradevo.statistics.store import Statistics

FRAMES = 200
"""At most about so many epochs are shown; of longer runs every k-th and the last one."""


@house_style()
def animate_graph(run: Statistics, values: GraphValues, gif: str | Path, mp4: str | Path) -> None:
    """Draw a run's layer graph as a GIF and as an MP4, a frame an epoch.

    Sizes, widths, colours, dashes and findings are those of the epoch; places and scales are fixed over the
    run. Either file appears under its name only when both are complete; the same values give the same bytes.
    A run without a complete epoch gets one frame, without values.
    """
    epochs = shown_epochs(values.epochs)
    drawn = prepare(
        run, values, (scale_of(values.node_norms), scale_of(values.edge_norms)), *_remarks(epochs)
    )
    frames = _Frames(drawn, values, epochs)
    moving = [drawn.title, *drawn.artists.moving]
    film(
        drawn.figure,
        frames.show,
        max(len(epochs), 1),
        gif,
        mp4,
        centiseconds=centiseconds(len(epochs)),
        moving=moving,
    )


def shown_epochs(epochs: int) -> list[int]:
    """The epochs, from 1, that get a frame: every k-th, where k is 1 for up to `FRAMES`, and the last."""
    every = max(1, -(-epochs // FRAMES))
    return sorted({*range(1, epochs + 1, every), epochs} - {0})


def _remarks(epochs: list[int]) -> list[str]:
    if len(epochs) < 2 or epochs[1] == 2:
        return ["means over each epoch"]
    return ["means over each epoch", f"shown: epochs 1, {epochs[1]}, {epochs[2]}, …, {epochs[-1]}"]


class _Frames:
    """Shows any frame, whatever was shown before."""

    def __init__(self, drawn: GraphFigure, values: GraphValues, epochs: list[int]) -> None:
        self._drawn, self._values, self._epochs = drawn, values, epochs
        self._nodes, self._edges = values.node_norms, values.edge_norms
        self._title = drawn.title.get_text()

    def show(self, frame: int) -> None:
        """Show the frame of that number, from 0."""
        if not self._epochs:
            unknown = np.full(max(len(self._values.nodes), len(self._values.edges)), np.nan)
            self._drawn.title.set_text(f"{self._title} · no complete epoch")
            self._drawn.artists.show(unknown, unknown, [{} for _ in self._values.nodes])
            return
        epoch = self._epochs[frame]
        ill: list[dict[str, list[str]]] = [
            {found.check: [word_of(found.check)] for found in node.findings if epoch in found.epochs}
            for node in self._values.nodes
        ]
        self._drawn.title.set_text(f"{self._title} · epoch {epoch} of {self._values.epochs}")
        self._drawn.artists.show(self._nodes[epoch - 1], self._edges[epoch - 1], ill)
