"""What an experiment is and how it went, in numbers and words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradevo.health.check import Finding, comparison
from gradevo.health.record import SYMBOLS, Health
from gradevo.metrics import SPLITS, metric_of
from gradevo.numbers import count, epoch_ranges, grouped, percent, three_digits
from gradevo.pictures.style.frame import nonfinite_text
from gradevo.runfile.experiment import RecordedOptimizer
from gradevo.statistics.ensembles import Ensemble
from gradevo.statistics.store import Statistics


@dataclass(frozen=True)
class Change:
    """How a metric changed from the first epoch to the last."""

    metric: str
    """such as ``loss``"""
    split: str
    first: float
    """median over the seeds, after the first epoch"""
    last: float
    """median over the seeds, each after its last epoch"""
    low: float
    """lowest of the last values"""
    high: float
    """highest of the last values"""
    seeds: int

    @property
    def name(self) -> str:
        """The metric in words."""
        return "accuracy" if metric_of(self.metric).is_share else self.metric.replace("_", " ")

    def shown(self, value: float) -> str:
        """A value as it is written: accuracies in per cent."""
        return percent(value) if metric_of(self.metric).is_share else three_digits(value)

    @property
    def words(self) -> str:
        """Such as "1.27 → 0.188"."""
        return f"{self.shown(self.first)} → {self.shown(self.last)}"

    @property
    def range(self) -> str:
        """The range of the last values over the seeds; empty for one seed."""
        return f"{self.shown(self.low)} to {self.shown(self.high)}" if self.seeds > 1 else ""


@dataclass(frozen=True)
class Issue:
    """A finding of health, of all seeds that have it."""

    check: str
    symbol: str
    layer: str
    measure: str
    seeds: str
    """such as "3 of 5": so many have it"""
    epochs: str
    """in which at least one seed has it"""
    worst: str
    """value and bound of the seed that is worst"""


class Facts:
    """What is said of an experiment, read from the statistics of all seeds.

    health: as it was judged, one per seed; none if it was not.
    """

    def __init__(self, ensemble: Ensemble, health: Sequence[Health]) -> None:
        runs = ensemble.runs
        told = runs[0].experiment
        self.dataset = told.dataset or ""
        self.model = told.model or ""
        self.optimizer = _optimizer(told.optimizer)
        self.loss = (told.loss or "").replace("_", " ")
        self.parameters = runs[0].size()
        self.tensors = len(runs[0].tensors)
        self.batch_size = "" if told.batch_size is None else grouped(told.batch_size)
        self.epochs = _range([run.epochs for run in runs])
        self.steps = _range([run.steps for run in runs])
        self.most_steps = max(run.steps for run in runs)
        self.most_epochs = max(run.epochs for run in runs)
        self.seeds = tuple(run.seed for run in runs)
        self.changes = tuple(_changes(runs))
        """training loss first, then the other training metrics, then those of validation"""
        self.issues = tuple(_issues(health))
        self.judged = bool(health) and all(one.layers for one in health)
        """whether health was judged: it takes the layers, which a run without a layer graph does not know"""
        self.successive = not any(run.selection for run in runs)
        """whether successive gradients were recorded; without, oscillation is not judged"""
        labels = [run.data_label for run in runs if run.data_label]
        broken = [f"seed {run.seed}: {text}" for run in runs if (text := nonfinite_text(run))]
        self.remarks = tuple(dict.fromkeys([*labels, *broken]))
        """on the data, on rounded or missing gradients, on runs that became non-finite"""

    @property
    def health(self) -> str:
        """The issues found, in a few words."""
        if not self.judged:
            return "not judged"
        return ", ".join(dict.fromkeys(issue.check for issue in self.issues)) or "nothing found"

    def change(self, split: str, loss: bool) -> Change | None:
        """The change of the loss, or of the first other metric, on a split; None without one."""
        found = (c for c in self.changes if c.split == split and (c.metric == "loss") == loss)
        return next(found, None)

    @property
    def sentence(self) -> str:
        """What was trained, and how."""
        network = f"{count(self.parameters, 'parameter')} in {count(self.tensors, 'tensor')}"
        subject = f"The model {self.model}, {network}," if self.model else f"A network of {network}"
        data = f" on {self.dataset}" if self.dataset else ""
        batches = f" in batches of {self.batch_size}" if self.batch_size else ""
        optimizer = f" by {self.optimizer}" if self.optimizer else ""
        noun = "epoch" if self.epochs == "1" else "epochs"
        seeds = f"seed {self.seeds[0]}" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        return f"{subject} trained{data} for {self.epochs} {noun}{batches}{optimizer}; {seeds}."


def _changes(runs: Sequence[Statistics]) -> list[Change]:
    values: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for run in runs:
        for split in SPLITS:
            for metric, series in run.metrics(split).items():
                if len(series):
                    values[split, metric].append((float(series[0]), float(series[-1])))
    changes = []
    for (split, metric), ends in values.items():
        firsts, lasts = np.array(ends).T
        known = lasts[~np.isnan(lasts)]
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        median = (float(np.median(firsts)), float(np.median(lasts)))
        changes.append(Change(metric, split, *median, float(low), float(high), len(ends)))
    return sorted(changes, key=lambda change: (change.split != "train", change.metric != "loss"))


def _issues(health: Sequence[Health]) -> list[Issue]:
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for one in health:
        for finding in one.findings:
            groups[finding.check, finding.layer, finding.measure].append(finding)
    return [
        Issue(
            check=check,
            symbol=SYMBOLS[check],
            layer=layer,
            measure=measure,
            seeds=f"{len(found)} of {len(health)}",
            epochs=epoch_ranges(sorted({epoch for finding in found for epoch in finding.epochs})),
            worst=comparison(max(found, key=_badness)),
        )
        for (check, layer, measure), found in groups.items()
    ]


def _badness(finding: Finding) -> float:
    """Large values explode or underflow, small ones are bad otherwise; one that is not finite is worst."""
    if not np.isfinite(finding.value):
        return np.inf
    return finding.value if finding.check in ("exploding", "underflowing") else -finding.value


def _optimizer(optimizer: RecordedOptimizer) -> str:
    """Name, schedule and settings that are not zero: "adam, learning rate 0.05"."""
    settings = [f"{key.replace('_', ' ')} {value:g}" for key, value in optimizer.settings.items() if value]
    if optimizer.schedule:
        settings.insert(0, f"learning rate by {optimizer.schedule.replace('_', ' ')}")
    name = optimizer.name or ("optimizer" if settings else "")
    return ", ".join(filter(None, [name, *settings]))


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return grouped(low) if low == high else f"{grouped(low)}–{grouped(high)}"
