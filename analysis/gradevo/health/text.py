"""The health of a network for people: findings with advice, in lines of a terminal."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import isfinite
from pathlib import Path

from gradevo.config.experiment import Thresholds
from gradevo.health.check import Finding, bound
from gradevo.health.precision import Loss
from gradevo.health.record import Health, check_of, read_health
from gradevo.numbers import epoch_ranges, shortened
from gradevo.runfile.reader import Run
from gradevo.statistics.distributions import FORMATS
from gradevo.statistics.opened import open_statistics
from gradevo.statistics.store import is_statistics

WIDTH = 100
MOST_LAYERS = 12
"""Rows of the table of precision."""

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
    if health.precision:
        lines += [*_precision(health), ""]
    lines.append("Checked in every epoch")
    for name, group_of_lines in groupby(health.looked_for, key=lambda line: line[0]):
        for number, (_, text) in enumerate(group_of_lines):
            lines += _wrapped(text, f"  {'' if number else name:<12}  ")
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


def _precision(health: Health) -> Iterator[str]:
    """What formats of lower precision would lose, the layers that lose most in the graph's order."""
    shown = [place for place, one in enumerate(FORMATS) if not (one.scaled and one.name == "bfloat16")]
    heads = ["·2¹⁶" if FORMATS[place].scaled else FORMATS[place].name.split()[-1] for place in shown]
    by_loss = sorted(health.precision, key=lambda one: -sum(loss.share for loss in one.losses))
    chosen = by_loss[:MOST_LAYERS]
    yield from _wrapped(
        "Precision · share of the elements that are not zero which a format would lose, in the worst epoch: "
        "as zeros or, with ↑, mostly by overflow. ·2¹⁶: with the loss scaled",
        "",
    )
    yield ""
    names = [shortened(one.layer, 24) for one in chosen]
    width = max(len("layer"), *map(len, names))
    yield f"  {'layer':<{width}}  " + "".join(f"{head:>8}" for head in heads) + "  loses most in"
    for one in health.precision:
        if one in chosen:
            cells = "".join(f"{_share(one.losses[place]):>8}" for place in shown)
            lost_in = one.lost_in.split()[-1] if one.lost_in else "–"
            yield f"  {shortened(one.layer, 24):<{width}}  {cells}  {lost_in}"
    if len(by_loss) > len(chosen):
        yield f"  and {_count(len(by_loss) - len(chosen), 'layer')} more that lose less"


def _share(loss: Loss) -> str:
    """A share in per cent, as wide with an arrow as without: ``"5.6 % "``, ``"92 %↑"``."""
    arrow = "↑" if loss.overflowing > loss.flushed else " "
    share = 100 * loss.share
    if share == 0:
        return f"–  {arrow}"
    return f"{'<0.1' if share < 0.1 else f'{share:.1f}' if share < 9.95 else f'{share:.0f}'} %{arrow}"


def _wrapped(text: str, first: str) -> list[str]:
    """The text in lines of at most `WIDTH` columns, behind `first`."""
    rest = " " * len(first)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
