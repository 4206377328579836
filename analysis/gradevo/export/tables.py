"""What is exported of a run: the statistics as tables of rows and columns, and the histograms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gradevo.metrics import SPLITS, metric_of
from gradevo.statistics.catalogue import LEARNING_RATE, STEP_SCALARS, of_level
from gradevo.statistics.derived import compared_series
from gradevo.statistics.distributions import LOWEST, NONFINITE, magnitudes
from gradevo.statistics.exponents import BIAS
from gradevo.statistics.store import Statistics

Axis = Literal["step", "epoch"]

SCALARS = {
    "batch_size": "Examples in the batch",
    "loss": "Loss of the batch, with its penalties, before the step",
    LEARNING_RATE: "Learning rate",
}
"""Numbers of a step as a whole, and their words."""

BLOCK_BYTES = 2**24
"""Of all tables of an axis together, in memory."""


@dataclass(frozen=True)
class Table:
    """A statistic of all its columns.

    level: of the catalogue, or "metric", "edge" or "through_time". axis: what a row is. columns: tensors and
    total, layers, connections, time steps, or metrics; one without a name where there is but one series.
    split: of metrics, "train" or "validation". read: (start, stop) -> (stop − start, columns) float64, rows
    counted from 0.
    """

    level: str
    statistic: str
    axis: Axis
    columns: tuple[str, ...]
    label: str
    meaning: str
    read: Callable[[int, int], NDArray[np.float64]]
    split: str = "train"

    def name(self, column: str) -> str:
        """A column's name among all of the export: ``step.cosine/dense/kernel``, ``step/loss``."""
        return f"{self.level}.{self.statistic}/{column}" if column else f"{self.level}/{self.statistic}"


def rows_of(statistics: Statistics, axis: Axis) -> int:
    """Number of rows of the tables of an axis."""
    return statistics.steps if axis == "step" else statistics.epochs


def coordinate(axis: Axis, row: int) -> int:
    """The step, from 0, or the epoch, from 1, of a row."""
    return row if axis == "step" else row + 1


def tables(statistics: Statistics) -> Iterator[Table]:
    """All tables of a run, in the order of the catalogue; those that it did not record are left out."""
    for name in (*STEP_SCALARS, LEARNING_RATE):
        if name in SCALARS and name in statistics.step_series:
            yield Table("step", name, "step", ("",), SCALARS[name], "", _steps(statistics, name))
    for name, one in of_level("step").items():
        if name in statistics.step_series:
            read = _steps(statistics, name)
            yield Table("step", name, "step", statistics.columns, one.label, one.meaning, read)
    for name, one in of_level("epoch").items():
        read = _epochs(statistics, name)
        yield Table("epoch", name, "epoch", statistics.columns, one.label, one.meaning, read)
    for name, one in of_level("layer").items():
        series = [statistics.layer(name, layer) for layer in statistics.layers]
        if series:
            yield _held("layer", name, statistics.layers, series, one.label, one.meaning)
    for name, one in of_level("derived").items():
        yield _held("derived", name, ("",), [compared_series(statistics, one)], one.label, one.meaning)
    for split, words in SPLITS.items():
        for name, values in statistics.metrics(split).items():
            label = metric_of(name, statistics.experiment.loss).label
            meaning = "after the epoch, as the training told it"
            yield _held("metric", name, ("",), [values], f"{label}, {words}", meaning, split)
    yield from _backward(statistics)


def blocks(statistics: Statistics, axis: Axis, found: list[Table]) -> Iterator[tuple[int, int]]:
    """Ranges of rows, ascending, of which all these tables together take `BLOCK_BYTES` or one row."""
    rows = rows_of(statistics, axis)
    width = sum(len(table.columns) for table in found)
    at_once = max(1, BLOCK_BYTES // (8 * max(width, 1)))
    yield from pairwise([*range(0, rows, at_once), rows])


@dataclass(frozen=True)
class Histogram:
    """How the elements of a tensor's batch gradients are spread over powers of two, in one epoch.

    edges: (bins + 1,) int64, ascending: bin b counts 2^edges[b] ≤ |g| < 2^edges[b+1]. counts: (bins,) int64,
    from the first to the last bin that is not empty; no bins where there is no such element. zeros,
    nonfinite, elements: numbers of elements that are 0, that are infinite or NaN, and of all.
    """

    edges: NDArray[np.int64]
    counts: NDArray[np.int64]
    zeros: int
    nonfinite: int
    elements: int


def histograms(statistics: Statistics) -> Iterator[tuple[str, list[Histogram]]]:
    """Tensor -> its histograms, one per epoch."""
    for tensor in statistics.tensors:
        pairs = zip(statistics.exponents(tensor), statistics.zeros(tensor), strict=True)
        yield tensor, [histogram(counts, int(zeros)) for counts, zeros in pairs]


def histogram(counts: NDArray[np.int64], zeros: int) -> Histogram:
    """The histogram of (2, 256) counts by sign and by the biased exponent of float32.

    Exponent 0 has zeros and subnormals, which get one bin; 255 has what is not finite.
    """
    finite = magnitudes(counts, np.array(zeros))
    edges = np.array([LOWEST, *range(1 - BIAS, len(finite) + 1 - BIAS)])
    filled = np.flatnonzero(finite)
    first, stop = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)
    return Histogram(
        edges[first : stop + 1], finite[first:stop], zeros, int(counts[:, NONFINITE].sum()), int(counts.sum())
    )


def _steps(statistics: Statistics, name: str) -> Callable[[int, int], NDArray[np.float64]]:
    return lambda start, stop: statistics.step_columns(name, start, stop)


def _epochs(statistics: Statistics, name: str) -> Callable[[int, int], NDArray[np.float64]]:
    return lambda start, stop: statistics.epoch_columns(name, start, stop)


def _held(
    level: str,
    statistic: str,
    columns: tuple[str, ...],
    series: list[NDArray[Any]],
    label: str,
    meaning: str,
    split: str = "train",
) -> Table:
    """A table of epochs that is in memory; series: (epochs,) of every column."""
    values = np.stack(series, axis=1).astype(np.float64)
    return Table(
        level, statistic, "epoch", columns, label, meaning, lambda start, stop: values[start:stop], split
    )


def _backward(statistics: Statistics) -> Iterator[Table]:
    """What flows back between layers and through time, where it was recorded."""
    edges = [
        (f"{edge.source} → {edge.target}", values)
        for place, edge in enumerate(statistics.graph.edges)
        if not np.isnan(values := statistics.edge(place)).all()
    ]
    if edges:
        names, series = zip(*edges, strict=True)
        label, meaning = "What flows back through a connection", "mean of ‖∂L/∂a‖₂ over the epoch's steps"
        yield _held("edge", "gradient_norm", _unique(names), list(series), label, meaning)
    for layer, times in statistics.through_time.items():
        values = statistics.gradient_through_time(layer)
        names = tuple(str(time) for time in range(times))
        label, meaning = "What flows back to a time step", "mean of ‖∂L/∂x_t‖₂ over the epoch's steps"
        yield _held("through_time", layer, names, list(values.T), label, meaning)


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names with numbers behind those that came before: two layers may be connected more than once."""
    return tuple(
        name + (f" ({before + 1})" if (before := names[:place].count(name)) else "")
        for place, name in enumerate(names)
    )
