"""The table of what a run file holds: names, shapes, chunks and compression."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Literal

import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from gradevo.layers import LayerGraph

FORMAT = "gradevo-run"
VERSION = 3
SPLITS = ("train", "validation")
SLOTS = 2

# A chunk is what HDF5 compresses and reads as one piece; one that fits into the chunk
# cache (1 MiB by default) is decompressed only once however small the slices are.
CHUNK_BYTES = 1 << 20
SMALL_CHUNK_BYTES = 1 << 16

COMPRESSION = hdf5plugin.Bitshuffle(cname="lz4")


@dataclass(frozen=True)
class Series:
    """A dataset of the run file: a row of its table, `Plan.series`.

    path: in the file.
    per: what a row belongs to: a recorded step, an epoch, or "weights", which are there before training and
        after every epoch. "file": no rows, but one value.
    shape: of a row, or of the one value. dtype: of its elements.
    compressed: whether HDF5 compresses it.
    content: of the whole dataset, where it is known before training, or its value at the start.
    """

    path: str
    per: Literal["step", "epoch", "weights", "file"]
    shape: tuple[int, ...]
    dtype: str
    compressed: bool = False
    content: NDArray[np.int64] | int | None = None

    @property
    def group(self) -> str:
        """The first part of the path."""
        return self.path.partition("/")[0]

    @property
    def row_bytes(self) -> int:
        """Size of a row, uncompressed."""
        return prod(self.shape) * np.dtype(self.dtype).itemsize

    def rows(self, steps: int, epochs: int) -> int:
        """Rows after so many steps and complete epochs."""
        return {"step": steps, "epoch": epochs, "weights": epochs + 1, "file": 1}[self.per]


@dataclass(frozen=True)
class Plan:
    """What a run will record: enough to lay out the whole file before training.

    tensors: path of each trainable tensor -> its shape, in the model's order.
    dtype: of gradients and weights, float32 unless the model holds float64.
    batch_sizes: examples in each batch of an epoch, ``(batches,)``.
    metrics: names of the metrics of each split; the split "validation" may be missing.
    state: (shape, dtype) of every variable that a checkpoint holds.
    record_every: of an epoch's batches, the first and every so-manyth after it become steps of the
        file; when above 1, the file also holds the sum of all batches' gradients of an epoch.
    keep_bits: bits of the mantissa that the gradients keep (``rounding``); None for all.
    graph: the model's layers and connections.
    activation_gradients: whether the norm of what flows back through every edge of the graph is
        recorded with every step.
    through_time: recurrent layers -> time steps T, for which it is also recorded time step by time step.
    attributes: root attributes (strings and integers) that describe the run.
    """

    tensors: Mapping[str, tuple[int, ...]]
    epochs: int
    batch_sizes: Sequence[int]
    metrics: Mapping[str, Sequence[str]]
    state: Sequence[tuple[tuple[int, ...], str]] = ()
    dtype: str = "float32"
    record_every: int = 1
    keep_bits: int | None = None
    graph: LayerGraph = field(default_factory=LayerGraph)
    activation_gradients: bool = False
    through_time: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps_per_epoch(self) -> int:
        """Recorded steps of an epoch."""
        return len(range(0, len(self.batch_sizes), self.record_every))

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch

    @property
    def parameters(self) -> int:
        """Number of elements of all tensors together."""
        return sum(prod(shape) for shape in self.tensors.values())

    @property
    def bytes_per_step(self) -> int:
        """Size of one step's gradients, uncompressed."""
        return self.parameters * np.dtype(self.dtype).itemsize

    @property
    def bytes(self) -> int:
        """Size of what the run file holds: what rounding takes away counts, what compression gains does not.

        HDF5's own structures, some 100 kB, come on top.
        """
        total = sum(series.row_bytes * series.rows(self.steps, self.epochs) for series in self.series())
        if self.keep_bits is None:
            return total
        gradients = self.steps * self.bytes_per_step
        kind = np.finfo(self.dtype)
        return total - gradients + gradients * (kind.bits - kind.nmant + self.keep_bits) // kind.bits

    def series(self) -> Iterator[Series]:
        """All datasets but the tensors' names, in the order in which they are created.

        What creates, appends, copies, cuts, measures or compares run files goes by this table.
        """
        for name, shape in self.tensors.items():
            yield Series(f"gradients/{name}", "step", shape, self.dtype, compressed=True)
            yield Series(f"weights/{name}", "weights", shape, self.dtype, compressed=True)
            if self.record_every > 1:
                yield Series(f"epoch_sums/{name}", "epoch", shape, "float64", compressed=True)
        of_epoch = np.repeat(np.arange(1, self.epochs + 1), self.steps_per_epoch)
        yield Series("steps/epoch", "step", (), "int64", content=of_epoch)
        for name, values in (("batch", range(len(self.batch_sizes))), ("batch_size", self.batch_sizes)):
            recorded = np.tile(values[:: self.record_every], self.epochs)
            yield Series(f"steps/{name}", "step", (), "int64", content=recorded)
        yield Series("steps/loss", "step", (), self.dtype)
        for layer, times in self.through_time.items():
            yield Series(f"through_time/{layer}", "step", (times,), "float32", compressed=True)
        if self.activation_gradients:
            edges = (len(self.graph.edges),)
            yield Series("activation_gradients", "step", edges, "float32", compressed=True)
        for split, names in self.metrics.items():
            for name in names:
                yield Series(f"metrics/{split}/{name}", "epoch", (), "float64")
        for slot in range(SLOTS):
            for i, (shape, dtype) in enumerate(self.state):
                yield Series(f"checkpoint/{slot}/{i}", "file", shape, dtype)
        for name, at_first in (("first_nonfinite_batch", -1), ("steps_complete", 0), ("epochs_complete", 0)):
            yield Series(name, "file", (), "int64", content=at_first)

    @property
    def root_attributes(self) -> dict[str, Any]:
        """All attributes of the file's root, by which one run is told from another."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "steps_per_epoch": self.steps_per_epoch,
            "batches_per_epoch": len(self.batch_sizes),
            "epochs": self.epochs,
            "record_every": self.record_every,
            "keep_bits": self.keep_bits or 0,  # 0: all
            "graph": self.graph.to_json(),
            **self.attributes,
        }

    def chunk(self, series: Series) -> tuple[int, ...]:
        """Shape of the chunks of a dataset with rows."""
        if series.per == "step":
            return rows_per_chunk(self.steps_per_epoch, series.row_bytes), *series.shape
        return 1 if series.compressed else self.epochs, *series.shape


def partial_path(path: Path) -> Path:
    """Where a run is written until it is complete: ``run.h5`` -> ``run.partial.h5``."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")


def rows_per_chunk(steps_per_epoch: int, row_bytes: int) -> int:
    """Steps that share a chunk of a gradient dataset.

    A chunk that straddles two epochs would be compressed and written twice, and SWMR
    never gives the first copy's space back. So the rows divide the epoch where a divisor
    gives chunks of a decent size; else the few chunks on epoch borders are the lesser evil.
    """
    divisors = [d for d in range(1, steps_per_epoch + 1) if steps_per_epoch % d == 0]
    fitting = [d for d in divisors if d * row_bytes <= CHUNK_BYTES]
    rows = max(fitting, default=1)
    if rows < steps_per_epoch and rows * row_bytes < SMALL_CHUNK_BYTES:
        rows = min(steps_per_epoch, max(1, CHUNK_BYTES // max(1, row_bytes)))
    return rows
