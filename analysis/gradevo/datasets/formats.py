"""The formats of sources.yaml: from the files of one part to features and targets."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradevo.datasets import cifar
from gradevo.datasets.dataset import Array
from gradevo.datasets.members import Content, Parsed
from gradevo.datasets.rows import rows_of
from gradevo.datasets.sources import Format, Own
from gradevo.datasets.tables import series, table

Files = Sequence[Content]

_UNSIGNED_BYTE = 0x08


def _idx_array(file: Content, dimensions: int) -> Array:
    """Parse one IDX file of bytes.

    It begins with two zero bytes, the code of the values' type and the number of dimensions; then come the
    dimensions as 32-bit numbers, and the values in C order. All numbers are big-endian.
    """
    data, origin = file.data, file.origin
    magic = bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    if data[:4] != magic:
        expected = f"an IDX file of bytes in {dimensions} dimensions, which begins with {magic.hex(' ')}"
        raise origin.fault(expected, data[:4].hex(" ") or "an empty file")
    begin = 4 + 4 * dimensions
    if len(data) < begin:
        raise origin.fault(f"{dimensions} dimensions of 4 bytes in the IDX file", f"{len(data) - 4} bytes")
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, begin, 4))
    if len(data) - begin != math.prod(shape):
        raise origin.fault(
            f"{math.prod(shape)} values, as the IDX file's shape {shape} says", len(data) - begin
        )
    return np.frombuffer(data, dtype=np.uint8, offset=begin).reshape(shape)


def csv(files: Files) -> Parsed:
    """Numbers between commas, the target last, no header."""
    (file,) = files
    return table(rows_of(file, ","), file.origin, Own(kind="own", header=False)).parsed


def scikit_learn_csv(files: Files) -> Parsed:
    """`csv` below one line of counts and class names, as scikit-learn keeps its small datasets."""
    (file,) = files
    return csv([replace(file, data=file.data.partition(b"\n")[2])])


def ucr_tsv(files: Files) -> Parsed:
    """One series a line, its label first, as in the UCR archive."""
    (file,) = files
    return series(file)


def idx(files: Files) -> Parsed:
    """Images (n, height, width) and labels (n,), each in an IDX file; both uint8, views of the files' bytes.

    Raises GradevoError if a file is not of the format, or holds other than three and one dimensions of bytes.
    """
    images, labels = files
    return _idx_array(images, dimensions=3), _idx_array(labels, dimensions=1)


def cifar_10(files: Files) -> Parsed:
    """Any number of batches."""
    return cifar.batches(files, labels="labels")


def cifar_100(files: Files) -> Parsed:
    """Any number of batches; of the two kinds of labels, the 100 fine ones."""
    return cifar.batches(files, labels="fine_labels")


FORMATS: Mapping[Format, Callable[[Files], Parsed]] = {
    "csv": csv,
    "scikit-learn-csv": scikit_learn_csv,
    "ucr-tsv": ucr_tsv,
    "idx": idx,
    "cifar-10": cifar_10,
    "cifar-100": cifar_100,
}
