"""The charts of one experiment: metrics, statistics of epochs, of steps and of layers, on one axis of epochs.

Epoch e takes the axis from e − ½ to e + ½: what is measured once an epoch stands at e, the epoch's steps
around it.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import Bins, epoch_bins, step_bins
from gradevo.metrics import SPLITS, metric_of
from gradevo.pictures.figures.loss import COLORS
from gradevo.report.charts.charts import Charts, charts_of
from gradevo.report.charts.explorer import (
    MOST_EPOCHS,
    MOST_STEPS,
    Explorer,
    Mark,
    Points,
    Quantity,
    Series,
    named_series,
    tensor_series,
)
from gradevo.statistics.catalogue import TOTAL, of_level
from gradevo.statistics.ensembles import Ensemble
from gradevo.statistics.statistic import Statistic
from gradevo.statistics.store import Statistics
from gradevo.timeline import Timeline

FEW = 8
"""Up to this many series are all shown at first."""

LARGEST = 4
"""Of more, the total and so many of the largest are."""

TOTAL_OF_SUMS = "Total: the sum over the tensors; of the update, all weights as one vector."

Read = Callable[[Statistics, str, str], NDArray[np.float64]]
"""A run, the name of a quantity and that of a series -> the values, (epochs,) or (steps,)."""


def experiment_charts(ensemble: Ensemble) -> Charts:
    """Linked charts of an experiment: loss, metrics, statistics of epochs, steps and layers, of all seeds."""
    last = last_epoch(ensemble.runs)
    explorers = experiment_explorers(ensemble.runs)
    return charts_of("experiment", explorers, ("Epoch", 1, last, 1), (0.5, last + 0.5))


def experiment_explorers(runs: Sequence[Statistics]) -> list[Explorer]:
    """The explorers of an experiment's runs; without complete epochs there are only those of steps."""
    has_epochs, has_steps = any(run.epochs for run in runs), any(run.steps for run in runs)
    many, tensors = "tensors and their total", tensor_series(runs[0].graph, runs[0].tensors)
    epoch, step, layer = (
        [Quantity.of(one) for one in of_level(level).values() if _is_in_all(runs, one)]
        for level in ("epoch", "step", "layer")
    )
    found = []
    if has_epochs:
        found += _metric_explorers(runs)
        words = ("epochs", "Statistics of epochs", many)
        found.append(_explorer(*words, runs, epoch, tensors, Statistics.epoch, note=TOTAL_OF_SUMS))
    if has_steps:
        words = ("steps", "Statistics of steps", many)
        found.append(_explorer(*words, runs, step, tensors, Statistics.step, by_step=True))
    if has_epochs and runs[0].layers:
        words = ("layers", "Statistics of whole layers", "layers")
        found.append(_explorer(*words, runs, layer, named_series(runs[0].layers), Statistics.layer))
    return found


def last_epoch(runs: Sequence[Statistics]) -> int:
    """The last epoch that has a step in any run; at least 1."""
    return max(1, *(run.epochs + (run.steps > run.timeline.complete_steps) for run in runs))


def _is_in_all(runs: Sequence[Statistics], statistic: Statistic) -> bool:
    return statistic.level != "step" or all(statistic.name in run.step_series for run in runs)


def _metric_explorers(runs: Sequence[Statistics]) -> list[Explorer]:
    """The loss, and a chart in which to choose among the other metrics if there are any."""
    names = list(runs[0].metrics("train"))
    loss = runs[0].experiment.loss or ""
    groups = (("loss", "Loss", ["loss"]), ("metric", "Metric", [name for name in names if name != "loss"]))
    splits = {words: split for split, words in SPLITS.items()}

    def read(run: Statistics, metric: str, words: str) -> NDArray[np.float64]:
        return run.metrics(splits[words]).get(metric, np.full(run.epochs, np.nan))

    series = [Series(words, COLORS[split]) for split, words in SPLITS.items()]
    note = "Over all samples, after each epoch."
    found = []
    for key, title, chosen in groups:
        if chosen and set(chosen) <= {"loss", *names}:
            quantities = [metric_quantity(name, loss) for name in chosen]
            words = (key, title, "parts of the data")
            found.append(_explorer(*words, runs, quantities, series, read, note=note, narrow=True))
    return found


def metric_quantity(name: str, loss: str) -> Quantity:
    """A metric, or the loss of that name in Keras, in the words of the figures."""
    one = metric_of(name, loss)
    words = one.label.replace("(%)", "(share)")  # the numbers are those of the file
    label = words[0].upper() + words[1:]
    return Quantity(name, label, label, f"{one.words} (share)" if one.is_share else words, zero=False)


def step_place(start: int, stop: int, timeline: Timeline) -> str:
    """Where the steps start … stop − 1, counted from 0, are.

    >>> step_place(204, 211, Timeline(np.array([100, 200, 300]), steps=300))
    'epoch 3, steps 204–210'
    """
    epochs = counted_places("epoch", timeline.epoch_of(start), timeline.epoch_of(stop - 1))
    return f"{epochs}, {counted_places('step', start, stop - 1)}"


def counted_places(unit: str, first: int, last: int) -> str:
    return f"{unit} {first}" if first == last else f"{unit}s {first}–{last}"


def _explorer(
    key: str,
    title: str,
    many: str,
    runs: Sequence[Statistics],
    quantities: Sequence[Quantity],
    series: Sequence[Series],
    read: Read,
    note: str = "",
    narrow: bool = False,
    by_step: bool = False,
) -> Explorer:
    """An explorer over the epochs, or over their steps; series without any value are left out."""
    timeline = max((run.timeline for run in runs), key=lambda timeline: timeline.steps)
    if by_step:
        bins = step_bins(timeline, MOST_STEPS)
        x = 0.5 + timeline.epochs_by(bins.middles + 0.5)
    else:
        bins = epoch_bins(max(run.epochs for run in runs), MOST_EPOCHS)
        x = 1 + bins.middles
    places = tuple(
        step_place(start, stop, timeline) if by_step else counted_places("epoch", start + 1, stop)
        for start, stop in itertools.pairwise(bins.edges.tolist())
    )
    curves = _curves(bins, runs, quantities, series, read)
    drawn = [one for one in series if any(name == one.name for _, name in curves)]
    names = [one.name for one in drawn]
    chosen = next((one.name for one in quantities if one.first), quantities[0].name)
    peaks = {name: float(np.nanmax(points.middle)) for (one, name), points in curves.items() if one == chosen}
    return Explorer(
        key=key,
        title=title,
        many=many,
        axis="epoch",
        quantities=tuple(quantities),
        series=tuple(drawn),
        x=dict.fromkeys(names, x),
        places=dict.fromkeys(names, places),
        curves=curves,
        chosen=chosen,
        shown=(TOTAL,) if by_step and names else first_shown(names, peaks),
        note=" ".join(filter(None, [points_note(bins, len(runs), "step" if by_step else "epoch"), note])),
        seeds=len(runs),
        marks=_marks(runs),
        narrow=narrow,
    )


def _curves(
    bins: Bins,
    runs: Sequence[Statistics],
    quantities: Sequence[Quantity],
    series: Sequence[Series],
    read: Read,
) -> dict[tuple[str, str], Points]:
    """The points of every quantity and series; series without any value are left out."""
    every = {
        (quantity.name, one.name): Points.of(bins, [read(run, quantity.name, one.name) for run in runs])
        for quantity in quantities
        for one in series
    }
    return {key: points for key, points in every.items() if points.seeds.any()}


def first_shown(names: Sequence[str], peaks: Mapping[str, float]) -> tuple[str, ...]:
    """The series to begin with, in their order: all where they are few, else the total and the largest.

    A single tensor is its own total, of which one line is enough. peaks: series -> its largest value.
    """
    if TOTAL in names and len(names) == 2:
        return (TOTAL,)
    if len(names) <= FEW:
        return tuple(names)
    largest = sorted((name for name in peaks if name != TOTAL), key=lambda name: -peaks[name])[:LARGEST]
    return tuple(name for name in names if name == TOTAL or name in largest)


def points_note(bins: Bins, seeds: int, unit: str) -> str:
    """What a point is, in a sentence."""
    size = bins.widest
    of_seeds = f" of {seeds} seeds" if seeds > 1 else ""
    if size <= 1:
        return f"Line: median, band: range{of_seeds}." if seeds > 1 else f"A point is one {unit}."
    most = "up to " if len(set(np.diff(bins.edges).tolist())) > 1 else ""
    return f"Line: median, band: range of {most}{size} successive {unit}s{of_seeds}."


def _marks(runs: Sequence[Statistics]) -> tuple[Mark, ...]:
    """The first non-finite step of all runs."""
    bad = [(run.first_nonfinite_step, run) for run in runs if run.first_nonfinite_step is not None]
    if not bad:
        return ()
    step, run = min(bad, key=lambda found: found[0])
    seed = f", seed {run.seed}" if len(runs) > 1 else ""
    text = f"Dotted line: first non-finite step, {step} (epoch {run.first_nonfinite_epoch}{seed})."
    return (Mark(0.5 + float(run.timeline.epochs_by(step + 0.5)), text),)
