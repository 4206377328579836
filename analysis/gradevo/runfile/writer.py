"""Writing a run file while a network trains."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np

from gradevo.runfile.full_disk import is_full
from gradevo.runfile.hdf5 import create_file, require_group
from gradevo.runfile.rounding import round_mantissa
from gradevo.runfile.schema import COMPRESSION, FORMAT, SLOTS, VERSION, Plan, partial_path, rows_per_chunk

Array = np.ndarray[Any, Any]


class RunWriter:
    """A run file that grows step by step and is whole after every epoch.

    All datasets are created at once and the file is then switched to SWMR, so that other
    processes can read it while it grows and a killed process loses at most its unfinished
    epoch. It is written beside its final place (``partial_path``) and takes its name in
    ``finish``. Leaving the ``with`` block without ``finish`` keeps the partial file.

    Order of writing within an epoch: gradients, losses, weights, metrics, checkpoint;
    flush; ``epochs_complete``; flush. What ``epochs_complete`` counts is always whole.
    """

    def __init__(self, path: Path, plan: Plan, *, file: Path | None = None) -> None:
        """Create the file for ``path`` as ``file`` (the partial path when not given)."""
        self.path = path
        self.plan = plan
        self.epochs_complete = 0
        self.steps_written = 0
        self.first_nonfinite_batch: int | None = None
        self._file_path = file or partial_path(path)
        self._file_path.parent.mkdir(parents=True, exist_ok=True)
        self._file = create_file(self._file_path)
        _lay_out(self._file, plan)
        # Looked up once: h5py resolves a path anew at every access.
        self._gradients = [self._file["gradients"][name] for name in plan.tensors]
        self._weights = [self._file["weights"][name] for name in plan.tensors]
        self.batches_taken = 0
        self._sums: list[h5py.Dataset] = []
        if plan.record_every > 1:
            self._sums = [self._file["epoch_sums"][name] for name in plan.tensors]
            self._epoch_sum = np.zeros(plan.parameters)
        self._metrics = {
            (split, name): self._file["metrics"][split][name]
            for split, names in plan.metrics.items()
            for name in names
        }
        self._checkpoint = [
            [self._file["checkpoint"][str(slot)][str(i)] for i in range(len(plan.state))]
            for slot in range(SLOTS)
        ]
        self._losses = self._file["steps"]["loss"]
        self._edges = self._file["activation_gradients"] if plan.activation_gradients else None
        self._through_time = {layer: self._file["through_time"][layer] for layer in plan.through_time}
        self._file.swmr_mode = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or not is_full(error):
            self.close()
            return
        # Without room, closing would write what is left in any order. Not closed, the file is as a
        # killed process leaves it, which SWMR keeps readable once it has the size that it says it has: a hole
        # at its end, which needs no room.
        with suppress(OSError):
            os.truncate(self._file_path, self._file.id.get_filesize())

    def close(self) -> None:
        """Close the file as it is: a partial file that ``resume`` can continue."""
        self._file.close()

    def write_initial_weights(self, weights: Sequence[Array]) -> None:
        """Write row 0 of every weight dataset; ``weights`` in the order of ``plan.tensors``."""
        self._write_weights(0, weights)
        self._file.flush()

    def write_steps(
        self,
        gradients: Array,
        losses: Array,
        edges: Array | None = None,
        through_time: Mapping[str, Array] | None = None,
    ) -> None:
        """Take consecutive batches of an epoch and append those of them that the plan records.

        gradients: ``(k, parameters)``, every tensor flattened, in the order of the plan.
        losses: ``(k,)``. edges: ``(k, E)``, norms of the gradients at the edges of the plan's graph, and
        through_time: layer -> ``(k, T)``, at the time steps; both only where the plan records them.
        """
        every = self.plan.record_every
        of_epoch = self.batches_taken % len(self.plan.batch_sizes)
        kept = slice(-of_epoch % every, None, every)
        self.batches_taken += len(losses)
        if self._sums:
            with np.errstate(invalid="ignore", over="ignore"):
                for gradient in gradients:  # one after the other, as `statistics` sums recorded steps
                    self._epoch_sum += gradient
        gradients, losses = gradients[kept], losses[kept]
        if not len(losses):
            return
        start = self.steps_written
        for dataset, columns in _columns(self._gradients):
            values = gradients[:, columns]
            if self.plan.keep_bits is not None:
                values = round_mantissa(np.ascontiguousarray(values), self.plan.keep_bits)
            _write_rows(dataset, start, values)
        _write_rows(self._losses, start, losses)
        if self._edges is not None and edges is not None:
            _write_rows(self._edges, start, edges[kept])
        for layer, dataset in self._through_time.items():
            _write_rows(dataset, start, (through_time or {})[layer][kept])
        self.steps_written += len(losses)

    def mark_nonfinite(self, batch: int) -> None:
        """Note the run's first batch (from 0, recorded or not) with a non-finite loss or gradient."""
        self.first_nonfinite_batch = batch
        self._file["first_nonfinite_batch"][()] = batch

    def complete_epoch(
        self,
        weights: Sequence[Array],
        metrics: Mapping[str, Mapping[str, float]],
        state: Sequence[Array],
    ) -> None:
        """Write what belongs to the end of an epoch and count the epoch as complete.

        metrics: split -> metric name -> value; state: the checkpoint's variables, in order.
        """
        epoch = self.epochs_complete
        self._write_weights(epoch + 1, weights)
        for dataset, columns in _columns(self._sums):
            _write_rows(dataset, epoch, self._epoch_sum[np.newaxis, columns])
        for split, values in metrics.items():
            for name, number in values.items():
                _write_rows(self._metrics[split, name], epoch, np.array([number]))
        # The other slot keeps the state of the epoch before until this one counts.
        for dataset, value in zip(self._checkpoint[(epoch + 1) % SLOTS], state, strict=True):
            _write_rows(dataset, 0, value) if value.ndim else dataset.write_direct(value)
        self._file["steps_complete"][()] = self.steps_written
        self._count(epoch + 1)

    def finish(self) -> Path:
        """Close the file and give it its final name; returns that path.

        A run that ended before its plan (a stop at a non-finite gradient) is cut to the
        steps and epochs that it has.
        """
        self._file["steps_complete"][()] = self.steps_written
        self._file.close()
        if self.epochs_complete < self.plan.epochs:
            _cut(self._file_path, self.steps_written, self.epochs_complete)
        os.replace(self._file_path, self.path)
        return self.path

    def copy_epochs(self, source: h5py.File, epochs: int) -> None:
        """Take over the first ``epochs`` complete epochs of a file of the same plan."""
        steps = epochs * self.plan.steps_per_epoch
        for name, gradients, weights in zip(self.plan.tensors, self._gradients, self._weights, strict=True):
            _copy_rows(source["gradients"][name], gradients, steps)
            _copy_rows(source["weights"][name], weights, epochs + 1)
        for name, sums in zip(self.plan.tensors, self._sums, strict=False):
            _copy_rows(source["epoch_sums"][name], sums, epochs)
        self._losses[:steps] = source["steps"]["loss"][:steps]
        if self._edges is not None:
            _copy_rows(source["activation_gradients"], self._edges, steps)
        for layer, dataset in self._through_time.items():
            _copy_rows(source["through_time"][layer], dataset, steps)
        for (split, name), dataset in self._metrics.items():
            dataset[:epochs] = source["metrics"][split][name][:epochs]
        for slot, datasets in enumerate(self._checkpoint):
            for i, dataset in enumerate(datasets):
                dataset[...] = source["checkpoint"][str(slot)][str(i)][()]
        bad = int(source["first_nonfinite_batch"][()])
        if 0 <= bad < epochs * len(self.plan.batch_sizes):
            self.mark_nonfinite(bad)
        self.steps_written = steps
        self._file["steps_complete"][()] = steps
        self._count(epochs)

    def rename(self, path: Path) -> None:
        """Move the open file; HDF5 goes on writing to it under the new name."""
        os.replace(self._file_path, path)
        self._file_path = path

    def _write_weights(self, row: int, weights: Sequence[Array]) -> None:
        for dataset, value in zip(self._weights, weights, strict=True):
            _write_rows(dataset, row, value[np.newaxis])

    def _count(self, epochs: int) -> None:
        self._file.flush()
        self._file["epochs_complete"][()] = epochs
        self._file.flush()
        self.epochs_complete = epochs
        self.batches_taken = epochs * len(self.plan.batch_sizes)
        if self._sums:
            self._epoch_sum[:] = 0


def _lay_out(file: h5py.File, plan: Plan) -> None:
    """Create every group, dataset and attribute of the schema."""
    file.attrs["format"] = FORMAT
    file.attrs["version"] = VERSION
    file.attrs["steps_per_epoch"] = plan.steps_per_epoch
    file.attrs["batches_per_epoch"] = len(plan.batch_sizes)
    file.attrs["epochs"] = plan.epochs
    file.attrs["record_every"] = plan.record_every
    file.attrs["keep_bits"] = 0 if plan.keep_bits is None else plan.keep_bits  # 0: all
    file.attrs["graph"] = plan.graph.to_json()
    for name, value in plan.attributes.items():
        file.attrs[name] = value
    file.create_dataset("tensors", data=list(plan.tensors), dtype=h5py.string_dtype())

    for group in ("gradients", "weights", "metrics", "steps"):
        require_group(file, group)
    itemsize = np.dtype(plan.dtype).itemsize
    for name, shape in plan.tensors.items():
        rows = rows_per_chunk(plan.steps_per_epoch, prod(shape) * itemsize)
        _rows_dataset(file, f"gradients/{name}", plan.steps, shape, plan.dtype, rows, COMPRESSION)
        _rows_dataset(file, f"weights/{name}", plan.epochs + 1, shape, plan.dtype, 1, COMPRESSION)
        if plan.record_every > 1:
            _rows_dataset(file, f"epoch_sums/{name}", plan.epochs, shape, "float64", 1, COMPRESSION)

    steps, epochs = plan.steps_per_epoch, plan.epochs
    of_epoch = np.repeat(np.arange(1, epochs + 1), steps)
    _rows_dataset(file, "steps/epoch", plan.steps, (), "int64", steps)[:] = of_epoch
    recorded = slice(None, None, plan.record_every)
    for key, values in (("batch", range(len(plan.batch_sizes))), ("batch_size", plan.batch_sizes)):
        dataset = _rows_dataset(file, f"steps/{key}", plan.steps, (), "int64", steps)
        dataset[:] = np.tile(values[recorded], epochs)
    _rows_dataset(file, "steps/loss", plan.steps, (), plan.dtype, steps)
    norms = {f"through_time/{layer}": times for layer, times in plan.through_time.items()}
    if plan.activation_gradients:
        norms["activation_gradients"] = len(plan.graph.edges)
    for name, width in norms.items():
        rows = rows_per_chunk(steps, width * 4)
        _rows_dataset(file, name, plan.steps, (width,), "float32", rows, COMPRESSION)
    for split, names in plan.metrics.items():
        for name in names:
            _rows_dataset(file, f"metrics/{split}/{name}", epochs, (), "float64", epochs)

    for slot in range(SLOTS):
        group = require_group(file, f"checkpoint/{slot}")
        for i, (shape, dtype) in enumerate(plan.state):
            group.create_dataset(str(i), data=np.zeros(shape, dtype))

    file.create_dataset("first_nonfinite_batch", data=np.int64(-1))
    file.create_dataset("steps_complete", data=np.int64(0))
    file.create_dataset("epochs_complete", data=np.int64(0))


def _rows_dataset(
    file: h5py.File,
    name: str,
    rows: int,
    shape: tuple[int, ...],
    dtype: str,
    rows_in_chunk: int,
    compression: Mapping[str, Any] | None = None,
) -> h5py.Dataset:
    """A dataset ``(rows, *shape)`` that a stopped run can cut; tensors may be empty of axes."""
    folder, _, leaf = name.rpartition("/")
    whole = (rows, *shape)
    # Without a stated maximum, HDF5 would refuse to shrink it.
    return require_group(file, folder).create_dataset(
        leaf, whole, dtype, maxshape=whole, chunks=(rows_in_chunk, *shape), **(compression or {})
    )


def _columns(datasets: Sequence[h5py.Dataset]) -> Iterator[tuple[h5py.Dataset, slice]]:
    """Every tensor's dataset with its place in the flattened and joined tensors."""
    at = 0
    for dataset in datasets:
        size = prod(dataset.shape[1:])
        yield dataset, slice(at, at + size)
        at += size


def _write_rows(dataset: h5py.Dataset, start: int, values: Array) -> None:
    """``dataset[start : start + len(values)] = values`` for values of any shape with as many elements.

    By h5py's low-level calls: the indexing of the high-level ones takes longer than writing
    the rows of a small network.
    """
    rows = (len(values), *dataset.id.shape[1:])
    space = dataset.id.get_space()
    space.select_hyperslab((start, *(0 for _ in rows[1:])), rows)
    content = np.ascontiguousarray(values, dataset.dtype)
    dataset.id.write(h5py.h5s.create_simple(rows), space, content)


def _copy_rows(source: h5py.Dataset, target: h5py.Dataset, rows: int) -> None:
    step = target.chunks[0]
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        target[start:stop] = source[start:stop]


def _cut(path: Path, steps: int, epochs: int) -> None:
    """Shorten every dataset to the steps and epochs that were recorded."""
    with h5py.File(path, "r+", libver="latest") as file:

        def cut(item: h5py.Group | h5py.Dataset, rows: int) -> None:
            if isinstance(item, h5py.Dataset):
                item.resize(rows, axis=0)
            else:
                for part in item.values():
                    cut(part, rows)

        lengths = {
            "gradients": steps,
            "steps": steps,
            "weights": epochs + 1,
            "metrics": epochs,
            "epoch_sums": epochs,
            "activation_gradients": steps,
            "through_time": steps,
        }
        for name, rows in lengths.items():
            if name in file:
                cut(file[name], rows)
