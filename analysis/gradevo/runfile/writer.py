"""Writing a run file while a network trains."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, NamedTuple, ParamSpec, Self, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from gradevo.errors import NotWritten
from gradevo.runfile.digest import (
    NONFINITE,
    TEXTS,
    EpochDigest,
    digest_of_state,
    digest_of_texts,
    digests_of,
    stops_of,
)
from gradevo.runfile.disk import not_written
from gradevo.runfile.hdf5 import LIBVER, Growing, create_file, first_rows, require_group
from gradevo.runfile.rounding import round_mantissa
from gradevo.runfile.schema import (
    AXES,
    COMPRESSION,
    DIGEST,
    SLOTS,
    Plan,
    Series,
    copy_path,
    is_norm,
    metric_series,
    partial_path,
)
from gradevo.runfile.seal import seal

P = ParamSpec("P")
R = TypeVar("R")


class Nonfinite(NamedTuple):
    """Where the first loss or gradient stands that is not finite: recorded step, from 0; epoch, from 1.

    Where its batch was not recorded, the step is the next one, which may be beyond the last.
    """

    step: int
    epoch: int


def _writes(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A decorator for methods of a writer: where a write fails, the file is left, and a line says why."""

    @wraps(method)
    def explained(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if self.left:
            raise NotWritten(
                f"{self.path}: expected a record that goes on, found one of which a write has failed; "
                "end this process and start again, which goes on after the last complete epoch"
            )
        try:
            return method(self, *args, **kwargs)
        except (OSError, RuntimeError) as error:
            self.leave()
            line = not_written(self.path, error)
            if line is None:
                raise
            raise line from error
        except BaseException:  # rows of a step may be there without the others
            self.leave()
            raise

    return explained


class RunWriter:
    """A run file that grows step by step and is whole after every epoch.

    All datasets grow along their first axis. The file is in HDF5's SWMR mode, so that other processes can
    read it while it grows and a killed process loses at most its unfinished epoch. It is written beside its
    final place (``partial_path``) and takes its name in ``finish``. Leaving the ``with`` block without
    ``finish`` keeps the partial file.

    Order of writing within an epoch: gradients and what else belongs to steps, weights, metrics, checkpoint;
    flush; ``epochs_complete``; flush. What ``epochs_complete`` counts is always whole.
    """

    left = False  # without what HDF5 had not written yet

    @_writes
    def __init__(self, path: Path, plan: Plan, *, file: Path | None = None) -> None:
        """Create the file for ``path`` as ``file``, the partial path where it is not given.

        A partial file is there only with all its datasets: until then it has another name.
        """
        self.path = path
        self.plan = plan
        self.epochs_complete = 0
        self.steps_written = 0
        self.batches_in_epoch = 0
        self.first_nonfinite: Nonfinite | None = None
        self._file_path = file or copy_path(path)
        self._descriptor: int | None = None
        self._file_path.parent.mkdir(parents=True, exist_ok=True)
        self._take(create_file(self._file_path))
        self._file.attrs.update(plan.root_attributes)
        tensors = self._file.create_dataset("tensors", data=list(plan.tensors), dtype=h5py.string_dtype())
        tensors.make_scale("tensors")
        self._file.attrs[TEXTS] = digest_of_texts(self._file)
        for group in ("gradients", "weights", "metrics", "steps"):
            require_group(self._file, group)
        self._series: dict[str, Series] = {}
        # Looked up once: h5py resolves a path anew at every access.
        self._datasets: dict[str, h5py.Dataset] = {}
        self._growing: dict[str, Growing] = {}
        self._add(plan.series())
        self._epoch_sum = np.zeros(plan.parameters if plan.selection else 0)
        self._digest = EpochDigest()
        self._be_readable()
        if file is None:
            self.rename(partial_path(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file as it is: a partial file that ``resume`` can continue."""
        if self._descriptor is not None:  # else closed or left already
            self._close()

    @_writes
    def _close(self) -> None:
        self._file.flush()
        self._closing = True
        self._file.close()
        self._descriptor = None

    def leave(self) -> None:
        """Let go of the file as a killed process does: what HDF5 has not written yet goes nowhere.

        Where a write has failed, closing would write what is left in any order. What is there already, SWMR
        keeps readable.
        """
        if self._descriptor is None:
            return
        self.left = True
        descriptor, self._descriptor = self._descriptor, None
        with suppress(OSError, RuntimeError), tempfile.NamedTemporaryFile() as file:
            # Not to be read: HDF5 would wait for other content, without end.
            nowhere = os.open(file.name, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
            if not self._closing:
                self._file.close()

    def _be_readable(self) -> None:
        """Start SWMR mode, in which other processes can read the file."""
        self._file.flush()
        self._closing = True
        self._file.swmr_mode = True
        self._closing = False

    def _take(self, file: Any) -> None:
        """Write to a file that was opened."""
        self._file = file
        self._descriptor = file.id.get_vfd_handle()
        self._closing = False  # or SWMR mode begins: where that fails, what HDF5 knows may be freed

    @_writes
    def write_initial_weights(self, weights: Sequence[NDArray[Any]]) -> None:
        """Write row 0 of every weight dataset; ``weights`` in the order of ``plan.tensors``."""
        self._write_weights(weights)
        self._file.flush()

    @_writes
    def write_steps(
        self,
        gradients: NDArray[Any],
        values: Mapping[str, NDArray[Any]],
        finite: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take consecutive batches of an epoch and append those of them that the plan records.

        Args:
            gradients: Of k batches, ``(k, parameters)``, every tensor flattened, in the order of the plan.
            values: Path of a series of steps, such as "steps/loss" -> its k rows. Of integers not given, the
                file says -1, of other numbers NaN. A series that is new is NaN in the steps before.
            finite: Whether the loss and every element of the gradient are finite, ``(k,)``; looked at here
                where it is not given.
        """
        batches = self.batches_in_epoch + np.arange(len(gradients))
        self.batches_in_epoch += len(gradients)
        kept = self.plan.selection.kept(self.epochs_complete + 1, int(batches[0]))
        if self.first_nonfinite is None:
            if finite is None:
                finite = finite_rows(gradients) & np.isfinite(values.get("steps/loss", 0.0))
            bad = np.flatnonzero(~finite)
            if len(bad):
                before = len(range(len(gradients))[: bad[0]][kept])
                self._mark_nonfinite(Nonfinite(self.steps_written + before, self.epochs_complete + 1))
        if len(self._epoch_sum):
            with np.errstate(invalid="ignore", over="ignore"):
                for gradient in gradients:  # one after the other, as `statistics` sums recorded steps
                    self._epoch_sum += gradient
        new = [
            Series(path, "step", rows.shape[1:], self.plan.dtype if is_norm(path) else "float64")
            for path, rows in values.items()
            if path not in self._series
        ]
        if new:
            self._add_while_growing(new)
        gradients = gradients[kept]
        count = len(gradients)
        if not count:
            return
        for name, columns in self._columns():
            rows = gradients[:, columns]
            if self.plan.keep_bits is not None:
                rows = round_mantissa(np.ascontiguousarray(rows), self.plan.keep_bits)
            self._append(f"gradients/{name}", rows)
        values = {path: rows[kept] for path, rows in values.items()}
        counted = {
            "step": np.arange(self.steps_written, self.steps_written + count),
            "steps/epoch": np.full(count, self.epochs_complete + 1),
            "steps/batch": batches[kept],
        }
        for path, series in self._series.items():
            if series.per != "step" or path.startswith("gradients/"):
                continue
            told = counted.get(path, values.get(path))
            self._append(path, np.full((count, *series.shape), series.missing) if told is None else told)
        self.steps_written += count

    @_writes
    def complete_epoch(
        self,
        weights: Sequence[NDArray[Any]],
        metrics: Mapping[str, Mapping[str, float]],
        state: Sequence[NDArray[Any]] = (),
    ) -> None:
        """Write what belongs to the end of an epoch and count the epoch as complete.

        metrics: split -> metric name -> value; such as were not there before are NaN in the epochs before.
        state: the checkpoint's variables, in order.
        """
        new = [series for series in metric_series(metrics) if series.path not in self._series]
        if new:
            self._add_while_growing(new)
        self._write_weights(weights)
        for name, columns in self._columns() if len(self._epoch_sum) else ():
            self._append(f"epoch_sums/{name}", self._epoch_sum[np.newaxis, columns])
        values = {f"metrics/{split}/{name}": one for split, of in metrics.items() for name, one in of.items()}
        values |= {"epoch": self.epochs_complete + 1, "epoch_stop": self.steps_written}
        for path, series in self._series.items():
            if series.per == "epoch" and not series.compressed and path != DIGEST:
                self._append(path, np.array([values.get(path, series.missing)]))
        self._digest.add(NONFINITE, np.array([self.first_nonfinite or (-1, -1)], np.int64))
        self._growing[DIGEST].append(np.array([self._digest.end()], np.uint64))
        # The other slot keeps the state of the epoch before until this one counts.
        slot = f"checkpoint/{(self.epochs_complete + 1) % SLOTS}"
        for i, value in enumerate(state):
            self._datasets[f"{slot}/{i}"].write_direct(np.ascontiguousarray(value))
        if state:
            self._datasets[f"{slot}/digest"][()] = digest_of_state(self.epochs_complete + 1, state)
        self._count(self.epochs_complete + 1)

    @_writes
    def finish(self) -> Path:
        """Say that the run is complete, close and seal the file and name it as asked; returns its path.

        The steps behind the last complete epoch stay: those of a run that was stopped within an epoch.
        """
        self._file.flush()
        self._datasets["complete"][()] = 1
        self.close()
        seal(self._file_path)
        os.replace(self._file_path, self.path)
        return self.path

    def copy_epochs(self, source: h5py.File, epochs: int) -> None:
        """Take over the first ``epochs`` complete epochs of a file of the same plan."""
        steps = int(source["epoch_stop"][epochs - 1])
        for path, series in self._series.items():
            if series.per != "file":
                for rows in first_rows(source[path], series.rows(steps, epochs)):
                    self._copy(path, rows)
            elif path.startswith("checkpoint/"):
                self._copy(path, source[path][()])
        first = Nonfinite(*(int(source[f"first_nonfinite_{unit}"][()]) for unit in Nonfinite._fields))
        if 0 < first.epoch <= epochs:
            self._mark_nonfinite(first)
        self.steps_written = steps
        self._count(epochs)

    @_writes
    def _copy(self, path: str, content: NDArray[Any]) -> None:
        if path in self._growing:
            self._growing[path].append(content)
        else:
            self._datasets[path][...] = content

    @_writes
    def rename(self, path: Path) -> None:
        """Move the open file; HDF5 goes on writing to it under the new name."""
        self._file.flush()
        os.replace(self._file_path, path)
        self._file_path = path

    def _columns(self) -> Iterator[tuple[str, slice]]:
        """Every tensor with its place in the flattened and joined tensors."""
        at = 0
        for name, shape in self.plan.tensors.items():
            yield name, slice(at, at + prod(shape))
            at += prod(shape)

    def _write_weights(self, weights: Sequence[NDArray[Any]]) -> None:
        self._append("epochs_trained", np.array([self._growing["epochs_trained"].length]))
        for name, value in zip(self.plan.tensors, weights, strict=True):
            self._append(f"weights/{name}", value[np.newaxis])

    @_writes
    def _mark_nonfinite(self, first: Nonfinite) -> None:
        self.first_nonfinite = first
        for unit, value in first._asdict().items():
            self._datasets[f"first_nonfinite_{unit}"][()] = value

    @_writes
    def _count(self, epochs: int) -> None:
        self._file.flush()
        # By low-level calls, as in `Growing`; the rest of the file is written already.
        count = self._datasets["epochs_complete"].id
        count.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(epochs))
        count.flush()
        self.epochs_complete = epochs
        self.batches_in_epoch = 0
        self._epoch_sum[:] = 0

    def _append(self, path: str, rows: NDArray[Any]) -> None:
        """Let a dataset grow by rows of the epoch that is being written."""
        self._digest.add(path, self._growing[path].append(rows))

    def _add_while_growing(self, added: Sequence[Series]) -> None:
        """Add datasets, with rows for the epochs before; HDF5 cannot do that in SWMR mode.

        Killed meanwhile, a process would leave a file that cannot be opened: a copy is changed and takes its
        place.
        """
        self.close()
        file = copy_path(self.path)
        try:
            shutil.copyfile(self._file_path, file)
        except OSError:
            file.unlink(missing_ok=True)
            raise
        self._take(h5py.File(file, "r+", libver=LIBVER))
        for path, series in self._series.items():
            self._keep(series, self._file[path])
        self._add(added)
        for series in added:
            rows = series.rows(self.steps_written, self.epochs_complete)
            filled = np.full((rows, *series.shape), series.missing, series.dtype)
            self._growing[series.path].append(filled)
            stops = stops_of(series.per, self._datasets["epoch_stop"][: self.epochs_complete])
            self._datasets[DIGEST][...] ^= digests_of(series.path, [filled], stops)
            unfinished = filled[stops[-1] if len(stops) else 0 :]
            if len(unfinished):
                self._digest.add(series.path, unfinished)
        self._be_readable()
        place, self._file_path = self._file_path, file
        self.rename(place)

    def _add(self, added: Iterator[Series] | Sequence[Series]) -> None:
        """Create datasets; those with rows are empty, and every axis has a name."""
        for series in added:
            folder, _, name = series.path.rpartition("/")
            group = require_group(self._file, folder)
            axes = _axes(self._file, series.shape)
            if series.per == "file":
                created = group.create_dataset(name, data=np.full(series.shape, series.value, series.dtype))
            else:
                created = group.create_dataset(
                    name,
                    (0, *series.shape),
                    series.dtype,
                    maxshape=(None, *series.shape),
                    chunks=self.plan.chunk(series),
                    **(COMPRESSION if series.compressed else {}),
                )
                axes = [AXES[series.per], *axes]
            for dimension, axis in zip(created.dims, axes, strict=True):
                if axis == series.path:
                    created.make_scale(axis)
                else:
                    dimension.attach_scale(self._file[axis])
            self._keep(series, created)

    def _keep(self, series: Series, dataset: h5py.Dataset) -> None:
        self._series[series.path] = series
        self._datasets[series.path] = dataset
        if series.per != "file":
            self._growing[series.path] = Growing(dataset)


def _axes(file: h5py.File, shape: tuple[int, ...]) -> list[str]:
    """The names of the axes of a shape, which have no coordinates; they are made when first asked for.

    A shape's second axis of a length is another one than its first, as xarray wants it.
    """
    names = []
    for at, length in enumerate(shape):
        before = shape[:at].count(length)
        name = f"axis_{length}" + (f"_{before + 1}" if before else "")
        if name not in file:
            # Without a value written it takes no room. The scale's name is netCDF's word for such an axis.
            axis = file.create_dataset(name, (length,), "int8")
            axis.make_scale(f"This is a netCDF dimension but not a netCDF variable. {length:9}")
        names.append(name)
    return names


def finite_rows(gradients: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether all elements of a row are finite, (k, n) -> (k,); a finite sum says so at once."""
    with np.errstate(invalid="ignore", over="ignore"):
        finite: NDArray[np.bool_] = np.isfinite(gradients.sum(axis=1))
    for row in np.flatnonzero(~finite):
        finite[row] = np.isfinite(gradients[row]).all()
    return finite
