"""The charts of one experiment: metrics, statistics of epochs, of steps and of layers, on one axis of epochs.

Epoch e takes the axis from e − ½ to e + ½: what is measured once an epoch stands at e, the epoch's steps
around it.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import Bins, epoch_bins, step_bins
from gradevo.metrics import SPLITS, metric_of
from gradevo.pictures.figures.loss import COLORS
from gradevo.report.charts.explorer import Explorer, Mark, Quantity, Series
from gradevo.report.charts.looks import names_looks, tensors_looks
from gradevo.report.charts.points import MOST_EPOCHS, MOST_STEPS, Points, points_of
from gradevo.statistics.catalogue import TOTAL, of_level
from gradevo.statistics.statistic import Level
from gradevo.statistics.store import Statistics

FEW = 8
"""Up to this many series are all shown at first."""

LARGEST = 4
"""Of more, the total and so many of the largest are."""

TOTAL_OF_SUMS = "Total: the sum over the tensors; of the update, all weights as one vector."

Read = Callable[[Statistics, str, str], NDArray[np.float64]]


def experiment_explorers(runs: Sequence[Statistics]) -> list[Explorer]:
    """The explorers of an experiment's runs; without complete epochs there are only those of steps."""
    found = []
    if max(run.epochs for run in runs):
        found += [*metric_explorers(runs), epoch_explorer(runs)]
    if max(run.steps for run in runs):
        found.append(step_explorer(runs))
    if max(run.epochs for run in runs) and runs[0].layers:
        found.append(layer_explorer(runs))
    return found


def last_epoch(runs: Sequence[Statistics]) -> int:
    """The last epoch that has a step in any run; at least 1."""
    return max(1, *(max(run.epochs, -(-run.steps // run.steps_per_epoch)) for run in runs))


def metric_explorers(runs: Sequence[Statistics]) -> list[Explorer]:
    """The loss, and a chart in which to choose among the other metrics if there are any."""
    names = list(runs[0].metrics("train"))
    loss = runs[0].experiment.loss or ""
    groups = (("loss", "Loss", ["loss"]), ("metric", "Metric", [name for name in names if name != "loss"]))
    looks = tuple(Series(words, COLORS[split]) for split, words in SPLITS.items())
    splits = {words: split for split, words in SPLITS.items()}

    def read(run: Statistics, metric: str, words: str) -> NDArray[np.float64]:
        return run.metrics(splits[words]).get(metric, np.full(run.epochs, np.nan))

    return [
        _over_epochs(
            key,
            title,
            "parts of the data",
            runs,
            [_metric(name, loss) for name in chosen],
            looks,
            read,
            note="Over all samples, after each epoch.",
            narrow=True,
        )
        for key, title, chosen in groups
        if chosen and set(chosen) <= {"loss", *names}
    ]


def epoch_explorer(runs: Sequence[Statistics]) -> Explorer:
    """All epoch statistics of all tensors and their total."""
    return _over_epochs(
        "epochs",
        "Statistics of epochs",
        "tensors and their total",
        runs,
        [Quantity.of(one) for one in of_level("epoch").values()],
        tensors_looks(runs[0].graph, runs[0].tensors),
        lambda run, statistic, column: run.epoch(statistic, column),
        note=TOTAL_OF_SUMS,
        chosen=_first("epoch"),
    )


def layer_explorer(runs: Sequence[Statistics]) -> Explorer:
    """The statistics of layers as one vector each."""
    return _over_epochs(
        "layers",
        "Statistics of whole layers",
        "layers",
        runs,
        [Quantity.of(one) for one in of_level("layer").values()],
        names_looks(runs[0].layers),
        lambda run, statistic, layer: run.layer(statistic, layer),
    )


def step_explorer(runs: Sequence[Statistics]) -> Explorer:
    """All step statistics of all tensors and their total, in bins."""
    per_epoch = runs[0].steps_per_epoch
    bins = step_bins(max(run.steps for run in runs), per_epoch, MOST_STEPS)
    series = tensors_looks(runs[0].graph, runs[0].tensors)
    quantities = tuple(Quantity.of(one) for one in of_level("step").values())
    places = tuple(
        step_place(start, stop, per_epoch)
        for start, stop in zip(bins.edges[:-1].tolist(), bins.edges[1:].tolist(), strict=True)
    )
    curves = _curves(
        bins, runs, quantities, series, lambda run, statistic, column: run.step(statistic, column)
    )
    return Explorer(
        key="steps",
        title="Statistics of steps",
        many="tensors and their total",
        axis="epoch",
        quantities=quantities,
        series=series,
        x={one.name: 0.5 + (bins.middles + 0.5) / per_epoch for one in series},
        places={one.name: places for one in series},
        curves=curves,
        chosen=_first("step"),
        shown=(TOTAL,),
        note=_points_note(bins, len(runs), "step"),
        seeds=len(runs),
        marks=_marks(runs),
    )


def _first(level: Level) -> str:
    return next(one.name for one in of_level(level).values() if one.first)


def _metric(name: str, loss: str) -> Quantity:
    """A metric, or the loss of that name in Keras, in the words of the figures."""
    one = metric_of(name, loss)
    words = one.label.replace("(%)", "(share)")  # the numbers are those of the file
    label = words[0].upper() + words[1:]
    return Quantity(name, label, label, f"{one.words} (share)" if one.is_share else words, zero=False)


def step_place(start: int, stop: int, per_epoch: int) -> str:
    """Where the steps start … stop − 1, counted from 0, are: ``"epoch 3, steps 204–210"``."""
    first, last = start // per_epoch + 1, (stop - 1) // per_epoch + 1
    epochs = f"epoch {first}" if first == last else f"epochs {first}–{last}"
    return f"{epochs}, " + (f"step {start}" if stop == start + 1 else f"steps {start}–{stop - 1}")


def _over_epochs(
    key: str,
    title: str,
    many: str,
    runs: Sequence[Statistics],
    quantities: Sequence[Quantity],
    series: Sequence[Series],
    read: Read,
    note: str = "",
    narrow: bool = False,
    chosen: str = "",
) -> Explorer:
    chosen = chosen or quantities[0].name
    bins = epoch_bins(max(run.epochs for run in runs), MOST_EPOCHS)
    curves = _curves(bins, runs, quantities, series, read)
    drawn = [one for one in series if any(name == one.name for _, name in curves)]
    places = tuple(
        f"epoch {start + 1}" if stop == start + 1 else f"epochs {start + 1}–{stop}"
        for start, stop in zip(bins.edges[:-1].tolist(), bins.edges[1:].tolist(), strict=True)
    )
    return Explorer(
        key=key,
        title=title,
        many=many,
        axis="epoch",
        quantities=tuple(quantities),
        series=tuple(drawn),
        x={one.name: 1 + bins.middles for one in drawn},
        places={one.name: places for one in drawn},
        curves=curves,
        chosen=chosen,
        shown=_shown([one.name for one in drawn], chosen, curves),
        note=" ".join(filter(None, [_points_note(bins, len(runs), "epoch"), note])),
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
        (quantity.name, one.name): points_of(bins, [read(run, quantity.name, one.name) for run in runs])
        for quantity in quantities
        for one in series
    }
    return {key: points for key, points in every.items() if points.seeds.any()}


def _shown(names: Sequence[str], quantity: str, curves: Mapping[tuple[str, str], Points]) -> tuple[str, ...]:
    """The series to begin with, in their order: all where they are few, else the total and the largest.

    A single tensor is its own total, of which one line is enough.
    """
    if TOTAL in names and len(names) == 2:
        return (TOTAL,)
    if len(names) <= FEW:
        return tuple(names)
    peaks = {name: _peak(curves.get((quantity, name))) for name in names if name != TOTAL}
    largest = sorted(peaks, key=lambda name: -peaks[name])[:LARGEST]
    return tuple(name for name in names if name == TOTAL or name in largest)


def _peak(points: Points | None) -> float:
    return -np.inf if points is None else float(np.nanmax(points.middle))


def _points_note(bins: Bins, seeds: int, unit: str) -> str:
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
    return (Mark(0.5 + (step + 0.5) / run.steps_per_epoch, text),)
