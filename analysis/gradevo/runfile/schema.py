"""Names, shapes, chunks and compression of the run file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import hdf5plugin
import numpy as np

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
        bits = 8 * np.dtype(self.dtype).itemsize
        dropped = 0 if self.keep_bits is None else np.finfo(self.dtype).nmant - self.keep_bits
        gradients = self.steps * self.bytes_per_step * (bits - dropped) // bits
        weights = (self.epochs + 1) * self.bytes_per_step
        sums = self.epochs * self.parameters * 8 if self.record_every > 1 else 0
        state = sum(prod(shape) * np.dtype(dtype).itemsize for shape, dtype in self.state)
        norms = len(self.graph.edges) * self.activation_gradients + sum(self.through_time.values())
        return gradients + weights + sums + SLOTS * state + self.steps * norms * 4


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
