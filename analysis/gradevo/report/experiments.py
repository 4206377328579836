"""Experiments and the comparison as the pages show them: pictures with their words, and rows of numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd

from gradevo.errors import GradevoError
from gradevo.health.record import read_health
from gradevo.numbers import count, grouped
from gradevo.pictures.catalogue import pictures
from gradevo.report.artifacts import Material
from gradevo.report.facts import Facts
from gradevo.report.media import Film, Media, Picture
from gradevo.report.tables import Cell, Table, cell, read, table
from gradevo.statistics.ensembles import Ensemble


@dataclass(frozen=True)
class Caption:
    """The words to a picture; those of the catalogue, or of the file's name for one that is not in it."""

    heading: str
    link: str
    alt: str
    seen: str
    computed: str

    @classmethod
    def of(cls, stem: str) -> Self:
        """By the stem, which may have a dataset before a slash."""
        known = pictures().get(stem.rsplit("/", 1)[-1])
        if known:
            return cls(known.heading, known.link, known.alt, known.seen, known.computed)
        words = stem.rsplit("/", 1)[-1].replace("_", " ").replace("-", " ")
        heading = words[:1].upper() + words[1:]
        alt = heading.replace("{", "{{").replace("}", "}}") + " of {title}."  # a file may have any name
        return cls(heading, heading, alt, f"{heading}.", "")


def in_order(stems: set[str]) -> list[str]:
    """Stems in the order of the catalogue; others follow by name."""
    known = [stem for stem in pictures() if stem in stems]
    return [*known, *sorted(stems.difference(known))]


@dataclass(frozen=True)
class Illustration:
    """Pictures of one kind, with their words."""

    stem: str
    caption: Caption
    picture: Picture | None
    film: Film | None

    @property
    def heading(self) -> str:
        """The caption's, with the dataset where the picture is of one: "Descents (rain)"."""
        dataset, _, stem = self.stem.rpartition("/")
        return f"{self.caption.heading} ({dataset})" if dataset and stem else self.caption.heading


@dataclass(frozen=True)
class Convergence:
    """Which seeds of a small network got below their threshold."""

    words: str
    table: Table


@dataclass(frozen=True)
class ShownExperiment:
    """An experiment as the pages know it."""

    name: str
    title: str
    file: str
    """its page"""
    facts: Facts | None
    pictures: tuple[Illustration, ...]
    convergence: Convergence | None

    @property
    def thumbnail(self) -> Picture | None:
        """A still picture that stands for it."""
        posters = (shown.film.poster for shown in self.pictures if shown.film)
        stills = (shown.picture for shown in self.pictures if shown.picture)
        return next(posters, None) or next(stills, None)

    @property
    def glance(self) -> list[tuple[str, str]]:
        """The facts, name by name."""
        if self.facts is None:
            return []
        facts = self.facts
        rows = {
            "Dataset": facts.dataset,
            "Model": facts.model,
            "Parameters": f"{grouped(facts.parameters)} in {count(facts.tensors, 'tensor')}",
            "Epochs": facts.epochs,
            "Recorded steps": facts.steps,
            "Batch size": facts.batch_size,
            "Optimizer": facts.optimizer,
            "Loss": facts.loss,
            "Seeds": ", ".join(map(str, facts.seeds)),
        }
        return [(key, value) for key, value in rows.items() if value]


def show_experiment(material: Material, ensemble: Ensemble | None, media: Media) -> ShownExperiment:
    """Copy an experiment's pictures and gather what is said of it."""
    stems = {*material.pictures, *material.videos, *material.gifs}
    pictures = tuple(_illustration(material, stem, media, f"{material.name}-") for stem in in_order(stems))
    convergence = material.tables.get("convergence")
    health = read_health(material.health) if material.health else []
    return ShownExperiment(
        name=material.name,
        title=ensemble.title if ensemble else material.name,
        file=f"experiment-{material.name}.html",
        facts=Facts(ensemble, health) if ensemble else None,
        pictures=pictures,
        convergence=_convergence(convergence) if convergence else None,
    )


def show_comparison(material: Material, media: Media) -> list[Illustration]:
    """Copy the pictures of the comparison; one of a dataset hides the same one of all."""
    of_datasets = {stem.rsplit("/", 1)[-1] for stem in material.pictures if "/" in stem}
    stems = set(material.pictures).difference(of_datasets)
    order = sorted(stems, key=lambda stem: (stem != "evolution", stem))
    return [_illustration(material, stem, media, "comparison-") for stem in order]


def _illustration(material: Material, stem: str, media: Media, prefix: str) -> Illustration:
    name = prefix + stem.replace("/", "-")
    picture = material.pictures.get(stem)
    mp4, gif = material.videos.get(stem), material.gifs.get(stem)
    return Illustration(
        stem,
        Caption.of(stem),
        media.picture(picture, name) if picture else None,
        media.film(mp4, gif, name) if mp4 or gif else None,
    )


def _convergence(path: Path) -> Convergence:
    frame = read(path)
    converged = frame.get("converged", pd.Series(dtype=object))
    if "seed" not in frame or not pd.api.types.is_bool_dtype(converged):
        raise GradevoError(
            f"{path}: expected the columns seed and converged (True or False), found others; make it again"
        )
    within = [str(seed) for seed, good in zip(frame["seed"], converged, strict=True) if good]
    stuck = [str(seed) for seed, good in zip(frame["seed"], converged, strict=True) if not good]
    words = f"{len(within) or 'None'} of {count(len(frame), 'seed')} converged"
    words += f" ({', '.join(within)})" if within else ""
    noun = "seed" if len(stuck) == 1 else "seeds"
    words += f"; the loss of {noun} {', '.join(stuck)} stayed above the threshold" if stuck else ""
    return Convergence(f"{words}.", table(frame))


@dataclass(frozen=True)
class Row:
    """An experiment in the table of the overview."""

    title: str
    file: str
    cells: tuple[Cell, ...]
    numeric: tuple[bool, ...] = (False, True, True, True, True, True, True, False, True, True, False)


def overview(experiments: Sequence[ShownExperiment]) -> Iterator[Row]:
    """The experiments that have statistics, a row each."""
    for experiment in experiments:
        facts = experiment.facts
        if facts is None:
            continue
        loss, metric = facts.change("train", True), facts.change("train", False)
        nothing = (Cell("–", ""), Cell("–", ""))
        first, last = (cell(loss.first), cell(loss.last)) if loss else nothing
        before, after = (
            tuple(Cell(metric.shown(value), repr(value)) for value in (metric.first, metric.last))
            if metric
            else nothing
        )
        found = " ".join(dict.fromkeys(issue.symbol for issue in facts.issues))
        symbols = found or ("✓" if facts.judged else "–")
        cells = (
            Cell(facts.dataset or "–"),
            cell(facts.parameters),
            Cell(facts.steps, str(facts.most_steps)),
            Cell(facts.epochs, str(facts.most_epochs)),
            cell(len(facts.seeds)),
            first,
            last,
            Cell(metric.name if metric else "–"),
            before,
            after,
            Cell(f"{symbols} {facts.health}"),
        )
        yield Row(experiment.title, experiment.file, cells)


def summary(experiments: Sequence[ShownExperiment]) -> str:
    """What was recorded, in a sentence."""
    known = [experiment.facts for experiment in experiments if experiment.facts]
    runs = sum(len(facts.seeds) for facts in known)
    text = count(len(experiments), "experiment")
    if runs:
        text += f", {count(runs, 'training run')}: every batch's gradient of every parameter was recorded"
        text += ", and everything here is computed from these records"
    return f"{text}."
