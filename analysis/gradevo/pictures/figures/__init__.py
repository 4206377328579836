"""Matplotlib figures of statistics files, one module a figure."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from matplotlib.figure import Figure

from gradevo.pictures.figures import elements, loss, norms, steps
from gradevo.pictures.style.save import save
from gradevo.statistics import Statistics

__all__ = ["FIGURES", "draw_all", "save"]

Draw = Callable[[Sequence[Statistics]], Figure]

FIGURES: dict[str, Draw] = {
    "loss": loss.draw,
    "gradient_norms": norms.draw,
    "highest_elements": elements.draw,
    "batch_norms": steps.draw,
}
"""The functions that draw, by the stem of the file; each takes the runs of one experiment, one a seed."""


def draw_all(
    statistics_paths: Sequence[str | Path], folder: str | Path, figures: Mapping[str, Draw] = FIGURES
) -> list[Path]:
    """Draw figures of an experiment from its statistics files, one a seed; all usual ones by default.

    Writes ``<stem>.png`` and ``<stem>.pdf`` for every stem of `figures` and returns the paths.
    Raises `GradevoError` if a statistics file cannot be read.
    """
    with ExitStack() as files:
        runs = [files.enter_context(Statistics(path)) for path in statistics_paths]
        return [path for stem, draw in figures.items() for path in save(draw(runs), Path(folder), stem)]
