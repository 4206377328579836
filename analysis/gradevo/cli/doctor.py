"""What ails a network, for people."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

from gradevo.cli.advice import ADVICE, NOT_FINITE, THROUGH_TIME_ADVICE
from gradevo.config import Thresholds
from gradevo.health import Finding, epoch_ranges, findings
from gradevo.health.criteria import chance_bound
from gradevo.health.findings import THROUGH_TIME
from gradevo.health.wording import bound
from gradevo.runfile import Run
from gradevo.statistics import Statistics, analyse, is_statistics

WIDTH = 100
LAYER_WIDTH = 36


def examine(path: Path, thresholds: Thresholds) -> str:
    """Findings with advice, or that there are none, and what was checked; lines of at most 100 columns.

    A run file, also a growing one or one that a killed process left, is analysed in a temporary folder; a
    statistics file is read as it is. Raises GradevoError if the file is neither.
    """
    if is_statistics(path):
        with Statistics(path) as statistics:
            return _report(path, statistics, None, thresholds)
    with TemporaryDirectory(prefix="gradevo-doctor-") as folder:
        target = Path(folder) / "statistics.h5"
        with Run(path) as run:
            planned = None if run.stopped else run.epochs_planned
        analyse(path, target)
        with Statistics(target) as statistics:
            return _report(path, statistics, planned, thresholds)


def _report(path: Path, statistics: Statistics, planned: int | None, thresholds: Thresholds) -> str:
    found = findings(statistics, thresholds)
    lines = [str(path), *_facts(statistics, planned), ""]
    if not statistics.layers or not (statistics.epochs or found):
        lines.append(
            "nothing to check: "
            + ("no epoch is complete" if statistics.layers else "the file knows of no layer with weights")
        )
        return "\n".join(lines)
    for measure, group in groupby(found, key=lambda finding: (finding.illness, finding.measure)):
        lines += [*_section(*measure, list(group)), ""]
    if not found:
        lines += ["healthy: nothing was found in any layer and epoch", ""]
    return "\n".join([*lines, *_checked(statistics, thresholds)])


def _facts(statistics: Statistics, planned: int | None) -> Iterator[str]:
    title = statistics.experiment.get("title") or statistics.experiment.get("name") or "a run"
    epochs = _count(statistics.epochs, "epoch")
    if planned is not None and planned != statistics.epochs:
        epochs = f"{statistics.epochs} of {_count(planned, 'planned epoch')}"
    steps = f"{_count(statistics.steps_per_epoch, 'recorded step')} an epoch"
    layers = _count(len(statistics.layers), "layer") + " with weights"
    facts = [title, f"seed {statistics.seed}", epochs, steps, layers]
    yield from _wrapped(" · ".join([*facts, *filter(None, [statistics.data_label])]), indent=2)
    if statistics.first_nonfinite_epoch is not None:
        yield f"  the loss or a gradient is not finite from epoch {statistics.first_nonfinite_epoch} on"


def _section(illness: str, measure: str, found: Sequence[Finding]) -> Iterator[str]:
    """The findings of one illness by one measure: a table, then advice."""
    yield f"{illness.upper()} · {measure} {bound(found[0])}"
    yield ""
    names = [_short(finding.layer) for finding in found]
    width = max(len("layer"), *map(len, names))
    yield f"  {'layer':<{width}}  {'worst':>10}  epochs"
    for name, finding in zip(names, found, strict=True):
        epochs = epoch_ranges(finding.epochs).split(maxsplit=1)[1]
        value = f"{finding.value:.3g}" if isfinite(finding.value) else "not finite"
        yield from _wrapped(epochs, f"  {name:<{width}}  {value:>10}  ")
    yield ""
    advice = [THROUGH_TIME_ADVICE] if measure == THROUGH_TIME else [ADVICE[illness]]
    if not all(isfinite(finding.value) for finding in found):
        advice.insert(0, NOT_FINITE)
    for paragraph in advice:
        yield from _wrapped(paragraph, indent=2)


def _checked(statistics: Statistics, limits: Thresholds) -> Iterator[str]:
    """What was looked for, so that "healthy" is understood."""
    steps = statistics.steps_per_epoch
    lowest = chance_bound(limits.oscillating, steps)
    turns = f"mean cosine of a layer's successive gradients ≤ {lowest:.4g}"
    if statistics.record_every > 1:
        turns = f"not checked: only one of {statistics.record_every} batches was recorded"
    elif lowest < -1:
        turns = f"not checked: {steps} steps an epoch are too few to tell it from chance (1, or 7 and more)"
    yield "Checked in every epoch"
    yield from _item("exploding", f"highest norm of a batch's gradient > {limits.exploding:g} or not finite,")
    yield from _item("", f"or > {limits.growth:g} times the norm of all layers in epoch 1")
    yield from _item("dead", f"highest norm of a batch's gradient ≤ {limits.dead:g}")
    yield from _item("vanishing", f"mean norm ≤ {limits.vanishing:g} times that of the largest layer behind")
    for layer, times in statistics.through_time.items():
        share = f"≤ {limits.vanishing:g} times that at the strongest of {times} time steps"
        yield from _item("", f"{_short(layer)}: norm at the earliest time step {share}")
    yield from _item("oscillating", turns)


def _item(name: str, text: str) -> Iterator[str]:
    return _wrapped(text, f"  {name:<11}  ")


def _wrapped(text: str, first: str | None = None, *, indent: int = 0) -> Iterator[str]:
    """The text in lines of at most `WIDTH` columns, behind `first` or indented."""
    first = " " * indent if first is None else first
    rest = " " * len(first)
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _short(layer: str) -> str:
    """A layer's id, its middle left out if it is long."""
    if len(layer) <= LAYER_WIDTH:
        return layer
    half = (LAYER_WIDTH - 1) // 2
    return f"{layer[:half]}…{layer[-half:]}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
