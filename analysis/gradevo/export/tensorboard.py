"""TensorBoard's event files: scalars of steps and epochs, and histograms.

Written with the package ``tensorboard`` alone, without TensorFlow. Times in the files are 0: the record has
no clock, and the same statistics give the same bytes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.export.package import package
from gradevo.export.tables import Axis, Histogram, Table, blocks, coordinate, histograms, tables
from gradevo.statistics.store import Statistics

FILE = "events.out.tfevents.gradevo"
"""In a folder per split, as of Keras' own callback. TensorBoard reads what has ``tfevents`` in its name."""

FLOAT = 1
"""Of TensorFlow's types, float32; a tensor without a shape is a scalar."""

SHARES = {
    "zeros": "Share of the epoch's gradient elements that are 0",
    "nonfinite": "Share of the epoch's gradient elements that are infinite or NaN",
}
EXPONENTS = "Distribution of log₂|g| over the elements of all batch gradients of the epoch, without zeros"


def write_tensorboard(statistics: Statistics, folder: Path) -> list[Path]:
    """Write ``train/`` and, where there are metrics of it, ``validation/`` into a folder.

    Scalars are float32, as TensorBoard keeps them; an event is a step (from 0) or an epoch (from 1).

    Returns:
        The files.

    Raises:
        GradevoError: Where the package is missing.
    """
    events = _Events()
    found = list(tables(statistics))
    paths = []
    for split in dict.fromkeys(table.split for table in found):
        own = [table for table in found if table.split == split]
        path = folder / split / FILE
        with atomic_file(path) as partial, partial.open("wb") as file:
            records = events.records(file)
            records.write(events.header())
            axes: tuple[Axis, ...] = ("step", "epoch")
            for axis in axes:
                for event in _scalars(events, statistics, axis, [one for one in own if one.axis == axis]):
                    records.write(event)
            if split == "train":
                for event in _distributions(events, statistics):
                    records.write(event)
        paths.append(path)
    return paths


def _scalars(
    events: "_Events", statistics: Statistics, axis: Axis, found: Sequence[Table]
) -> Iterator[bytes]:
    """An event per row, with a value per column of these tables; the first says what each is."""
    names = [table.name(column) for table in found for column in table.columns]
    about = [(table.label, table.meaning) for table in found for _ in table.columns]
    for start, stop in blocks(statistics, axis, list(found)) if names else ():
        rows = np.concatenate([table.read(start, stop) for table in found], axis=1)
        for row, values in enumerate(rows, start):
            yield events.scalars(coordinate(axis, row), names, values, about if row == 0 else None)


def _distributions(events: "_Events", statistics: Statistics) -> Iterator[bytes]:
    for tensor, found in histograms(statistics):
        for row, one in enumerate(found):
            epoch = coordinate("epoch", row)
            yield events.histogram(epoch, f"distribution.log2_gradient/{tensor}", one)
            shares = [np.divide(getattr(one, name), max(one.elements, 1)) for name in SHARES]
            names = [f"distribution.{name}/{tensor}" for name in SHARES]
            about = list(SHARES.items()) if row == 0 else None
            yield events.scalars(epoch, names, np.array(shares), about)


class _Events:
    """TensorBoard's protocol buffers, as bytes."""

    def __init__(self) -> None:
        self._event = package("tensorboard.compat.proto.event_pb2", "tensorboard").Event
        self._summary = package("tensorboard.compat.proto.summary_pb2", "tensorboard").Summary
        self._of_scalars = package("tensorboard.plugins.scalar.metadata", "tensorboard")
        self._of_histograms = package("tensorboard.plugins.histogram.metadata", "tensorboard")
        self._tensor = package("tensorboard.util.tensor_util", "tensorboard").make_tensor_proto
        self.records: Any = package("tensorboard.summary.writer.record_writer", "tensorboard").RecordWriter

    def header(self) -> bytes:
        """The first event of a file."""
        event: bytes = self._event(file_version="brain.Event:2").SerializeToString()
        return event

    def scalars(
        self,
        step: int,
        names: Sequence[str],
        values: NDArray[np.float64],
        about: Sequence[tuple[str, str]] | None,
    ) -> bytes:
        """An event with a value per name; about: label and meaning of each, told once."""
        summary = self._summary()
        with np.errstate(over="ignore"):  # beyond float32 it is infinite
            rounded = values.astype(np.float32).tolist()
        for place, (name, value) in enumerate(zip(names, rounded, strict=True)):
            one = summary.value.add(tag=name)
            one.tensor.dtype = FLOAT
            one.tensor.float_val.append(value)
            if about is not None:
                label, meaning = about[place]
                description = f"{label}: {meaning}" if meaning else label
                one.metadata.CopyFrom(self._of_scalars.create_summary_metadata(None, description))
        event: bytes = self._event(step=step, summary=summary).SerializeToString()
        return event

    def histogram(self, epoch: int, name: str, found: Histogram) -> bytes:
        """An event with a histogram: rows of left and right edge, and count."""
        rows = np.stack([found.edges[:-1], found.edges[1:], found.counts], axis=1).astype(np.float64)
        summary = self._summary()
        summary.value.add(
            tag=name,
            tensor=self._tensor(rows, dtype=np.float64),
            metadata=self._of_histograms.create_summary_metadata(None, EXPONENTS),
        )
        event: bytes = self._event(step=epoch, summary=summary).SerializeToString()
        return event
