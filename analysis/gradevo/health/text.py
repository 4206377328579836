"""The health of a network for people: findings with advice, in lines of a terminal."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path

from gradevo.config.experiment import Thresholds
from gradevo.health.check import Finding, bound
from gradevo.health.record import Health, check_of, read_health
from gradevo.numbers import epoch_ranges, shortened
from gradevo.runfile.reader import Run
from gradevo.statistics.opened import open_statistics
from gradevo.statistics.store import is_statistics

WIDTH = 100

NOT_FINITE = (
    "Not finite: first look for missing values in the data, and for a logarithm or division of 0 in the "
    "loss. If there are none, the steps were too large, and the advice below holds."
)


def examine(path: Path, limits: Thresholds) -> str:
    """Findings with advice, or that there are none, and what was looked for; lines of at most 100 columns.

    A run file, also a growing one or one that a killed process left, is analysed in a temporary folder; of a
    statistics file the findings are judged, of a health.json they are read, seed by seed. Raises GradevoError
    if the file is none of them.
    """
    if path.suffix == ".json":
        return "\n\n".join(_report(path, health) for health in read_health(path))
    planned = None
    if not is_statistics(path):
        with Run(path) as run:
            planned = None if run.stopped else run.epochs_planned
    with open_statistics(path) as statistics:
        return _report(path, Health.of(statistics, limits), planned)


def _report(path: Path, health: Health, planned: int | None = None) -> str:
    found = health.findings
    lines = [str(path), *_facts(health, planned), ""]
    if not health.layers or not (health.epochs or found):
        lines.append(
            "nothing to check: "
            + ("no epoch is complete" if health.layers else "the file knows of no layer with weights")
        )
        return "\n".join(lines)
    for _, group in groupby(found, key=lambda one: (one.check, one.measure)):
        lines += [*_section(list(group)), ""]
    if not found:
        lines += ["healthy: nothing was found in any layer and epoch", ""]
    lines.append("Checked in every epoch")
    for name, group_of_lines in groupby(health.looked_for, key=lambda line: line[0]):
        for number, (_, text) in enumerate(group_of_lines):
            lines += _wrapped(text, f"  {'' if number else name:<11}  ")
    return "\n".join(lines)


def _facts(health: Health, planned: int | None) -> Iterator[str]:
    epochs = _count(health.epochs, "epoch")
    if planned is not None and planned != health.epochs:
        epochs = f"{health.epochs} of {_count(planned, 'planned epoch')}"
    steps = f"{_count(health.steps_per_epoch, 'recorded step')} an epoch"
    layers = _count(health.layers, "layer") + " with weights"
    facts = [health.title, f"seed {health.seed}", epochs, steps, layers]
    yield from _wrapped(" · ".join([*facts, *filter(None, [health.remarks])]), "  ")
    if health.first_nonfinite_epoch is not None:
        yield f"  the loss or a gradient is not finite from epoch {health.first_nonfinite_epoch} on"


def _section(found: Sequence[Finding]) -> Iterator[str]:
    """The findings of one check by one measure: a table, then advice."""
    yield f"{found[0].check.upper()} · {found[0].measure} {bound(found[0])}"
    yield ""
    names = [shortened(one.layer) for one in found]
    width = max(len("layer"), *map(len, names))
    yield f"  {'layer':<{width}}  {'worst':>10}  epochs"
    for name, one in zip(names, found, strict=True):
        value = f"{one.value:.3g}" if isfinite(one.value) else "not finite"
        yield from _wrapped(
            epoch_ranges(one.epochs).split(maxsplit=1)[1], f"  {name:<{width}}  {value:>10}  "
        )
    yield ""
    if not all(isfinite(one.value) for one in found):
        yield from _wrapped(NOT_FINITE, "  ")
    yield from _wrapped(check_of(found[0]).advice, "  ")


def _wrapped(text: str, first: str) -> list[str]:
    """The text in lines of at most `WIDTH` columns, behind `first`."""
    rest = " " * len(first)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
