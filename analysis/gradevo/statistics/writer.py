"""The writer of ``statistics.h5``: block by block, into place only when complete."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from ..runfile import Run, partial_path
from .names import EPOCH_STATISTICS, STEP_SCALARS, STEP_STATISTICS, TOTAL
from .store import FORMAT, VERSION

CHUNK_ELEMENTS = 2**18  # 1 MiB of float32


class StatisticsWriter:
    """Writes the statistics of a run.

    All datasets are created at once with their final shapes. The file grows as
    ``statistics.partial.h5`` beside ``statistics.h5``; leaving the ``with`` block moves it into
    place, leaving it by an exception removes it. The same calls give the same bytes.
    """

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._partial = partial_path(path)
        self._file = h5py.File(self._partial, "w")
        try:
            self._describe(run)
            self._create(run)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        self._file.close()
        os.replace(self._partial, self._path)

    def write_steps(self, start: int, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Write step statistics: name -> (steps, T+1), the first row being step `start`."""
        for name, rows in values.items():
            self._file["steps"][name][start : start + len(rows)] = rows

    def write_epoch(self, epoch: int, values: Mapping[str, NDArray[np.float64]]) -> None:
        """Write epoch statistics: name -> (T+1,), for `epoch` counted from 1."""
        for name, row in values.items():
            self._file["epochs"][name][epoch - 1] = row

    def write_epochs(self, statistic: str, values: NDArray[np.float64]) -> None:
        """Write one statistic of all epochs: (epochs, T+1)."""
        self._file["epochs"][statistic][...] = values

    def write_gradient(self, tensor: str, epoch: int, gradient: NDArray[np.float64]) -> None:
        """Write a tensor's sum of an epoch's gradients, (*shape), rounded to float32."""
        with np.errstate(over="ignore"):  # a sum beyond float32 is recorded as infinite
            self._file["gradients"][tensor][epoch - 1] = gradient.astype(np.float32)

    def _describe(self, run: Run) -> None:
        first = run.first_nonfinite_step
        self._file.attrs.update(
            format=FORMAT,
            version=VERSION,
            experiment=json.dumps(run.experiment, sort_keys=True),
            seed=run.seed,
            steps_per_epoch=run.steps_per_epoch,
            first_nonfinite_step=-1 if first is None else first,
            data_label=run.data_label,
        )
        sizes = [int(np.prod(run.shape(tensor), dtype=np.int64)) for tensor in run.tensors]
        self._file["columns"] = np.array([*run.tensors, TOTAL], dtype=h5py.string_dtype())
        self._file["sizes"] = np.array([*sizes, sum(sizes)], dtype=np.int64)

    def _create(self, run: Run) -> None:
        columns = len(run.tensors) + 1
        epochs, steps = self._file.create_group("epochs"), self._file.create_group("steps")
        for name in EPOCH_STATISTICS:
            epochs.create_dataset(name, (run.epochs, columns), np.float64)
        for name in STEP_STATISTICS:
            steps.create_dataset(name, (run.steps, columns), np.float64)
        for name in STEP_SCALARS:
            steps.create_dataset(name, data=run.step(name)[: run.steps])
        for split in ("train", "validation"):
            group = self._file.create_group(f"metrics/{split}")
            for name, values in run.metrics(split).items():
                group.create_dataset(name, data=np.asarray(values[: run.epochs], dtype=np.float64))
        gradients = self._file.create_group("gradients")
        for tensor in run.tensors:
            shape = run.shape(tensor)
            gradients.create_dataset(
                tensor,
                (run.epochs, *shape),
                np.float32,
                maxshape=(None, *shape),  # a chunk of one epoch is allowed even where there are none
                chunks=(1, *_chunk(shape)),
                **hdf5plugin.Bitshuffle(cname="lz4"),
            )

    def _discard(self) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)


def _chunk(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The tensor's shape, its leading axes cut until at most `CHUNK_ELEMENTS` remain."""
    chunk = list(shape)
    for axis, length in enumerate(shape):
        rest = int(np.prod(chunk[axis + 1 :], dtype=np.int64))
        chunk[axis] = min(length, max(1, CHUNK_ELEMENTS // rest))
    return tuple(chunk)
