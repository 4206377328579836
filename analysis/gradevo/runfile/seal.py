"""The seal at the end of a finished file: checksums by which damage is told from data.

Behind what HDF5 wrote, and where it does not look, stand a table and a footer::

    table    of every block of 64 KiB, its XXH3 checksum, 64 bits, little-endian
    footer   bytes of HDF5, uint64; checksum of the table and of these bytes, uint64; ``gradevo\\n``

A sealed file is read through its seal: no block is handed to HDF5 before it has been compared, so that no
damaged byte becomes a number, and none leads HDF5 astray.
"""

import io
import os
from pathlib import Path

import h5py
import numpy as np
import xxhash
from numpy.typing import NDArray

from gradevo.errors import GradevoError

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


class _Compared(io.RawIOBase):
    """The bytes of a sealed file, compared as they are read."""

    def __init__(self, path: Path, length: int, table: NDArray[np.uint64]) -> None:
        super().__init__()
        self._path = path
        self._file = path.open("rb", buffering=0)
        self._length = length
        self._table = table
        self._compared = bytearray(len(table))
        self._at = 0

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = max(0, min(len(buffer), self._length - self._at))
        first, last = self._at // BLOCK, -(-(self._at + size) // BLOCK)
        target = memoryview(buffer)[:size]
        if self._compared.find(0, first, last) < 0:
            self._read(self._at, target)
        else:
            begin = first * BLOCK
            blocks = memoryview(bytearray(min(last * BLOCK, self._length) - begin))
            self._read(begin, blocks)
            for nth in range(first, last):
                self._compare(nth, blocks[nth * BLOCK - begin : (nth + 1) * BLOCK - begin])
            target[:] = blocks[self._at - begin : self._at - begin + size]
        self._at += size
        return size

    def _read(self, begin: int, target: memoryview) -> None:
        """Fill the target with the bytes from ``begin`` on."""
        self._file.seek(begin)
        done = 0
        while done < len(target):
            read = self._file.readinto(target[done:])
            if not read:
                raise _damaged(self._path, f"all behind byte {begin + done:,}")
            done += read

    def _compare(self, nth: int, block: memoryview) -> None:
        if not self._compared[nth]:
            if xxhash.xxh3_64_intdigest(block) != self._table[nth]:
                raise _damaged(self._path, f"bytes {nth * BLOCK:,} to {nth * BLOCK + len(block):,}")
            self._compared[nth] = 1


def _digest_of(table: bytes | bytearray, length: bytes) -> bytes:
    digest: int = xxhash.xxh3_64_intdigest(bytes(table) + length)
    return digest.to_bytes(8, "little")


def _closed_and_longer(superblock: bytes, size: int) -> bool:
    """Whether HDF5 closed a file with fewer bytes than it has: there was a seal (HDF5's format, II.A)."""
    if not superblock.startswith(b"\x89HDF\r\n\x1a\n") or len(superblock) < 48:
        return False
    if superblock[8] < 2:
        return int.from_bytes(superblock[40:48], "little") < size
    growing = superblock[11]
    return not growing and int.from_bytes(superblock[28:36], "little") < size


def _damaged(path: Path, where: str) -> GradevoError:
    return GradevoError(
        f"{path}: expected the bytes that were written, found {where} changed: the file is damaged; "
        "take it from a copy, or make it again"
    )
