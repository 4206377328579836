"""All pictures, in the order in which a page shows them.

To add one is to add a module with a ``PICTURE`` and its line here: commands, rules of the workflow, pages and
captions follow.
"""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

from gradevo.errors import GradevoError
from gradevo.pictures.picture import Picture

CATALOGUE: tuple[tuple[str, str], ...] = (
    ("figures", "figures.loss"),
    ("animation", "heatmaps.film"),
    ("flow", "examples.decision_surface.picture"),
    ("fit", "examples.curve_fit.picture"),
    ("descent", "examples.descent.picture"),
    ("convergence", "examples.decision_surface.convergence"),
    ("figures", "figures.norms"),
    ("figures", "figures.depth"),
    ("figures", "figures.elements"),
    ("figures", "figures.steps"),
    ("figures", "figures.similarity"),
    ("figures", "figures.path"),
    ("figures", "figures.distributions"),
    ("updates", "figures.updates"),
    ("through_time", "figures.through_time"),
    ("graph", "layer_graph.picture"),
    ("evolution", "figures.evolution"),
    ("descents", "examples.descent.descents"),
)
"""(job, module in this package): what one job draws takes one start of Python and matplotlib."""


def jobs() -> dict[str, list[Picture]]:
    """Name of a job -> its pictures."""
    return {job: pictures_of(job) for job, _ in CATALOGUE}


def pictures_of(job: str) -> list[Picture]:
    """The pictures that one job draws. Raises `GradevoError` for a job that is unknown."""
    return [_picture(module) for module in modules_of(job)]


@cache
def pictures() -> dict[str, Picture]:
    """Stem -> picture, in the order of pages."""
    every = (_picture(f"{__package__}.{module}") for _, module in CATALOGUE)
    return {picture.stem: picture for picture in every}


def modules_of(job: str) -> list[str]:
    """Full names of the modules of a job's pictures. Raises `GradevoError` for a job that is unknown."""
    found = [f"{__package__}.{module}" for name, module in CATALOGUE if name == job]
    if not found:
        known = ", ".join(dict.fromkeys(name for name, _ in CATALOGUE))
        raise GradevoError(f"picture: expected one of {known}, found {job}")
    return found


def write_captions(folder: Path) -> None:
    """Write every caption as ``<stem>.rst`` for Snakemake's own report; equal files are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures().values():
        path, text = folder / f"{picture.stem}.rst", caption_rst(picture)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")


def caption_rst(picture: Picture) -> str:
    """A caption as reStructuredText."""
    words = f"{picture.seen}\n\n{picture.computed}".strip()
    return re.sub(r"([|*`\\])", r"\\\1", words) + "\n"


def _picture(module: str) -> Picture:
    picture: Picture = import_module(module).PICTURE
    return picture
