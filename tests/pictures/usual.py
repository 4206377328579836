"""The usual figures of an experiment, as functions, and drawn as the command draws them."""

from collections.abc import Sequence
from pathlib import Path

from gradevo.pictures.catalogue import modules_of, pictures_of
from gradevo.pictures.figures import depth, elements, loss, norms, steps, updates
from gradevo.pictures.picture import Material

MODULES = (loss, norms, depth, elements, steps)
FIGURES = {module.PICTURE.stem: module.draw for module in (*MODULES, updates)}
"""With that of updates, which is drawn where they are recorded."""

assert sorted(module.__name__ for module in MODULES) == sorted(modules_of("figures"))


def draw_all(statistics: Sequence[Path], folder: Path) -> list[Path]:
    """Draw all of them into ``folder/figures``."""
    material = Material(statistics, folder)
    for picture in pictures_of("figures"):
        picture.draw(material)
    return [path for picture in pictures_of("figures") for path in picture.paths(folder)]
