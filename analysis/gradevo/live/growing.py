"""What is kept of a run while it grows: norms instead of gradients, small enough for a page.

It answers what the checks of health ask of a statistics file, by the same formulas.
"""

from collections.abc import Generator, Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from gradevo.layers import Layer
from gradevo.runfile.reader import Run
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.formulas import cosine, ratio
from gradevo.timeline import Timeline

BLOCK_BYTES = 4 * 2**20
"""Of gradients that are read at once."""

Values = NDArray[np.float64]


class Rows:
    """Columns of numbers that grow together, each of them in one piece."""

    def __init__(self, columns: int) -> None:
        self._all = np.empty((columns, 64), np.float32)
        self._length = 0

    @property
    def values(self) -> NDArray[np.float32]:
        """(columns, rows)"""
        return self._all[:, : self._length]

    def append(self, rows: NDArray[np.floating]) -> None:
        """Append (columns, rows)."""
        stop = self._length + rows.shape[1]
        if stop > self._all.shape[1]:
            larger = np.empty((len(self._all), 2 * stop), np.float32)
            larger[:, : self._length] = self.values
            self._all = larger
        with np.errstate(over="ignore"):
            self._all[:, self._length : stop] = rows
        self._length = stop

    def cut(self, length: int) -> None:
        """Keep the first rows alone."""
        self._length = min(length, self._length)


class GrowingRun:
    """The numbers of one run, as far as they were read.

    Attributes:
        groups: The layers that own tensors; of tensors without a graph, those that are taken for layers.
        layers: Their ids where there is a graph: those that health judges.
        epochs: Complete epochs that were read.
    """

    def __init__(self, run: Run) -> None:
        self.tensors = run.tensors
        self.graph = run.graph
        self.groups: tuple[Layer, ...] = run.graph.owners or tuple(run.graph.layers_of(run.tensors))
        self.layers = tuple(layer.id for layer in run.graph.owners)
        self.selection = run.selection
        self.experiment = run.experiment
        self.seed = run.seed
        self.remarks = run.remarks
        self.through_time = run.through_time
        self.has_edges = run.records_activation_gradients and bool(run.graph.edges)
        self.has_updates = "updates" in run.norms
        self.has_rate = "learning_rate" in run.step_series
        self.first_nonfinite_epoch: int | None = None
        self.metrics: dict[str, dict[str, Values]] = {}
        self._shapes = [run.shape(tensor) for tensor in run.tensors]
        count, layers = len(run.tensors), len(self.groups)
        self._digests = np.empty(0, np.uint64)
        self._stops = np.empty(0, np.int64)
        self._step = {
            "loss": Rows(1),
            "learning_rate": Rows(1),
            "norm": Rows(count),
            "update": Rows(count + 1),
        }
        self._epoch = {
            **{name: Rows(layers) for name in ("gradient_norm", "highest_gradient_norm", "layer_cosine")},
            **{name: Rows(count + 1) for name in ("weight_norm", "update_to_weight")},
            "edges": Rows(len(run.graph.edges)),
            **{f"time:{layer}": Rows(length) for layer, length in run.through_time.items()},
        }
        self._last: list[Values] | None = None  # step's gradient, of every tensor
        self._columns = [[self.tensors.index(name) for name in layer.tensors] for layer in self.groups]

    @property
    def epochs(self) -> int:
        """Complete epochs that were read."""
        return len(self._stops)

    @property
    def steps(self) -> int:
        """Steps that were read: of the complete epochs, and of the last one of a run that ended within it."""
        return int(self._step["loss"].values.shape[1])

    @property
    def timeline(self) -> Timeline:
        """Where the epochs begin and end among the steps."""
        return Timeline(self._stops, self.steps)

    def common(self, run: Run) -> int:
        """Of how many epochs that were read the record holds just these; it may be another training's."""
        digests = run.digests[: self.epochs]
        if run.tensors != self.tensors or len(digests) < min(self.epochs, run.epochs):
            return 0
        differ = np.flatnonzero(digests != self._digests[: len(digests)])
        return int(differ[0]) if len(differ) else len(digests)

    def forget(self, epochs: int) -> None:
        """Keep so many epochs."""
        self._stops, self._digests = self._stops[:epochs], self._digests[:epochs]
        for rows in self._epoch.values():
            rows.cut(epochs)
        for rows in self._step.values():
            rows.cut(self.timeline.complete_steps)
        self._last = None

    def read(self, run: Run) -> Iterator[None]:
        """Read what the record has gained; yields again and again, so that its caller may pause.

        Epochs appear here when all of theirs has been read.
        """
        self.first_nonfinite_epoch = run.first_nonfinite_epoch
        self.metrics = {split: run.metrics(split) for split in ("train", "validation")}
        digests, stops = run.digests, run.timeline.stops
        series = {name: run.step(name) for name in ("loss", "learning_rate") if name in run.step_series}
        row_bytes = sum(map(prod, self._shapes)) * np.dtype(run.dtype).itemsize
        while self.epochs < run.epochs:
            start = self.timeline.complete_steps
            reach = start + max(1, BLOCK_BYTES // row_bytes)
            last = max(self.epochs + 1, int(np.searchsorted(stops, reach, side="right")))
            step, stop = {}, int(stops[last - 1])
            squares, dots, lasts = yield from self._read_gradients(run, start, stop)
            step["norm"] = np.sqrt(squares)
            epoch = self._layers(squares, dots, stops[self.epochs : last] - start)
            weights = yield from self._read_weights(run, last)
            epoch |= weights | self._backward(run, start, stops[self.epochs : last])
            if self.has_updates:
                lengths = np.diff(stops[self.epochs : last], prepend=start)
                before = np.repeat(self._weights_before(epoch["weight_norm"], run), lengths, axis=1)
                moved = run.read_norms("updates", start, stop).T.astype(np.float64)
                step["update"] = ratio(_with_all(moved), before)
            step |= {name: values[None, start:stop] for name, values in series.items()}
            for name, rows in step.items():
                self._step[name].append(rows)
            for name, rows in epoch.items():
                self._epoch[name].append(rows)
            self._digests, self._stops, self._last = digests[:last], stops[:last], lasts
            yield
        if self.steps < run.steps:  # ended within an epoch
            start = self.steps
            squares, _, _ = yield from self._read_gradients(run, start, run.steps)
            self._step["norm"].append(np.sqrt(squares))
            self._step["loss"].append(series["loss"][None, start:])
        self._last = None  # is read again where the record goes on: as large as the model, for every run

    def _read_gradients(
        self, run: Run, start: int, stop: int
    ) -> Generator[None, None, tuple[Values, Values, list[Values]]]:
        """Squared norms, and products with the gradient of the step before, (T, steps); the last."""
        squares, dots = np.empty((2, len(self.tensors), stop - start))
        lasts = []
        for place, tensor in enumerate(self.tensors):
            size = prod(self._shapes[place])
            rows = max(1, BLOCK_BYTES // (8 * size))
            last = self._last[place] if self._last else np.full(size, np.nan)
            if self._last is None and start:
                last = run.read_gradients(tensor, start - 1, start).reshape(size).astype(np.float64)
            for top in range(start, stop, rows):
                end = min(top + rows, stop)
                now = run.read_gradients(tensor, top, end).reshape(end - top, size).astype(np.float64)
                with np.errstate(invalid="ignore", over="ignore"):
                    squares[place, top - start : end - start] = np.vecdot(now, now)
                    dots[place, top - start] = np.vecdot(now[0], last)
                    dots[place, top - start + 1 : end - start] = np.vecdot(now[1:], now[:-1])
                last = now[-1].copy()
                yield
            lasts.append(last)
        return squares, dots, lasts

    def _layers(self, squares: Values, dots: Values, stops: NDArray[np.int64]) -> dict[str, Values]:
        """Statistics of layers, (L, epochs) each; stops: of the epochs among these steps."""
        starts = np.append(0, stops[:-1])
        before = self._step["norm"].values[:, -1:].astype(np.float64) ** 2
        if not before.size:
            before = np.full((len(squares), 1), np.nan)

        def by_layer(values: Values) -> Values:
            with np.errstate(invalid="ignore", over="ignore"):
                return np.stack([values[own].sum(axis=0) for own in self._columns])

        own = by_layer(squares)
        cosines = cosine(by_layer(dots), own, np.append(by_layer(before), own[:, :-1], axis=1))
        defined = ~np.isnan(cosines)
        norms = np.sqrt(own)
        with np.errstate(invalid="ignore", over="ignore"):
            sums = np.add.reduceat(np.where(defined, cosines, 0), starts, axis=1)
            return {
                "gradient_norm": np.add.reduceat(norms, starts, axis=1) / np.diff(stops, prepend=0),
                "highest_gradient_norm": np.maximum.reduceat(norms, starts, axis=1),
                "layer_cosine": ratio(sums, np.add.reduceat(defined.astype(np.float64), starts, axis=1)),
            }

    def _read_weights(self, run: Run, last: int) -> Generator[None, None, dict[str, Values]]:
        """Norms of the weights after the epochs up to `last`, and of their changes: (T + 1, epochs) each."""
        count = last - self.epochs
        squares, changes, before = np.empty((3, len(self.tensors) + 1, count))
        for place, tensor in enumerate(self.tensors):
            size = prod(self._shapes[place])
            rows = max(1, BLOCK_BYTES // (8 * size))
            for top in range(0, count, rows):
                end = min(top + rows, count)
                first = self.epochs + top
                weights = run.read_weights(tensor, first, self.epochs + end + 1)
                flat = weights.reshape(end - top + 1, size).astype(np.float64)
                with np.errstate(invalid="ignore", over="ignore"):
                    moved = np.diff(flat, axis=0)
                    norms = np.vecdot(flat, flat)
                    squares[place, top:end], before[place, top:end] = norms[1:], norms[:-1]
                    changes[place, top:end] = np.vecdot(moved, moved)
                yield
        for values in (squares, changes, before):
            values[-1] = values[:-1].sum(axis=0)
        return {"weight_norm": np.sqrt(squares), "update_to_weight": ratio(np.sqrt(changes), np.sqrt(before))}

    def _weights_before(self, norms: Values, run: Run) -> Values:
        """Norms of the weights where the epochs began whose end has these: (T + 1, epochs)."""
        known = self._epoch["weight_norm"].values[:, -1:].astype(np.float64)
        if not self.epochs:
            first = [run.weights(tensor, 0).ravel().astype(np.float64) for tensor in self.tensors]
            known = _with_all(np.sqrt([[np.vecdot(weights, weights)] for weights in first]))
        return np.append(known, norms[:, :-1], axis=1)

    def _backward(self, run: Run, start: int, stops: NDArray[np.int64]) -> dict[str, Values]:
        """Means over the epochs of what flows back through edges and time steps."""
        starts, stop = np.append(0, stops[:-1] - start), int(stops[-1])
        lengths = np.diff(stops, prepend=start)
        found = {
            f"time:{layer}": run.gradients_through_time(layer, start, stop) for layer in self.through_time
        }
        if self.has_edges:
            found["edges"] = run.activation_gradients(start, stop)
        with np.errstate(invalid="ignore", over="ignore"):
            return {
                name: np.add.reduceat(rows.T.astype(np.float64), starts, axis=1) / lengths
                for name, rows in found.items()
            }

    # What the checks of health ask, as `gradevo.statistics.store.Statistics` answers it.

    def layer(self, statistic: str, layer: str) -> Values:
        """A statistic of a layer, (epochs,)."""
        return _float64(self._epoch[statistic].values[self.layers.index(layer)])

    def gradient_through_time(self, layer: str) -> Values:
        """Mean norms at each time step, (epochs, T)."""
        return self._epoch[f"time:{layer}"].values.T.astype(np.float64)

    def step(self, name: str, column: str = TOTAL) -> Values:
        """A series of steps, (steps,).

        "loss" or "learning_rate"; of a tensor or all, "l2_norm_individual" or "update_to_weight_individual".
        """
        if name in ("loss", "learning_rate"):
            return _float64(self._step[name].values[0])
        if name == "update_to_weight_individual":
            return _float64(self._step["update"].values[self._row(column)])
        norms = self._step["norm"].values
        rows = norms if column == TOTAL else norms[[self._row(column)]]
        total: Values = rows.sum(axis=0, dtype=np.float64)
        return total

    def epoch(self, name: str, column: str = TOTAL) -> Values:
        """The "weight_norm" after every epoch, or "update_to_weight"; of a tensor or all, (epochs,)."""
        return _float64(self._epoch[name].values[self._row(column)])

    def _row(self, column: str) -> int:
        return (*self.tensors, TOTAL).index(column)

    def peaks(self) -> dict[str, float]:
        """Every tensor's largest norm that is finite; 0 without any."""
        norms = self._step["norm"].values
        largest = np.max(norms, axis=1, initial=0, where=np.isfinite(norms))
        return dict(zip(self.tensors, largest.tolist(), strict=True))

    def epoch_means(self, name: str) -> Values:
        """The mean of a series of steps over every epoch's, (epochs,)."""
        starts = np.append(0, self._stops[:-1])
        with np.errstate(invalid="ignore", over="ignore"):
            sums = np.add.reduceat(self.step(name)[: self.timeline.complete_steps], starts)
        return sums / self.timeline.lengths

    @property
    def layer_norms(self) -> NDArray[np.float32]:
        """Mean norm of the layers' gradients in every epoch, (L, epochs)."""
        return self._epoch["gradient_norm"].values

    @property
    def edges(self) -> NDArray[np.float32]:
        """Mean norm of what flows back through every edge, (E, epochs); (E, 0) where it was not recorded."""
        return self._epoch["edges"].values

    def squares_of_layers(self, edges: NDArray[np.int64]) -> Values:
        """Mean squared norm of the layers' gradients in bins of steps, (L, bins)."""
        norms = self._step["norm"].values[:, edges[0] : edges[-1]]
        found = np.zeros((len(self.groups), len(edges) - 1))
        if not norms.shape[1]:
            return found
        with np.errstate(invalid="ignore", over="ignore"):
            for row, own in zip(found, self._columns, strict=True):  # one by one: all would be large
                squares = np.square(norms[own], dtype=np.float64).sum(axis=0)
                row[:] = np.add.reduceat(squares, edges[:-1] - edges[0]) / np.diff(edges)
        return found


def _float64(values: NDArray[np.float32]) -> Values:
    return values.astype(np.float64)


def _with_all(norms: Values) -> Values:
    """Norms of tensors, and below them that of all as one vector: (T, n) -> (T + 1, n)."""
    with np.errstate(over="ignore"):
        return np.append(norms, np.sqrt(np.square(norms).sum(axis=0, keepdims=True)), axis=0)
