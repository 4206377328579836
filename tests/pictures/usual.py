"""The usual figures of an experiment, as functions, and drawn as the command draws them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from gradevo.pictures.catalogue import modules_of, pictures_of
from gradevo.pictures.figures import (
    depth,
    distributions,
    elements,
    loss,
    norms,
    path,
    similarity,
    steps,
    updates,
)
from gradevo.pictures.picture import Material
from gradevo.statistics.store import Statistics

OF_ALL_SEEDS, OF_FIRST_SEED = (loss, norms, depth, elements, steps), (similarity, path, distributions)


def _of_first(draw: Callable[[Statistics], Figure]) -> Callable[[Sequence[Statistics]], Figure]:
    return lambda runs: draw(runs[0])


FIGURES = {module.PICTURE.stem: module.draw for module in (*OF_ALL_SEEDS, updates)}
"""Those of all seeds, with that of updates, which is drawn where they are recorded."""
ALL_FIGURES = FIGURES | {module.PICTURE.stem: _of_first(module.draw) for module in OF_FIRST_SEED}

assert sorted(module.__name__ for module in (*OF_ALL_SEEDS, *OF_FIRST_SEED)) == sorted(modules_of("figures"))


def draw_all(statistics: Sequence[Path], folder: Path) -> list[Path]:
    """Draw all of them into ``folder/figures``."""
    material = Material(statistics, folder)
    for picture in pictures_of("figures"):
        picture.draw(material)
    return [path for picture in pictures_of("figures") for path in picture.paths(folder)]
