"""Files for HDF5 to read through Python: the bytes of one that a killed process left."""

import io
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import h5py

from gradevo.errors import GradevoError

P = ParamSpec("P")
R = TypeVar("R")

SIGNATURE = b"\x89HDF\r\n\x1a\n"
FLAGS = 11  # the byte of a superblock that says that a process has the file open
SUMMED = 44  # bytes of a superblock before its checksum

ONES = 0xFFFFFFFF


class FileBytes(io.RawIOBase):
    """The first ``length`` bytes of a file, or all."""

    def __init__(self, path: Path, length: int | None = None) -> None:
        super().__init__()
        self.path = path
        self._file = path.open("rb", buffering=0)
        self.length = self._file.seek(0, os.SEEK_END) if length is None else length
        self._at = 0

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        target = memoryview(buffer)[: max(0, self.length - self._at)]
        self.fill(target, self._at)
        self._at += len(target)
        return len(target)

    def fill(self, target: memoryview, begin: int) -> None:
        """Write the bytes from ``begin`` on into the target; raises OSError where there are fewer."""
        while len(target):
            # With the place: processes that were forked share the one of the file.
            read = os.preadv(self._file.fileno(), [target], begin)
            if not read:
                raise OSError(f"{self.path} ends too early")
            target, begin = target[read:], begin + read


class _Left(FileBytes):
    """A file that is still marked as being written, without the mark.

    Its superblock may say that it ends where it ended before the last writes: it ends where it does. Or it
    ends earlier than HDF5 was going to write: what is missing is zero.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        superblock = bytearray(min(SUMMED + 4, self.length))
        super().fill(memoryview(superblock), 0)
        if not superblock.startswith(SIGNATURE) or len(superblock) < SUMMED + 4 or superblock[8] != 3:
            raise OSError("no superblock of HDF5 1.10")
        if _lookup3(superblock[:SUMMED]).to_bytes(4, "little") != superblock[SUMMED:]:
            raise OSError("damaged superblock")
        superblock[FLAGS] = 0
        self._there = self.length
        self.length = max(self.length, end_of(superblock) or 0)
        superblock[28:36] = self.length.to_bytes(8, "little")
        superblock[SUMMED:] = _lookup3(superblock[:SUMMED]).to_bytes(4, "little")
        self._superblock = bytes(superblock)

    def fill(self, target: memoryview, begin: int) -> None:
        there = max(0, min(len(target), self._there - begin))
        super().fill(target[:there], begin)
        target[there:] = bytes(len(target) - there)
        ours = self._superblock[begin : begin + len(target)]
        target[: len(ours)] = ours


def open_left(path: Path) -> h5py.File:
    """Open a file that a process left when it was killed, for reading.

    In HDF5's SWMR mode, which such a file asks for, a reader that meets a damaged or half-written part waits
    for it to be written, twice as long each time: without end where nobody writes.

    Raises:
        OSError: For what HDF5 cannot read.
    """
    return h5py.File(_Left(path), "r")


def damage_explained(
    *kinds: type[Exception],
) -> Callable[[Callable[Concatenate[Any, P], R]], Callable[Concatenate[Any, P], R]]:
    """A decorator for methods of what reads ``self.path``: what HDF5 cannot read is named in a line.

    kinds: exceptions that are signs of damage, too, where the method checks nothing that its caller says.
    """

    signs: tuple[type[Exception], ...] = (OSError, RuntimeError, *kinds)
    caught: tuple[type[Exception], ...] = (*signs, KeyError)

    def decorate(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
        @wraps(method)
        def explained(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(self, *args, **kwargs)
            except GradevoError:
                raise
            except caught as error:
                if not isinstance(error, signs) and not _is_of_hdf5(error):
                    raise
                raise GradevoError(
                    f"{self.path}: expected a file that can be read, found a damaged or incomplete part "
                    f"({type(error).__name__}: {error}); take it from a copy, or make it again"
                ) from error

        return explained

    return decorate


def _is_of_hdf5(error: Exception) -> bool:
    """Whether HDF5 found a name, but could not read what it stands for."""
    return "Unable to" in str(error) and "doesn't exist" not in str(error)


def end_of(superblock: bytes | bytearray) -> int | None:
    """How many bytes HDF5 says that its file has (its format, section II.A); None if these are no superblock.

    superblock: the first 48 bytes.
    """
    if len(superblock) < SUMMED + 4 or not superblock.startswith(SIGNATURE):
        return None
    at = 40 if superblock[8] < 2 else 28
    return int.from_bytes(superblock[at : at + 8], "little")


def _lookup3(data: bytes | bytearray) -> int:
    """HDF5's checksum of metadata: Bob Jenkins' lookup3 (2006), of a multiple of four bytes, none of zero."""
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    words += [0] * (-len(words) % 3)
    a = b = c = (0xDEADBEEF + len(data)) & ONES

    def rotated(x: int, by: int) -> int:
        return (x << by | x >> (32 - by)) & ONES

    for at in range(0, len(words) - 3, 3):
        a, b, c = (a + words[at]) & ONES, (b + words[at + 1]) & ONES, (c + words[at + 2]) & ONES
        for by in (4, 6, 8, 16, 19, 4):  # a, b and c take turns
            a = ((a - c) & ONES) ^ rotated(c, by)
            c = (c + b) & ONES
            a, b, c = b, c, a
    a, b, c = (a + words[-3]) & ONES, (b + words[-2]) & ONES, (c + words[-1]) & ONES
    for by in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - rotated(b, by)) & ONES
        a, b, c = b, c, a
    return b
