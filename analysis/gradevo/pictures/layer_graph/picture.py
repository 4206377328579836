"""The layer graph of a run as data, figure and film."""

from gradevo.config.experiment import Graph
from gradevo.health.finding import Finding
from gradevo.health.record import findings, read_health
from gradevo.pictures.layer_graph.animation import animate_graph
from gradevo.pictures.layer_graph.document import write_graph
from gradevo.pictures.layer_graph.figure import draw
from gradevo.pictures.layer_graph.values import graph_values
from gradevo.pictures.picture import Material, Picture, film_files
from gradevo.pictures.style.save import save
from gradevo.statistics.store import Statistics


def draw_graph(material: Material) -> None:
    """Write ``graph.json``, ``.png``, ``.pdf``, ``.gif`` and ``.mp4`` of a statistics file into the folder.

    The findings are those of the same seed in ``material.health``, else judged by the default thresholds.
    Raises `GradevoError` if a file cannot be read.
    """
    threshold = Graph().threshold if material.threshold is None else material.threshold
    gif, mp4 = (material.folder / file for file in film_files("graph"))
    with Statistics(material.files[0]) as run:
        values = graph_values(run, _findings(run, material), threshold, material.relative)
        write_graph(material.folder / "graph.json", run, values)
        save(draw(run, values), material.folder, "graph")
        animate_graph(run, values, gif, mp4)


def _findings(run: Statistics, material: Material) -> list[Finding]:
    if material.health is None:
        return findings(run)
    judged = [health for health in read_health(material.health) if health.seed == run.seed]
    return list(judged[0].findings) if judged else findings(run)


PICTURE = Picture(
    "graph",
    needs="statistics",
    asked="graph",
    files=("graph.json", "graph.png", "graph.pdf", *film_files("graph")),
    draw=draw_graph,
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
    "epochs in the figure.",
)
