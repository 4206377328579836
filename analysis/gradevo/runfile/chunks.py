"""Rows of compressed datasets, decompressed while other threads go on.

HDF5 lets one thread in at a time, and h5py keeps Python's lock meanwhile, so that reading stops everything
else. Most of reading is decompressing: here HDF5 hands over the compressed chunks, and the decompression of
bitshuffle (https://github.com/kiyo-masui/bitshuffle), from the library that hdf5plugin brings for HDF5, is
called without the lock. Whatever cannot be read so, h5py reads.
"""

import ctypes
import struct
from functools import cache
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from h5py._objects import phil
from numpy.typing import NDArray

BITSHUFFLE = 32008
"""The number under which the filter is registered with HDF5."""
LZ4 = 2
"""The last of the filter's parameters, where it compresses by LZ4."""
HEADER = struct.Struct(">QI")
"""Of a chunk: bytes of the elements, and bytes of a block of them."""


class RowReader:
    """Reads rows of a dataset; several threads may at once."""

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.dataset = dataset
        self._decompress = _decompression() if _is_bitshuffled(dataset) else None

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Rows ``start`` to ``stop - 1``: ``(stop - start, *shape)``, fewer where there are fewer."""
        # Of a chunk that is read part by part, HDF5 keeps what it has decompressed.
        if self._decompress and start >= 0 and stop - start >= self.dataset.chunks[0]:
            rows = self._read_chunks(start, min(stop, len(self.dataset)))
            if rows is not None:
                return rows
        plain: NDArray[Any] = self.dataset[start:stop]
        return plain

    def _read_chunks(self, start: int, stop: int) -> NDArray[Any] | None:
        """None where a chunk is not as expected."""
        dataset = self.dataset
        of_chunk: int = dataset.chunks[0]
        dtype = dataset.dtype.newbyteorder("=")  # the type as NumPy writes it
        rows: NDArray[Any] = np.empty((max(0, stop - start), *dataset.shape[1:]), dtype)
        origin = (0,) * (dataset.ndim - 1)
        for first in range(start // of_chunk * of_chunk, stop, of_chunk):
            target = rows[max(0, first - start) : max(0, first + of_chunk - start)]
            whole = target if len(target) == of_chunk else np.empty(dataset.chunks, dtype)
            try:
                with phil:  # this call of h5py's does not take the lock itself
                    skipped, chunk = dataset.id.read_direct_chunk((first, *origin))
            except (OSError, ValueError, RuntimeError):  # never written, or not to be found
                return None
            if skipped or not self._unpack(chunk, whole):
                return None
            if whole is not target:
                left = max(0, start - first)
                target[:] = whole[left : left + len(target)]
        return rows

    def _unpack(self, chunk: bytes, target: NDArray[Any]) -> bool:
        """Decompress a chunk; False if it is none of the expected size."""
        if len(chunk) < HEADER.size or self._decompress is None:
            return False
        size, block_bytes = HEADER.unpack_from(chunk)
        if size != target.nbytes:
            return False
        compressed = np.frombuffer(chunk, np.uint8, offset=HEADER.size).ctypes.data
        item = target.itemsize
        read = self._decompress(compressed, target.ctypes.data, target.size, item, block_bytes // item)
        return bool(read == len(chunk) - HEADER.size)


def _is_bitshuffled(dataset: h5py.Dataset) -> bool:
    """Whether this filter alone compresses it, by LZ4, in chunks of whole rows."""
    creation = dataset.id.get_create_plist()
    if dataset.chunks is None or dataset.chunks[1:] != dataset.shape[1:] or creation.get_nfilters() != 1:
        return False
    number, _, parameters, _ = creation.get_filter(0)
    return bool(number == BITSHUFFLE and parameters[4:] == (LZ4,) and dataset.dtype.isnative)


@cache
def _decompression() -> Any:
    """``bshuf_decompress_lz4`` of hdf5plugin's library; None where it is built in another way."""
    try:
        library = ctypes.CDLL(hdf5plugin.get_config().registered_filters["bshuf"])
        function = library.bshuf_decompress_lz4
    except (OSError, KeyError, AttributeError):
        return None
    function.restype = ctypes.c_int64
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_size_t] * 3]
    return function
