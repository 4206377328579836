"""The writers of ``statistics.h5``, block by block, and of ``statistics.csv``: complete files, or none."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.runfile.reader import Run
from gradevo.runfile.seal import seal
from gradevo.statistics.blocks import backward_series
from gradevo.statistics.catalogue import CATALOGUE, LEARNING_RATE, STEP_SCALARS, TOTAL, of_level
from gradevo.statistics.exponents import BINS
from gradevo.statistics.fold import WIDTH, stride
from gradevo.statistics.spectrum import Spectrum
from gradevo.statistics.statistic import EpochValues, LayerValues, Level, RunValues, StepValues
from gradevo.statistics.store import (
    DIGESTS,
    FOLDED,
    FOLDED_LAYERS,
    FOLDED_WEIGHTS,
    FORMAT,
    STATE,
    VERSION,
    Statistics,
)

CHUNK_ELEMENTS = 2**18  # 1 MiB of float32
FOLDED_STEPS = 4096
FOLDED_LAYER_STEPS = 256
FOLDED_LAYER_BYTES = 2**26
"""Of all layers' folded gradients: a network of a hundred layers keeps some hundred steps."""
BUFFERED_ARRAYS = 2**12
BUFFERED_BYTES = 2**20

TABLE_COLUMNS = ("epoch", "tensor", "statistic", "value")
EPOCHS_AT_ONCE = 50
"""Of the table, in memory."""


@contextmanager
def statistics_writer(path: Path, run: Run) -> Iterator["StatisticsWriter"]:
    """A writer of the run's statistics to `path`.

    The file grows as ``statistics.partial.h5`` beside ``statistics.h5``; leaving the ``with`` block
    moves it into place, leaving it by an exception removes it. The same calls give the same bytes.
    """
    with atomic_file(path) as partial:
        with h5py.File(partial, "w") as file:
            writer = StatisticsWriter(file, run)
            yield writer
            writer.flush()
        seal(partial)


class StatisticsWriter:
    """Writes the statistics of a run, block by block.

    All datasets but the spectra are created at once with their final shapes.
    """

    def __init__(self, file: h5py.File, run: Run) -> None:
        self._file = file
        self._rows: dict[str, _Rows] = {}
        """Path -> rows that come one after the other."""
        sizes = [math.prod(run.shape(tensor)) for tensor in run.tensors]
        self.fold_width = max(1, min(sum(sizes), WIDTH))
        self._every = stride(run.steps, FOLDED_STEPS)
        row_bytes = max(1, len(run.graph.owners)) * self.fold_width * 4
        self._every_of_layers = stride(
            run.steps, max(1, min(FOLDED_LAYER_STEPS, FOLDED_LAYER_BYTES // row_bytes))
        )
        self._describe(run, sizes)
        self._create(run)

    def write(self, values: StepValues | EpochValues | RunValues | LayerValues | None) -> None:
        """Compute and write all statistics that are made of these values, of the next steps or epochs."""
        for statistic in CATALOGUE:
            rows = self._rows.get(f"{statistic.level}s/{statistic.name}")
            if rows and statistic.compute and statistic.of and isinstance(values, statistic.of):
                rows.append(statistic.compute(values))

    def write_backward(self, path: str, norms: NDArray[np.float64]) -> None:
        """Write the means of the next epochs, (epochs, width), of the series with this path."""
        self._rows[path].append(norms)

    def kept_of_layers(self, start: int) -> slice:
        """Which steps, of those from `start` on, are kept of every layer."""
        return slice(-start % self._every_of_layers, None, self._every_of_layers)

    def write_folded(self, total: NDArray[np.floating], layers: NDArray[np.floating], start: int) -> None:
        """Write what the next steps are folded into: (steps, w) of all parameters, of which some are kept.

        layers: of the steps that are kept of every layer, (those steps, L, w).
        """
        with np.errstate(over="ignore"):  # beyond float32
            self._rows[FOLDED].append(total[-start % self._every :: self._every].astype(np.float32))
            if len(layers):
                self._rows[FOLDED_LAYERS].append(layers.astype(np.float32))

    def write_folded_weights(self, moved: NDArray[np.float64]) -> None:
        """Write w[e] − w[0] of the next epoch, folded, (w,); first that of epoch 0."""
        with np.errstate(over="ignore"):
            self._rows[FOLDED_WEIGHTS].append(moved.astype(np.float32)[None])

    def write_epoch(
        self, tensor: str, gradient: NDArray[np.float32], exponents: NDArray[np.int64], zeros: int
    ) -> None:
        """Write a tensor's sum of the next epoch's gradients, (*shape), and counts of all their elements."""
        self._rows[f"gradients/{tensor}"].append(gradient[None])
        self._rows[f"exponents/{tensor}"].append(exponents[None])
        self._rows[f"zeros/{tensor}"].append(np.array([zeros]))

    def write_spectrum(self, kind: str, spectrum: Spectrum) -> None:
        """Write the spectrum of this kind."""
        dataset = self._file.create_dataset(f"spectrum/{kind}", data=spectrum.energies)
        dataset.attrs.update(totals=spectrum.totals, steps=spectrum.steps)

    def write_state(self, state: Mapping[str, NDArray[np.generic]], digests: NDArray[np.uint64]) -> None:
        """Write what a later pass needs to go on; digests: of the epochs that are in it."""
        group = self._file.create_group(STATE)
        group[DIGESTS] = digests
        for name, values in state.items():
            group[name] = values

    def copy(self, earlier: h5py.File) -> None:
        """Write the rows of statistics of the run's first epochs.

        Where the longer run keeps fewer of its folded steps, so many are left out.
        """
        at_the_end = {f"epochs/{one.name}" for one in CATALOGUE if one.of is RunValues}
        for path, rows in self._rows.items():
            if path in at_the_end:
                continue
            source = earlier[path]
            every = int(self._file[path].attrs.get("every", 1)) // int(source.attrs.get("every", 1))
            length = every * max(
                1, BUFFERED_BYTES // max(1, source.dtype.itemsize * math.prod(source.shape[1:]))
            )
            for start in range(0, len(source), length):
                rows.append(source[start : start + length][::every])

    def flush(self) -> None:
        """Write the rows that are still pending."""
        for rows in self._rows.values():
            rows.flush()

    def _describe(self, run: Run, sizes: list[int]) -> None:
        step, epoch = run.first_nonfinite_step, run.first_nonfinite_epoch
        self._file.attrs.update(
            format=FORMAT,
            version=VERSION,
            experiment=run.experiment.to_json(),
            seed=run.seed,
            **run.selection.attributes,
            first_nonfinite_step=-1 if step is None else step,
            first_nonfinite_epoch=-1 if epoch is None else epoch,
            data_label=run.remarks,
            graph=run.graph.to_json(),
        )
        self._file["columns"] = np.array([*run.tensors, TOTAL], dtype=h5py.string_dtype())
        self._file["epoch_stop"] = run.timeline.stops
        self._file["sizes"] = np.array([*sizes, sum(sizes)], dtype=np.int64)

    def _create(self, run: Run) -> None:
        columns = len(run.tensors) + 1
        shapes: dict[Level, tuple[int, int]] = {
            "epoch": (run.epochs, columns),
            "step": (run.steps, columns),
            "layer": (run.epochs, len(run.graph.owners)),
        }
        for name in ("epochs", "steps"):
            self._file.create_group(name)
        for level, rows in shapes.items():
            self._file.require_group(f"{level}s")
            for name, statistic in of_level(level).items():
                if not statistic.needs or statistic.needs in run.norms:
                    self._add(f"{level}s/{name}", rows, np.float64)
        for series in backward_series(run):
            self._add(series.path, (run.epochs, series.width), np.float64)
        scalars = (*STEP_SCALARS, LEARNING_RATE) if "updates" in run.norms else STEP_SCALARS
        for name in scalars:
            if name in run.step_series:  # of several optimizers, each has one under a name of its own
                self._file["steps"].create_dataset(name, data=run.step(name)[: run.steps])
        for split in ("train", "validation"):
            group = self._file.create_group(f"metrics/{split}")
            for name, values in run.metrics(split).items():
                group.create_dataset(name, data=np.asarray(values[: run.epochs], dtype=np.float64))
        for tensor in run.tensors:
            shape = run.shape(tensor)
            self._add_compressed(f"gradients/{tensor}", (run.epochs, *shape), np.float32, (1, *_chunk(shape)))
            chunk = (max(1, min(run.epochs, EPOCHS_AT_ONCE)), 2, BINS)
            self._add_compressed(f"exponents/{tensor}", (run.epochs, 2, BINS), np.int64, chunk)
            self._add(f"zeros/{tensor}", (run.epochs,), np.int64)
        self._add_folded(FOLDED, run.steps, self._every)
        self._add_folded(FOLDED_LAYERS, run.steps, self._every_of_layers, len(run.graph.owners))
        self._add(FOLDED_WEIGHTS, (run.epochs + 1, self.fold_width), np.float32)

    def _add_folded(self, path: str, steps: int, every: int, *layers: int) -> None:
        self._add(path, (-(-steps // every), *layers, self.fold_width), np.float32)
        self._file[path].attrs["every"] = every

    def _add(self, path: str, shape: tuple[int, ...], kind: type[np.generic]) -> None:
        self._rows[path] = _Rows(self._file.create_dataset(path, shape, kind))

    def _add_compressed(
        self, path: str, shape: tuple[int, ...], kind: type[np.generic], chunk: tuple[int, ...]
    ) -> None:
        dataset = self._file.create_dataset(
            path,
            shape,
            kind,
            maxshape=(None, *shape[1:]),  # a chunk of one epoch is allowed even where there are none
            chunks=chunk,
            **hdf5plugin.Bitshuffle(cname="lz4"),
        )
        self._rows[path] = _Rows(dataset)


def _chunk(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The tensor's shape, its leading axes cut until at most `CHUNK_ELEMENTS` remain."""
    chunk = list(shape)
    for axis, length in enumerate(shape):
        chunk[axis] = min(length, max(1, CHUNK_ELEMENTS // math.prod(chunk[axis + 1 :])))
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


def write_table(statistics_path: str | Path, table_path: str | Path) -> None:
    """Write the epoch statistics of ``statistics.h5`` as CSV: epoch, tensor, statistic, value.

    Epochs count from 1; the tensor is a path or ``total``. Values have the fewest digits that give
    the same float64 again; undefined ones are ``nan``. Rows are ordered by epoch, tensor (in model
    order, then the total) and statistic. The file appears when it is complete.
    """
    with (
        Statistics(statistics_path) as statistics,
        atomic_file(Path(table_path)) as partial,
        partial.open("w", encoding="utf-8", newline="") as file,
    ):
        pd.DataFrame(columns=TABLE_COLUMNS).to_csv(file, index=False, lineterminator="\n")
        for start in range(0, statistics.epochs, EPOCHS_AT_ONCE):
            rows = _table(statistics, start, min(start + EPOCHS_AT_ONCE, statistics.epochs))
            rows.to_csv(file, index=False, header=False, lineterminator="\n", na_rep="nan")


def _table(statistics: Statistics, start: int, stop: int) -> pd.DataFrame:
    """The table of the epochs start+1 … stop."""
    names = list(of_level("epoch"))
    values = np.stack(
        [statistics.epoch_columns(name, start, stop) for name in names], axis=-1
    )  # (epochs, T+1, statistics)
    index = pd.MultiIndex.from_product(
        [range(start + 1, stop + 1), statistics.columns, names], names=TABLE_COLUMNS[:3]
    )
    return pd.DataFrame({TABLE_COLUMNS[3]: values.ravel()}, index=index).reset_index()
