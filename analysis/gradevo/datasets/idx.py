"""The IDX format of the MNIST files: http://yann.lecun.com/exdb/mnist/, "File formats"."""

import math

import numpy as np

from gradevo.datasets.dataset import Array
from gradevo.datasets.members import Content

_UNSIGNED_BYTE = 0x08


def images_and_labels(images: Content, labels: Content) -> tuple[Array, Array]:
    """Parse a pair of IDX files: (n, height, width) and (n,), both uint8, views of the files' bytes.

    Raises GradevoError if a file is not of the format, or holds other than three and one dimensions of bytes.
    """
    return idx(images, dimensions=3), idx(labels, dimensions=1)


def idx(file: Content, dimensions: int) -> Array:
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
