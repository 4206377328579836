"""The writer of ``statistics.h5``: block by block, into place only when complete."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.runfile import Run
from gradevo.statistics.backward import backward_series
from gradevo.statistics.layers import owners
from gradevo.statistics.names import EPOCH_STATISTICS, LAYER_STATISTICS, STEP_SCALARS, STEP_STATISTICS, TOTAL
from gradevo.statistics.spectrum import Spectrum
from gradevo.statistics.store import FORMAT, VERSION

CHUNK_ELEMENTS = 2**18  # 1 MiB of float32
BUFFERED_ARRAYS = 2**12
BUFFERED_BYTES = 2**20

Float64 = NDArray[np.float64]


@contextmanager
def statistics_writer(path: Path, run: Run) -> Iterator["StatisticsWriter"]:
    """A writer of the run's statistics to `path`.

    The file grows as ``statistics.partial.h5`` beside ``statistics.h5``; leaving the ``with`` block
    moves it into place, leaving it by an exception removes it. The same calls give the same bytes.
    """
    with atomic_file(path) as partial, h5py.File(partial, "w") as file:
        writer = StatisticsWriter(file, run)
        yield writer
        writer.flush()


class StatisticsWriter:
    """Writes the statistics of a run, block by block.

    All datasets but the spectra are created at once with their final shapes.
    """

    def __init__(self, file: h5py.File, run: Run) -> None:
        self._file = file
        self._epochs: dict[str, _Rows] = {}
        self._steps: dict[str, _Rows] = {}
        self._layers: dict[str, _Rows] = {}
        self._backward: dict[str, _Rows] = {}
        self._gradients: dict[str, _Rows] = {}
        self._describe(run)
        self._create(run)

    def write_steps(self, values: Mapping[str, Float64]) -> None:
        """Write statistics of the next steps: name -> (steps, T+1)."""
        for name, rows in values.items():
            self._steps[name].append(rows)

    def write_epochs(self, values: Mapping[str, Float64]) -> None:
        """Write statistics of the next epochs: name -> (epochs, T+1)."""
        for name, rows in values.items():
            self._epochs[name].append(rows)

    def write_layers(self, values: Mapping[str, Float64]) -> None:
        """Write statistics of the next epochs' layers: name -> (epochs, L)."""
        for name, rows in values.items():
            self._layers[name].append(rows)

    def write_backward(self, path: str, norms: Float64) -> None:
        """Write the means of the next epochs, (epochs, width), of the series with this path."""
        self._backward[path].append(norms)

    def write_gradient(self, tensor: str, gradient: Float64) -> None:
        """Write a tensor's sum of the next epoch's gradients, (*shape), rounded to float32."""
        with np.errstate(over="ignore"):  # a sum beyond float32 is recorded as infinite
            self._gradients[tensor].append(gradient.astype(np.float32)[None])

    def write_spectrum(self, kind: str, spectrum: Spectrum) -> None:
        """Write the spectrum of this kind."""
        dataset = self._file.create_dataset(f"spectrum/{kind}", data=spectrum.energies)
        dataset.attrs.update(total=spectrum.total, shrunk=spectrum.shrunk, steps=spectrum.steps)

    def flush(self) -> None:
        """Write the rows that are still pending."""
        for group in (self._steps, self._epochs, self._layers, self._backward, self._gradients):
            for rows in group.values():
                rows.flush()

    def _describe(self, run: Run) -> None:
        step, epoch = run.first_nonfinite_step, run.first_nonfinite_epoch
        self._file.attrs.update(
            format=FORMAT,
            version=VERSION,
            experiment=json.dumps(run.experiment, sort_keys=True),
            seed=run.seed,
            steps_per_epoch=run.steps_per_epoch,
            record_every=run.record_every,
            first_nonfinite_step=-1 if step is None else step,
            first_nonfinite_epoch=-1 if epoch is None else epoch,
            data_label=run.remarks,
            graph=run.graph.to_json(),
        )
        sizes = [int(np.prod(run.shape(tensor), dtype=np.int64)) for tensor in run.tensors]
        self._file["columns"] = np.array([*run.tensors, TOTAL], dtype=h5py.string_dtype())
        self._file["sizes"] = np.array([*sizes, sum(sizes)], dtype=np.int64)

    def _create(self, run: Run) -> None:
        columns = len(run.tensors) + 1
        epochs, steps = self._file.create_group("epochs"), self._file.create_group("steps")
        for name in EPOCH_STATISTICS:
            self._epochs[name] = _Rows(epochs.create_dataset(name, (run.epochs, columns), np.float64))
        for name in STEP_STATISTICS:
            self._steps[name] = _Rows(steps.create_dataset(name, (run.steps, columns), np.float64))
        layers = self._file.create_group("layers")
        by_layer = (run.epochs, len(owners(run.graph)))
        for name in LAYER_STATISTICS:
            self._layers[name] = _Rows(layers.create_dataset(name, by_layer, np.float64))
        for series in backward_series(run):
            means = self._file.create_dataset(series.path, (run.epochs, series.width), np.float64)
            self._backward[series.path] = _Rows(means)
        for name in STEP_SCALARS:
            steps.create_dataset(name, data=run.step(name)[: run.steps])
        for split in ("train", "validation"):
            group = self._file.create_group(f"metrics/{split}")
            for name, values in run.metrics(split).items():
                group.create_dataset(name, data=np.asarray(values[: run.epochs], dtype=np.float64))
        gradients = self._file.create_group("gradients")
        for tensor in run.tensors:
            shape = run.shape(tensor)
            dataset = gradients.create_dataset(
                tensor,
                (run.epochs, *shape),
                np.float32,
                maxshape=(None, *shape),  # a chunk of one epoch is allowed even where there are none
                chunks=(1, *_chunk(shape)),
                **hdf5plugin.Bitshuffle(cname="lz4"),
            )
            self._gradients[tensor] = _Rows(dataset)


def _chunk(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The tensor's shape, its leading axes cut until at most `CHUNK_ELEMENTS` remain."""
    chunk = list(shape)
    for axis, length in enumerate(shape):
        rest = int(np.prod(chunk[axis + 1 :], dtype=np.int64))
        chunk[axis] = min(length, max(1, CHUNK_ELEMENTS // rest))
    return tuple(chunk)


class _Rows:
    """Rows of a dataset, many written at a time: a call of h5py costs more than a small tensor does."""

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self._pending: list[NDArray[Any]] = []
        self._written = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Take (rows, …) in, and write if there are enough."""
        self._pending.append(rows)
        pending = len(self._pending)
        if pending >= BUFFERED_ARRAYS or pending * rows.nbytes >= BUFFERED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        if self._pending:
            rows = np.concatenate(self._pending)
            self._dataset[self._written : self._written + len(rows)] = rows
            self._written += len(rows)
            self._pending.clear()
