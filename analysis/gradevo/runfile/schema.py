"""The table of what a run file holds: names, shapes, axes, chunks and compression."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Literal

import hdf5plugin
import numpy as np

from gradevo.layers import LayerGraph
from gradevo.runfile.selection import Selection

FORMAT = "gradevo-run"
VERSION = 4
SPLITS = ("train", "validation")
SLOTS = 2
NORMS = ("updates", "applied")
"""Of every step and tensor: ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂; the norm of the gradient that the optimizer applied, clipped."""
ACTIVATION_GRADIENTS = "activation_gradients"
DIGEST = "epoch_digest"
"""The series of the epochs' checksums (``digest``)."""

# A chunk is what HDF5 compresses and reads as one piece; one that fits into the chunk
# cache (1 MiB by default) is decompressed only once however small the slices are.
CHUNK_BYTES = 1 << 20
SMALL_CHUNK_BYTES = 1 << 16
EPOCH_ROWS = 64  # of an uncompressed series of epochs, in a chunk
UNKNOWN_ROWS = 1024  # of a series of steps, at most, where the length of an epoch is not known

COMPRESSION = hdf5plugin.Bitshuffle(cname="lz4")

Rows = Literal["step", "epoch", "weights", "file"]
AXES: Mapping[Rows, str] = {"step": "step", "epoch": "epoch", "weights": "epochs_trained"}
"""What a row belongs to -> the name of the axis of rows, which is that of a dataset with its coordinates."""


def is_norm(path: str) -> bool:
    """Whether a dataset holds a norm of every step and of one tensor.

    >>> is_norm("steps/updates/dense/kernel"), is_norm("steps/updates"), is_norm("steps/loss")
    (True, False, False)
    """
    return path.startswith(tuple(f"steps/{kind}/" for kind in NORMS))


def rows_of(path: str) -> Rows:
    """What a row of a dataset with rows belongs to.

    >>> rows_of("steps/loss"), rows_of("weights/dense/kernel"), rows_of("metrics/train/loss")
    ('step', 'weights', 'epoch')
    """
    folder = path.partition("/")[0]
    if folder in {"step", "steps", "gradients", "through_time", ACTIVATION_GRADIENTS}:
        return "step"
    return "weights" if folder in {"weights", "epochs_trained"} else "epoch"


@dataclass(frozen=True)
class Series:
    """A dataset of the run file: a row of its table, `Plan.series`.

    path: in the file.
    per: what a row belongs to: a recorded step, an epoch, or "weights", which are there before training and
        after every epoch. "file": no rows, but one value.
    shape: of a row, or of the one value. dtype: of its elements.
    compressed: whether HDF5 compresses it.
    value: of one without rows, at the start.
    """

    path: str
    per: Rows
    shape: tuple[int, ...] = ()
    dtype: str = "int64"
    compressed: bool = False
    value: int = 0

    @property
    def row_bytes(self) -> int:
        """Size of a row, uncompressed."""
        return prod(self.shape) * np.dtype(self.dtype).itemsize

    @property
    def missing(self) -> float:
        """What stands in a row for which there is nothing to write."""
        return np.nan if np.dtype(self.dtype).kind == "f" else -1

    def rows(self, steps: int, epochs: int) -> int:
        """Rows after so many steps and complete epochs."""
        return {"step": steps, "epoch": epochs, "weights": epochs + 1, "file": 1}[self.per]


@dataclass(frozen=True)
class Plan:
    """What a run will record: enough to lay out the file before training.

    tensors: path of each trainable tensor -> its shape, in the model's order.
    epochs: how many are planned; batches: of an epoch. None: not known.
    dtype: of gradients and weights, float32 unless the model holds float64.
    metrics: names of the metrics of each split; the split "validation" may be missing. Others may come later.
    state: (shape, dtype) of every variable that a checkpoint holds.
    numbers: what is recorded of every step beside the loss, such as "learning_rate".
    norms: what is recorded of every step and tensor, such as "updates", ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂.
    record_every, record_epochs: which batches become steps of the file, see `Selection`.
    keep_bits: bits of the mantissa that the gradients keep (``rounding``); None for all.
    graph: the model's layers and connections.
    activation_gradients: whether the norm of what flows back through every edge of the graph is
        recorded with every step.
    through_time: recurrent layers -> time steps T, for which it is also recorded time step by time step.
    attributes: root attributes (strings and integers) that describe the run.
    """

    tensors: Mapping[str, tuple[int, ...]]
    epochs: int | None = None
    batches: int | None = None
    metrics: Mapping[str, Sequence[str]] = field(default_factory=dict)
    state: Sequence[tuple[tuple[int, ...], str]] = ()
    dtype: str = "float32"
    numbers: Sequence[str] = ()
    norms: Sequence[str] = ()
    record_every: int = 1
    record_epochs: Collection[int] | None = None
    keep_bits: int | None = None
    graph: LayerGraph = field(default_factory=LayerGraph)
    activation_gradients: bool = False
    through_time: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def selection(self) -> Selection:
        """Which batches become steps."""
        epochs = self.record_epochs
        return Selection(self.record_every, None if epochs is None else tuple(epochs))

    @property
    def steps_per_epoch(self) -> int | None:
        """Recorded steps of an epoch, where that is known and the same for all."""
        if self.batches is None or self.selection.epochs is not None:
            return None
        return self.selection.steps(self.batches, [1])

    @property
    def steps(self) -> int | None:
        """Recorded steps of all epochs planned, where that is known."""
        if self.batches is None or self.epochs is None:
            return None
        return self.selection.steps(self.batches, range(1, self.epochs + 1))

    @property
    def parameters(self) -> int:
        """Number of elements of all tensors together."""
        return sum(prod(shape) for shape in self.tensors.values())

    @property
    def bytes_per_step(self) -> int:
        """Size of one step's gradients, uncompressed."""
        return self.parameters * np.dtype(self.dtype).itemsize

    def bytes(self, steps: int, epochs: int) -> int:
        """Size of what the run file holds after so many recorded steps and epochs.

        What rounding takes away counts, what compression gains does not. HDF5's own structures, some 100 kB,
        come on top.
        """
        total = sum(series.row_bytes * series.rows(steps, epochs) for series in self.series())
        if self.keep_bits is None:
            return total
        gradients = steps * self.bytes_per_step
        kind = np.finfo(self.dtype)
        return total - gradients + gradients * (kind.bits - kind.nmant + self.keep_bits) // kind.bits

    def series(self) -> Iterator[Series]:
        """All datasets but the tensors' names and the axes of a row, in the order in which they are created.

        What creates, appends, copies, measures or compares run files goes by this table.
        """
        for per, axis in AXES.items():
            yield Series(axis, per)
        for name, shape in self.tensors.items():
            yield Series(f"gradients/{name}", "step", shape, self.dtype, compressed=True)
            yield Series(f"weights/{name}", "weights", shape, self.dtype, compressed=True)
            if self.selection:
                yield Series(f"epoch_sums/{name}", "epoch", shape, "float64", compressed=True)
        for name in ("epoch", "batch", "batch_size"):
            yield Series(f"steps/{name}", "step")
        yield Series("steps/loss", "step", dtype=self.dtype)
        for name in self.numbers:
            yield Series(f"steps/{name}", "step", dtype="float64")
        for kind in self.norms:
            for name in self.tensors:
                yield Series(f"steps/{kind}/{name}", "step", dtype=self.dtype)
        for layer, times in self.through_time.items():
            yield Series(f"through_time/{layer}", "step", (times,), "float32", compressed=True)
        if self.activation_gradients:
            edges = (len(self.graph.edges),)
            yield Series(ACTIVATION_GRADIENTS, "step", edges, "float32", compressed=True)
        yield Series("epoch_stop", "epoch")
        yield Series(DIGEST, "epoch", dtype="uint64")
        yield from metric_series(self.metrics)
        for slot in range(SLOTS):
            for i, (shape, dtype) in enumerate(self.state):
                yield Series(f"checkpoint/{slot}/{i}", "file", shape, dtype)
            if self.state:
                yield Series(f"checkpoint/{slot}/digest", "file", dtype="uint64")
        for name in ("first_nonfinite_step", "first_nonfinite_epoch"):
            yield Series(name, "file", value=-1)
        yield Series("complete", "file")
        yield Series("epochs_complete", "file")

    @property
    def root_attributes(self) -> dict[str, Any]:
        """All attributes of the file's root, by which one run is told from another."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "epochs": self.epochs or 0,  # 0: not known
            "batches_per_epoch": self.batches or 0,
            **self.selection.attributes,
            "keep_bits": self.keep_bits or 0,  # 0: all
            "graph": self.graph.to_json(),
            **self.attributes,
        }

    def chunk(self, series: Series) -> tuple[int, ...]:
        """Shape of the chunks of a dataset with rows."""
        if series.per == "step":
            # Epochs of one step would each compress and write the chunk that they share.
            single = series.compressed and self.selection.epochs is not None
            rows = 1 if single else rows_per_chunk(self.steps_per_epoch, series.row_bytes)
            return rows, *series.shape
        return 1 if series.compressed else EPOCH_ROWS, *series.shape


def metric_series(metrics: Mapping[str, Iterable[str]]) -> Iterator[Series]:
    """The datasets of metrics, split -> names."""
    for split, names in metrics.items():
        for name in names:
            yield Series(f"metrics/{split}/{name}", "epoch", dtype="float64")


def partial_path(path: Path) -> Path:
    """Where a run is written until it is complete: ``run.h5`` -> ``run.partial.h5``."""
    return path.with_name(f"{path.stem}.partial{path.suffix}")


def final_path(path: Path) -> Path:
    """Where a partial file will be when it is complete: ``run.partial.h5`` -> ``run.h5``."""
    return path.with_name(path.name.replace(".partial.", "."))


def copy_path(path: Path) -> Path:
    """What takes the partial file's place once it is whole: ``run.h5`` -> ``run.partial-copy.h5``."""
    return path.with_name(f"{path.stem}.partial-copy{path.suffix}")


def tensor_paths(names: Iterable[str]) -> list[str]:
    """Paths under which tensors of these names can stand side by side in an HDF5 file, in their order.

    Of equal names the later ones are numbered; so is a name that would be the folder of another.

    >>> tensor_paths(["dense/kernel", "dense/kernel", "scale/scale", "scale", "a//../b"])
    ['dense/kernel', 'dense/kernel_2', 'scale/scale', 'scale_2', 'a/_/b']
    """
    cleaned = ["/".join(_component(part) for part in name.split("/") if part) or "_" for name in names]
    folders = {path[:at] for path in cleaned for at, letter in enumerate(path) if letter == "/"}
    reserved = {*cleaned, *folders}
    paths: list[str] = []
    for path in cleaned:
        unique, count = path, 1
        while unique in paths or unique in (folders if count == 1 else reserved):
            count += 1
            unique = f"{path}_{count}"
        paths.append(unique)
    return paths


def _component(part: str) -> str:
    """A part of a path; "." and ".." would be folders, HDF5's names end at a NUL."""
    return "_" if part in (".", "..") else part.replace("\0", "_")


def rows_per_chunk(steps_per_epoch: int | None, row_bytes: int) -> int:
    """Steps that share a chunk of a gradient dataset.

    A chunk that straddles two epochs would be compressed and written twice, and SWMR
    never gives the first copy's space back. So the rows divide the epoch where a divisor
    gives chunks of a decent size; else the few chunks on epoch borders are the lesser evil. Where the length
    of an epoch is not known, chunks are small.
    """
    if steps_per_epoch is None:
        return min(UNKNOWN_ROWS, max(1, SMALL_CHUNK_BYTES // max(1, row_bytes)))
    divisors = [d for d in range(1, steps_per_epoch + 1) if steps_per_epoch % d == 0]
    fitting = [d for d in divisors if d * row_bytes <= CHUNK_BYTES]
    rows = max(fitting, default=1)
    if rows < steps_per_epoch and rows * row_bytes < SMALL_CHUNK_BYTES:
        rows = min(steps_per_epoch, max(1, CHUNK_BYTES // max(1, row_bytes)))
    return rows
