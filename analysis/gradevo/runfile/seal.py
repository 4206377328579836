"""The seal at the end of a finished file: checksums by which damage is told from data.

Behind what HDF5 wrote, and where it does not look, stand a table and a footer::

    table    of every block of 64 KiB, its XXH3 checksum, 64 bits, little-endian
    footer   bytes of HDF5, uint64; checksum of the table and of these bytes, uint64; ``gradevo\\n``

A sealed file is read through its seal: no block is handed to HDF5 before it has been compared, so that no
damaged byte becomes a number, and none leads HDF5 astray.
"""

import os
from pathlib import Path

import h5py
import numpy as np
import xxhash
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.runfile.bytes import FLAGS, FileBytes, end_of

BLOCK = 1 << 16
MARK = b"gradevo\n"
FOOTER = 16 + len(MARK)

# How much is read at once for sealing.
READ_BYTES = 64 * BLOCK


def seal(path: Path) -> None:
    """Append the seal to a file that HDF5 has closed."""
    table = bytearray()
    with path.open("r+b") as file:
        while blocks := file.read(READ_BYTES):
            view = memoryview(blocks)
            for start in range(0, len(view), BLOCK):
                table += xxhash.xxh3_64_intdigest(view[start : start + BLOCK]).to_bytes(8, "little")
        length = file.tell().to_bytes(8, "little")
        file.write(table + length + _digest_of(table, length) + MARK)


def open_sealed(path: Path) -> h5py.File | None:
    """A finished file for reading, whose every block is compared with its checksum before it is used.

    Returns:
        The file; None for one that has no seal, such as one that grows or that another program wrote.

    Raises:
        GradevoError: Here for a damaged seal, and from whatever reads a damaged block.
        OSError: For what HDF5 cannot read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - FOOTER))
        footer = file.read()
        length = int.from_bytes(footer[:8], "little")
        blocks = -(-length // BLOCK)
        if not footer.endswith(MARK) or size != length + 8 * blocks + FOOTER:
            file.seek(0)
            if _closed_and_longer(file.read(48), size):
                raise _damaged(path, "its checksums, at the end of the file,")
            return None
        file.seek(length)
        table = file.read(8 * blocks)
    if footer[8:16] != _digest_of(table, footer[:8]):
        raise _damaged(path, "its checksums, at the end of the file,")
    return h5py.File(_Compared(path, length, np.frombuffer(table, "<u8")), "r")


class _Compared(FileBytes):
    """The bytes of a sealed file, compared as they are read."""

    def __init__(self, path: Path, length: int, table: NDArray[np.uint64]) -> None:
        super().__init__(path, length)
        self._table = table
        self._compared = bytearray(len(table))

    def fill(self, target: memoryview, begin: int) -> None:
        first, last = begin // BLOCK, -(-(begin + len(target)) // BLOCK)
        if self._compared.find(0, first, last) < 0:
            super().fill(target, begin)
            return
        start = first * BLOCK
        blocks = memoryview(bytearray(min(last * BLOCK, self.length) - start))
        super().fill(blocks, start)
        for nth in range(first, last):
            block = blocks[nth * BLOCK - start : (nth + 1) * BLOCK - start]
            if not self._compared[nth] and xxhash.xxh3_64_intdigest(block) != self._table[nth]:
                raise _damaged(self.path, f"bytes {nth * BLOCK:,} to {nth * BLOCK + len(block):,}")
            self._compared[nth] = 1
        target[:] = blocks[begin - start : begin - start + len(target)]


def _digest_of(table: bytes | bytearray, length: bytes) -> bytes:
    digest: int = xxhash.xxh3_64_intdigest(bytes(table) + length)
    return digest.to_bytes(8, "little")


def _closed_and_longer(superblock: bytes, size: int) -> bool:
    """Whether HDF5 closed a file with fewer bytes than it has: there was a seal."""
    end = end_of(superblock)
    growing = end is not None and superblock[8] >= 2 and superblock[FLAGS]
    return end is not None and not growing and end < size


def _damaged(path: Path, where: str) -> GradevoError:
    return GradevoError(
        f"{path}: expected the bytes that were written, found {where} changed: the file is damaged; "
        "take it from a copy, or make it again"
    )
