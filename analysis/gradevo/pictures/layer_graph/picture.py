"""The layer graph of a run as data, figure and film through the epochs."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gradevo.config.experiment import Graph
from gradevo.health.record import findings, read_health
from gradevo.pictures.film.encode import pace
from gradevo.pictures.film.film import film
from gradevo.pictures.layer_graph.document import write_graph
from gradevo.pictures.layer_graph.figure import GraphFigure, draw
from gradevo.pictures.layer_graph.labels import word_of
from gradevo.pictures.layer_graph.style import scale_of
from gradevo.pictures.layer_graph.values import GraphValues, graph_values
from gradevo.pictures.picture import Material, Picture, film_files
from gradevo.pictures.style.house import house_style
from gradevo.pictures.style.save import save
from gradevo.statistics.store import Statistics

FRAMES = 200  # about the most; of longer runs every k-th epoch is shown, and the last one


def draw_graph(material: Material) -> None:
    """Write ``graph.json``, ``.png``, ``.pdf``, ``.gif`` and ``.mp4`` of a statistics file into the folder.

    The findings are those of the same seed in ``material.health``, else judged by the default thresholds.
    Raises `GradevoError` if a file cannot be read.
    """
    gif, mp4 = (material.folder / file for file in film_files("graph"))
    with Statistics(material.files[0]) as run:
        values = _values(run, material)
        write_graph(material.folder / "graph.json", run, values)
        save(draw(run, values), material.folder, "graph")
        animate_graph(run, values, gif, mp4)


def _values(run: Statistics, material: Material) -> GraphValues:
    threshold = Graph().threshold if material.threshold is None else material.threshold
    judged = read_health(material.health) if material.health else ()
    own = [health.findings for health in judged if health.seed == run.seed]
    return graph_values(run, own[0] if own else findings(run), threshold, material.relative)


def _figure(material: Material) -> Figure:
    with Statistics(material.files[0]) as run:
        return draw(run, _values(run, material))


@house_style()
def animate_graph(run: Statistics, values: GraphValues, gif: str | Path, mp4: str | Path) -> None:
    """Draw a run's layer graph as a GIF and as an MP4, a frame per epoch.

    Sizes, widths, colours, dashes and findings are those of the epoch; positions and scales are fixed over
    the run. Either file appears under its name only when both are complete; the same values give the same
    bytes. A run without a complete epoch gets one frame, without values.
    """
    epochs = shown_epochs(values.epochs)
    remarks = ["means over each epoch"]
    if len(epochs) > 1 and epochs[1] > 2:
        remarks.append(f"shown: epochs 1, {epochs[1]}, {epochs[2]}, …, {epochs[-1]}")
    nodes, edges = values.node_norms, values.edge_norms
    drawn = GraphFigure(run, values, (scale_of(nodes), scale_of(edges)), *remarks)
    title = drawn.title.get_text()

    def show(frame: int) -> None:
        if not epochs:
            drawn.title.set_text(f"{title} · no complete epoch")
            unknown = np.full(max(len(values.nodes), len(values.edges)), np.nan)
            drawn.show(unknown, unknown, [{}] * len(values.nodes))
            return
        epoch = epochs[frame]
        found = [
            {one.check: [word_of(one.check)] for one in node.findings if epoch in one.epochs}
            for node in values.nodes
        ]
        drawn.title.set_text(f"{title} · epoch {epoch} of {values.epochs}")
        drawn.show(nodes[epoch - 1], edges[epoch - 1], found)

    frames, stay = max(len(epochs), 1), pace(len(epochs))
    film(drawn.figure, show, frames, gif, mp4, centiseconds=stay, moving=drawn.moving)


def shown_epochs(epochs: int) -> list[int]:
    """The epochs, from 1, that get a frame: every k-th, where k is 1 for up to `FRAMES`, and the last."""
    every = max(1, -(-epochs // FRAMES))
    return sorted({*range(1, epochs + 1, every), epochs} - {0})


PICTURE = Picture(
    "graph",
    needs="statistics",
    asked="graph",
    files=("graph.json", "graph.png", "graph.pdf", *film_files("graph")),
    draw=draw_graph,
    figure=_figure,
    reads_health=True,
    flags=lambda experiment: [
        f"--threshold={experiment.graph.threshold}",
        *(["--relative"] if experiment.graph.relative else []),
    ],
    heading="The layer graph",
    link="Layer graph",
    alt="Layer graph of {title}: circles are layers, sized by the norm of their gradient; arrows are "
    "connections, as wide as the gradient that flows back through them.",
    seen="A circle is a layer, its area the norm of its gradient; an arrow is a connection, its width the "
    "norm of what flows back through it: green above the threshold, red and dashed at or below it. A "
    "badge with an orange rim marks a finding of health.",
    computed="‖∂L/∂w‖₂ of all tensors of a layer as one vector and ‖∂L/∂a‖₂ of the activations a on a "
    "connection, of the first seed: means over the batches of an epoch in the animation, over all "
    "epochs in the figure. More than 48 layers are drawn small, with the names of each row's ends.",
)
