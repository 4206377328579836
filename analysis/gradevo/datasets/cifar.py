"""The batches of CIFAR-10 and CIFAR-100: Python 2 pickles, read without executing anything in them.

https://www.cs.toronto.edu/~kriz/cifar.html, "Dataset layout".
"""

import io
import pickle
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from gradevo.datasets.dataset import Array
from gradevo.datasets.members import Content
from gradevo.datasets.origin import Origin

SIDE, CHANNELS = 32, 3
PIXELS = CHANNELS * SIDE * SIDE


def batches(files: Sequence[Content], labels: str) -> tuple[Array, Array]:
    """Join the batches: (n, 32, 32, 3) uint8 and (n,) int64.

    labels: the key under which a batch keeps them.

    Raises GradevoError if a file is no batch, or its pickle asks for anything but an array of bytes.
    """
    read = [_batch(file, labels) for file in files]
    x = np.empty((sum(len(data) for data, _ in read), SIDE, SIDE, CHANNELS), dtype=np.uint8)
    begin = 0
    for data, _ in read:
        # A row holds the red pixels, then the green, then the blue ones, each line by line.
        planes = data.reshape(-1, CHANNELS, SIDE, SIDE)
        x[begin : begin + len(data)] = planes.transpose(0, 2, 3, 1)
        begin += len(data)
    return x, np.concatenate([y for _, y in read])


def _batch(file: Content, labels: str) -> tuple[Array, Array]:
    """Return a batch's rows (n, 3072), uint8, and its labels (n,), int64."""
    unpickled = _Unpickler(file).read()
    if not isinstance(unpickled, dict):
        raise file.origin.fault("a batch of CIFAR, which is a dict", f"a {type(unpickled).__name__}")
    batch = {key.decode("latin-1") if isinstance(key, bytes) else key: unpickled[key] for key in unpickled}
    data, y = batch.get("data"), batch.get(labels)
    if not isinstance(data, _Bytes) or data.array is None or data.array.shape[1:] != (PIXELS,):
        expected = f"`data` of shape (rows, {PIXELS}), uint8"
        raise file.origin.fault(expected, getattr(getattr(data, "array", None), "shape", type(data).__name__))
    if not isinstance(y, list) or not all(type(label) is int for label in y):
        raise file.origin.fault(f"a list of whole numbers as `{labels}`", type(y).__name__)
    if len(y) != len(data.array):
        raise file.origin.fault(f"as many rows in `data` as in `{labels}`", f"{len(data.array)} and {len(y)}")
    if any(label.bit_length() > 63 for label in y):
        raise file.origin.fault(f"whole numbers of 64 bits as `{labels}`", "larger ones")
    return data.array, np.array(y, dtype=np.int64)


class _Type:
    """Stands in for numpy.dtype: unsigned bytes, and nothing else.

    All is done in __new__, since a pickle can leave __init__ out.
    """

    def __new__(cls, name: Any, *_: Any) -> Self:
        if name not in (b"u1", "u1"):
            raise pickle.UnpicklingError(f"an array of type {name!r}")
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        """Byte order and the like, of which a byte has none."""


class _Bytes:
    """Stands in for numpy.ndarray and the function that rebuilds one: NumPy's own unpickling never runs."""

    array: Array | None = None

    def __new__(cls, *_: Any) -> Self:
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        if type(kind) is not _Type or fortran or type(data) is not bytes:
            raise pickle.UnpicklingError("an array that is not of bytes in C order")
        self.array = np.frombuffer(data, dtype=np.uint8).reshape(shape)


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _Bytes,
    ("numpy", "ndarray"): _Bytes,
    ("numpy", "dtype"): _Type,
}


class _Refused(Exception):
    """A pickle asked for something that no batch needs."""


class _Unpickler(pickle.Unpickler):
    """Makes Python's plain values and arrays of bytes; any other class or function is refused."""

    def __init__(self, file: Content) -> None:
        # Python 2 wrote its strings, and the arrays' bytes, in a way that Python 3 would decode.
        super().__init__(io.BytesIO(file.data), encoding="bytes")
        self._origin: Origin = file.origin

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise _Refused(f"{module}.{name}")
        return _ADMITTED[module, name]

    def read(self) -> Any:
        try:
            return self.load()
        except _Refused as error:
            expected = "a batch of CIFAR, whose pickle holds an array of bytes and plain values only"
            raise self._origin.fault(expected, f"a call for {error}, which was refused") from None
        # A damaged pickle fails in many ways; all mean the same to the user.
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
            raise self._origin.fault("a batch of CIFAR, which is a pickle", found) from error
