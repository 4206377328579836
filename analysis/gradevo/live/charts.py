"""The charts of the page: explorers as in the report, over runs that grow."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import Bins
from gradevo.live.bins import Curves, bins_of_epochs, bins_of_steps, epochs_together, parts_of_epoch
from gradevo.live.follow import Follower
from gradevo.live.growing import GrowingRun
from gradevo.metrics import SPLITS
from gradevo.pictures.figures.loss import COLORS
from gradevo.report.charts.charts import growth, scales
from gradevo.report.charts.experiment import (
    FEW,
    TOTAL_OF_SUMS,
    counted_places,
    first_shown,
    metric_quantity,
    points_note,
    step_place,
)
from gradevo.report.charts.explorer import Explorer, Points, Quantity, Series, named_series, tensor_series
from gradevo.statistics.catalogue import of_level

Values = NDArray[np.floating]
Read = Callable[[str, str], Values]
"""Names of a quantity and of a series -> the values, (epochs,) or (steps,); none where there are none."""

Wanted = Mapping[str, Collection[str]]
"""Key of a chart of tensors -> the series that a page shows."""

BATCHES = "every batch"
LOSS_OF_STEPS = Quantity(
    "loss", "Loss of a batch", "loss of the batch with its penalties, before the step", "loss", zero=False
)
RATE = Quantity("learning_rate", "Learning rate", "of the step, as the optimizer has it", "learning rate")
NORM = Quantity(
    "norm",
    "Gradient norm, L2",
    "mean over the epoch's steps of the sum of the tensors' norms",
    "mean of ‖g⁽ˢ⁾‖₂ (loss / weight)",
    "Gradients",
)


def explorers_of(run: GrowingRun, curves: Curves, wanted: Wanted) -> list[Explorer]:
    """The charts of one run: loss and metrics, norms of tensors, update-to-weight, loss and learning rate.

    None before the first epoch. Of tensors, there are the curves of those that are wanted, or else of the
    largest: all of them would be a thousand in a deep network.
    """
    if not run.epochs:
        return []
    draw = _Drawing(run, curves, wanted)
    loss = run.experiment.loss or ""
    splits = {words: split for split, words in SPLITS.items()}
    names = list(run.metrics["train"]) or list(run.metrics["validation"])
    metrics = [Series(words, COLORS[split]) for split, words in SPLITS.items()]
    tensors = tensor_series(run.graph, run.tensors)
    step, epoch = of_level("step"), of_level("epoch")

    def metric(name: str, words: str) -> Values:
        return run.metrics[splits[words]].get(name, np.empty(0))[: run.epochs]

    parts = "parts of the data"
    told = [name for name in names if name != "loss"]
    found = []
    if "loss" in names:
        found.append(
            draw("loss", "Loss", parts, [metric_quantity("loss", loss)], metrics, metric, narrow=True)
        )
    if told:
        quantities = [metric_quantity(name, loss) for name in told]
        found.append(draw("metric", "Metric", parts, quantities, metrics, metric, narrow=True))
    of_steps = ["l2_norm_individual", *(["update_to_weight_individual"] if run.has_updates else [])]
    quantities = [Quantity.of(step[name]) for name in of_steps]
    many = "tensors and their total"
    every = [one.name for one in tensors]
    first = first_shown(
        every, {} if len(every) <= FEW or {"steps", "epochs"} <= wanted.keys() else run.peaks()
    )
    found.append(
        draw("steps", "Norms of tensors", many, quantities, tensors, run.step, by_step=True, shown=first)
    )
    quantities = [Quantity.of(epoch["update_to_weight"])]
    note = TOTAL_OF_SUMS
    found.append(
        draw("epochs", "Update-to-weight", many, quantities, tensors, run.epoch, note=note, shown=first)
    )
    quantities = [LOSS_OF_STEPS, *([RATE] if run.has_rate else [])]
    series = named_series([BATCHES])
    title = "Loss and learning rate of steps" if run.has_rate else "Loss of steps"
    found.append(
        draw("batches", title, "steps", quantities, series, lambda name, _: run.step(name), by_step=True)
    )
    return [one for one in found if one.series]


def overlay(followers: Mapping[str, Follower]) -> list[Explorer]:
    """All runs in one chart; none where no run has a complete epoch."""
    runs = {name: one for name, one in followers.items() if one.run is not None and one.run.epochs}
    if not runs:
        return []
    quantities: dict[str, Quantity] = {}
    values: dict[tuple[str, str], Values] = {}
    for name, follower in runs.items():
        for quantity, series in _of_epochs(follower.run).items():  # type: ignore[arg-type]
            quantities.setdefault(quantity.name, quantity)
            values[quantity.name, name] = series
    x, places, curves = {}, {}, {}
    widest = 1
    for name, follower in runs.items():
        bins = bins_of_epochs(follower.run.timeline)  # type: ignore[union-attr]
        widest = max(widest, bins.widest)
        x[name], places[name] = 1 + bins.middles, _epochs(bins)
        for one in quantities:
            if (one, name) in values:
                curves[one, name] = follower.curves.points(("overlay", one), bins, values[one, name])
    shown = list(runs) if len(runs) <= FEW else _latest(runs)
    return [
        Explorer(
            key="runs",
            title="Runs laid over each other",
            many="runs",
            axis="epoch",
            quantities=tuple(quantities.values()),
            series=named_series(list(runs)),
            x=x,
            places=places,
            curves=curves,
            chosen=next(iter(quantities)),
            shown=tuple(shown),
            note=points_note(Bins(np.array([0, widest])), 1, "epoch"),
            seeds=1,
        )
    ]


def structure(explorers: Sequence[Explorer]) -> list[Any]:
    """What a page that shows explorers cannot take in: where it has changed, they are drawn anew."""
    return [
        [one.key, [quantity.name for quantity in one.quantities], [series.name for series in one.series]]
        for one in explorers
    ]


def news_of(explorer: Explorer, have: Mapping[str, int]) -> dict[str, Any]:
    """What is new in an explorer: series -> the number of points that a page has, and which stay."""
    names = [series.name for series in explorer.series]
    parts = []
    if len({id(explorer.x[name]) for name in names}) == 1:
        since = min(have.get(name, 0) for name in names)
        parts.append(growth(explorer, names, since))
    else:
        parts += [
            growth(explorer, [name], have.get(name, 0))
            for name in names
            if have.get(name, 0) < len(explorer.x[name])
        ]
    return {"key": explorer.key, "scales": scales(explorer), "parts": parts}


def bins_kept(run: GrowingRun, epochs: int, together: int, parts: int) -> tuple[int, int]:
    """Of the bins of epochs and of steps that a page got when the run had so many epochs, those that stay."""
    now = epochs_together(run.epochs), parts_of_epoch(run.timeline)
    of_epochs = epochs // together if now[0] == together else 0
    of_steps = (epochs * parts or of_epochs) if now == (together, parts) else 0
    return of_epochs, of_steps


class _Drawing:
    """Makes the explorers of a run; series without any value are left out."""

    def __init__(self, run: GrowingRun, curves: Curves, wanted: Wanted) -> None:
        self._curves, self._wanted = curves, wanted
        timeline = run.timeline
        epochs, steps = bins_of_epochs(timeline), bins_of_steps(timeline)
        of_steps = tuple(
            step_place(start, stop, timeline) for start, stop in itertools.pairwise(steps.edges.tolist())
        )
        self._axes = {
            False: (epochs, 1 + epochs.middles, _epochs(epochs), points_note(epochs, 1, "epoch")),
            True: (
                steps,
                0.5 + timeline.epochs_by(steps.middles + 0.5),
                of_steps,
                points_note(steps, 1, "step"),
            ),
        }

    def __call__(
        self,
        key: str,
        title: str,
        many: str,
        quantities: Sequence[Quantity],
        series: Sequence[Series],
        read: Read,
        note: str = "",
        narrow: bool = False,
        by_step: bool = False,
        shown: Sequence[str] | None = None,
    ) -> Explorer:
        """shown: the series to begin with, where only those that a page wants have curves."""
        chosen = None if shown is None else self._wanted.get(key, shown)
        bins, x, places, about = self._axes[by_step]
        every = {
            (quantity.name, one.name): self._points(key, quantity.name, one.name, bins, read)
            for quantity in quantities
            for one in series
            if chosen is None or one.name in chosen
        }
        curves = {key: points for key, points in every.items() if points is not None and points.seeds.any()}
        known = {name for _, name in curves}
        drawn = tuple(one for one in series if chosen is not None or one.name in known)
        names = [one.name for one in drawn]
        return Explorer(
            key=key,
            title=title,
            many=many,
            axis="epoch",
            quantities=tuple(quantities),
            series=drawn,
            x=dict.fromkeys(names, x),
            places=dict.fromkeys(names, places),
            curves=curves,
            chosen=quantities[0].name,
            shown=tuple(name for name in names if chosen is None or name in chosen),
            note=" ".join(filter(None, [about, note])),
            seeds=1,
            narrow=narrow,
        )

    def _points(self, key: str, quantity: str, series: str, bins: Bins, read: Read) -> Points | None:
        values = read(quantity, series)
        return self._curves.points((key, quantity, series), bins, values) if len(values) else None


def _epochs(bins: Bins) -> tuple[str, ...]:
    pairs = itertools.pairwise(bins.edges.tolist())
    return tuple(counted_places("epoch", start + 1, stop) for start, stop in pairs)


def _of_epochs(run: GrowingRun) -> dict[Quantity, Values]:
    """What runs are compared by, (epochs,) each."""
    loss, epochs = run.experiment.loss or "", run.epochs
    found: dict[Quantity, Values] = {}
    for split, words in SPLITS.items():
        for name, values in run.metrics[split].items():
            one = metric_quantity(name, loss)
            label = f"{one.label}, {words} data"
            quantity = Quantity(f"{split}:{name}", label, label, one.axis, "Metrics", zero=False)
            found[quantity] = values[:epochs]
    # All of the same name in one order, the loss first, whatever the files hold.
    found = dict(sorted(found.items(), key=lambda item: not item[0].name.endswith(":loss")))
    found[NORM] = run.epoch_means("l2_norm_individual")
    found[Quantity.of(of_level("epoch")["update_to_weight"])] = run.epoch("update_to_weight")
    if run.has_rate:
        found[RATE] = run.epoch_means("learning_rate")
    return found


def _latest(runs: Mapping[str, Follower]) -> list[str]:
    """Those that grow, then others, as many as are shown at first; in the list's order."""
    chosen = sorted(runs, key=lambda name: runs[name].told.state != "growing")[:FEW]
    return [name for name in runs if name in chosen]
