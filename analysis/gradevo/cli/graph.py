"""The layer graph of a run as data, figure and animation."""

from pathlib import Path

from gradevo.config import Thresholds
from gradevo.health import findings, health_lines
from gradevo.pictures.layer_graph import animate_graph, draw, graph_values, write_graph
from gradevo.pictures.style.save import save
from gradevo.statistics import Statistics

STEM = "graph"


def draw_graph(
    statistics_path: Path,
    json_path: Path,
    folder: Path,
    gif: Path,
    mp4: Path,
    threshold: float,
    relative: bool,
    thresholds: Thresholds,
) -> list[str]:
    """Write ``graph.json``, ``graph.png`` and ``graph.pdf`` in the folder, GIF and MP4.

    Returns the findings, a line each. Raises `GradevoError` if the statistics file cannot be read.
    """
    with Statistics(statistics_path) as run:
        found = findings(run, thresholds)
        values = graph_values(run, found, threshold, relative)
        write_graph(json_path, run, values)
        save(draw(run, values), folder, STEM)
        animate_graph(run, values, gif, mp4)
    return health_lines(found)
