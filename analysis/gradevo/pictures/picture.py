"""What a picture is: the facts from which commands, rules, pages and captions are derived."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure

from gradevo.config.experiment import Experiment
from gradevo.errors import GradevoError
from gradevo.pictures.style.save import save
from gradevo.statistics.store import Statistics

Needs = Literal["statistics", "all statistics", "run", "all runs", "runs on a dataset", "compared statistics"]


@dataclass(frozen=True)
class Source:
    """The files that a picture is drawn from: of the first seed, or of every seed."""

    file: Literal["statistics.h5", "run.h5"]
    every_seed: bool = False
    of: Literal["experiment", "dataset", "comparison"] = "experiment"
    """one experiment, all that ask for the picture on one dataset, or all that are compared"""


SOURCES: dict[Needs, Source] = {
    "statistics": Source("statistics.h5"),
    "all statistics": Source("statistics.h5", every_seed=True),
    "run": Source("run.h5"),
    "all runs": Source("run.h5", every_seed=True),
    "runs on a dataset": Source("run.h5", of="dataset"),
    "compared statistics": Source("statistics.h5", every_seed=True, of="comparison"),
}
"""What a picture may need. Runs come with their prepared dataset."""


@dataclass(frozen=True)
class Material:
    """What a picture is drawn from.

    files: as its `Source` says. folder: of the experiment, or of the comparison. data: prepared dataset of
    runs. health: the findings, health.json. threshold, relative: for pictures that mark what is below one.
    """

    files: Sequence[Path]
    folder: Path
    data: Path | None = None
    health: Path | None = None
    threshold: float | None = None
    relative: bool = False

    @property
    def dataset(self) -> Path:
        """The prepared dataset, which every picture of runs needs. Raises `GradevoError` without one."""
        if self.data is None:
            raise GradevoError(
                f"{self.files[0]}: expected the prepared dataset of the run, found none; "
                "make it with gradevo fetch and name it (data)"
            )
        return self.data


MakeFigure = Callable[[Material], Figure]
"""The figure, without a file; of a film, its last frame."""

Draw = Callable[[Material], Iterable[str] | None]
"""Writes the picture's files into the material's folder; may return lines to print."""


@dataclass(frozen=True)
class Picture:
    """A picture, and all that others have to know of it."""

    stem: str
    """its name, unique"""
    needs: Needs
    asked: str
    """by this word among an experiment's ``pictures`` or ``views`` it is asked for"""
    files: tuple[str, ...]
    """what is written, relative to the folder of the experiment or of the comparison"""
    draw: Draw
    figure: MakeFigure
    heading: str
    link: str
    """a word or two, for lists of contents"""
    alt: str
    """the picture in a sentence, for those who do not see it; {title} is the experiment's"""
    seen: str
    """what is seen"""
    computed: str = ""
    """how it was computed"""
    reads_health: bool = False
    needs_activation_gradients: bool = False
    needs_updates: bool = False
    """whether it is only of experiments that record their updates; others that ask for it go without"""
    flags: Callable[[Experiment], list[str]] = lambda experiment: []
    """an experiment -> its flags for ``gradevo draw``"""

    @property
    def source(self) -> Source:
        """What it is drawn from."""
        return SOURCES[self.needs]

    def asked_by(self, experiment: Experiment) -> bool:
        """Whether an experiment asks for it, and records what it shows."""
        asked = self.asked in (*experiment.pictures, *experiment.views)
        return asked and (experiment.updates or not self.needs_updates)

    @property
    def compares(self) -> bool:
        """Whether it is of several experiments, and lies in the folder of their comparison."""
        return self.source.of != "experiment"

    def paths(self, folder: Path) -> list[Path]:
        """The files, in that folder."""
        return [folder / file for file in self.files]


def figure_files(stem: str) -> tuple[str, str]:
    """A figure's files in the folder of an experiment."""
    return f"figures/{stem}.png", f"figures/{stem}.pdf"


def film_files(stem: str) -> tuple[str, str]:
    """A film's files in the folder of an experiment."""
    return f"{stem}.gif", f"{stem}.mp4"


def figure_of_all_seeds(stem: str, draw: Callable[[Sequence[Statistics]], Figure], **facts: Any) -> Picture:
    """A figure of the statistics of all seeds, ``figures/<stem>.png`` and ``.pdf``.

    facts: what else there is to say of it, the fields of `Picture`.
    """

    def figure(material: Material) -> Figure:
        with ExitStack() as files:
            return draw([files.enter_context(Statistics(path)) for path in material.files])

    def drawn(material: Material) -> None:
        save(figure(material), material.folder / "figures", stem)

    return Picture(stem, needs="all statistics", files=figure_files(stem), draw=drawn, figure=figure, **facts)


def figure_of_first_seed(stem: str, draw: Callable[[Statistics], Figure], **facts: Any) -> Picture:
    """A figure of the statistics of the first seed: what of several seeds cannot be laid over each other."""

    def figure(material: Material) -> Figure:
        with Statistics(material.files[0]) as run:
            return draw(run)

    def drawn(material: Material) -> None:
        save(figure(material), material.folder / "figures", stem)

    return Picture(stem, needs="statistics", files=figure_files(stem), draw=drawn, figure=figure, **facts)


def film_of_statistics(stem: str, draw: Callable[[Path, Path, Path], None]) -> Draw:
    """Draw a film of the first seed's statistics, ``draw(statistics, gif, mp4)``."""

    def drawn(material: Material) -> None:
        gif, mp4 = (material.folder / file for file in film_files(stem))
        draw(material.files[0], gif, mp4)

    return drawn


def film_of_a_run(stem: str, draw: Callable[[Path, Path, Path, Path], None]) -> Draw:
    """Draw a film of the first seed's run, ``draw(run, data, gif, mp4)``."""

    def drawn(material: Material) -> None:
        gif, mp4 = (material.folder / file for file in film_files(stem))
        draw(material.files[0], material.dataset, gif, mp4)

    return drawn
