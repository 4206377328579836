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
from numpy.typing import NDArray

from gradevo.runfile.full_disk import is_full
from gradevo.runfile.hdf5 import create_file, require_group
from gradevo.runfile.rounding import round_mantissa
from gradevo.runfile.schema import COMPRESSION, SLOTS, Plan, partial_path

OPENED = (
    "gradients",
    "weights",
    "epoch_sums",
    "metrics",
    "checkpoint",
    "steps",
    "activation_gradients",
    "through_time",
)
"""The order in which datasets are opened for writing, on which the file's bytes depend."""


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
        recorded = [series for series in plan.series() if series.content is None]
        recorded.sort(key=lambda series: OPENED.index(series.group))
        self._datasets = {series.path: self._file[series.path] for series in recorded}
        self._gradients, self._weights, self._sums = (
            [self._datasets[series.path] for series in recorded if series.group == group]
            for group in ("gradients", "weights", "epoch_sums")
        )
        # What `write_steps` fills beside the gradients.
        steps = [series.path for series in recorded if series.per == "step" and series.group != "gradients"]
        self._of_steps = {path: self._datasets[path] for path in steps}
        self.batches_taken = 0
        self._epoch_sum = np.zeros(plan.parameters if self._sums else 0)
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

    def write_initial_weights(self, weights: Sequence[NDArray[Any]]) -> None:
        """Write row 0 of every weight dataset; ``weights`` in the order of ``plan.tensors``."""
        self._write_weights(0, weights)
        self._file.flush()

    def write_steps(
        self,
        gradients: NDArray[Any],
        losses: NDArray[Any],
        edges: NDArray[Any] | None = None,
        through_time: Mapping[str, NDArray[Any]] | None = None,
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
        gradients = gradients[kept]
        if not len(gradients):
            return
        start = self.steps_written
        for dataset, columns in _columns(self._gradients):
            values = gradients[:, columns]
            if self.plan.keep_bits is not None:
                values = round_mantissa(np.ascontiguousarray(values), self.plan.keep_bits)
            _write_rows(dataset, start, values)
        rows: dict[str, Any] = {"steps/loss": losses, "activation_gradients": edges}
        rows |= {f"through_time/{layer}": norms for layer, norms in (through_time or {}).items()}
        for path, dataset in self._of_steps.items():
            _write_rows(dataset, start, rows[path][kept])
        self.steps_written += len(gradients)

    def mark_nonfinite(self, batch: int) -> None:
        """Note the run's first batch (from 0, recorded or not) with a non-finite loss or gradient."""
        self.first_nonfinite_batch = batch
        self._file["first_nonfinite_batch"][()] = batch

    def complete_epoch(
        self,
        weights: Sequence[NDArray[Any]],
        metrics: Mapping[str, Mapping[str, float]],
        state: Sequence[NDArray[Any]],
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
                _write_rows(self._datasets[f"metrics/{split}/{name}"], epoch, np.array([number]))
        # The other slot keeps the state of the epoch before until this one counts.
        for i, value in enumerate(state):
            dataset = self._datasets[f"checkpoint/{(epoch + 1) % SLOTS}/{i}"]
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
            _cut(self._file_path, self.plan, self.steps_written, self.epochs_complete)
        os.replace(self._file_path, self.path)
        return self.path

    def copy_epochs(self, source: h5py.File, epochs: int) -> None:
        """Take over the first ``epochs`` complete epochs of a file of the same plan."""
        steps = epochs * self.plan.steps_per_epoch
        for series in self.plan.series():
            if series.path in self._datasets:
                _copy_rows(source[series.path], self._datasets[series.path], series.rows(steps, epochs))
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

    def _write_weights(self, row: int, weights: Sequence[NDArray[Any]]) -> None:
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
    """Create every attribute, group and dataset of the plan."""
    file.attrs.update(plan.root_attributes)
    file.create_dataset("tensors", data=list(plan.tensors), dtype=h5py.string_dtype())
    for group in ("gradients", "weights", "metrics", "steps"):
        require_group(file, group)
    for series in plan.series():
        folder, _, name = series.path.rpartition("/")
        group = require_group(file, folder)
        if series.per == "file":
            group.create_dataset(name, data=np.full(series.shape, series.content or 0, series.dtype))
            continue
        shape = (series.rows(plan.steps, plan.epochs), *series.shape)
        created = group.create_dataset(
            name,
            shape,
            series.dtype,
            maxshape=shape,  # without a stated maximum, HDF5 would refuse to cut a stopped run
            chunks=plan.chunk(series),
            **(COMPRESSION if series.compressed else {}),
        )
        if series.content is not None:
            # HDF5 finds a place for the rows when the dataset is closed. To keep the bytes of version 3, that
            # is at once for the epochs, and for others when the next such dataset has been created.
            filled = created
            filled[:] = series.content
            if series.path == "steps/epoch":
                del created, filled


def _columns(datasets: Sequence[h5py.Dataset]) -> Iterator[tuple[h5py.Dataset, slice]]:
    """Every tensor's dataset with its place in the flattened and joined tensors."""
    at = 0
    for dataset in datasets:
        size = prod(dataset.shape[1:])
        yield dataset, slice(at, at + size)
        at += size


def _write_rows(dataset: h5py.Dataset, start: int, values: NDArray[Any]) -> None:
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
    if target.chunks is None:  # one value
        target[...] = source[()]
        return
    step = target.chunks[0]
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        target[start:stop] = source[start:stop]


def _cut(path: Path, plan: Plan, steps: int, epochs: int) -> None:
    """Shorten every dataset to the steps and epochs that were recorded."""
    with h5py.File(path, "r+", libver="latest") as file:
        for series in plan.series():
            if series.per != "file":
                file[series.path].resize(series.rows(steps, epochs), axis=0)
