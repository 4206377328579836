"""Files that anybody may have put there: regular, readable, and of a size that this machine can hold."""

import os
import stat
from pathlib import Path

from gradevo.datasets.origin import Origin

# Deflate packs zeros a thousand times; images and tables, rarely ten times.
RATIO = 100
HARMLESS = 1 << 30  # bytes, whatever they were packed into

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def check_file(path: Path, origin: Origin) -> None:
    """Look at a file before it is read; one that is not there is left to who reads it.

    Raises GradevoError for a folder, a pipe or a device, which may have no end, for a file not to be read,
    and for one that is larger than the machine's memory.
    """
    try:
        found = path.stat()
    except OSError:
        return
    for is_kind, name in _KINDS:
        if is_kind(found.st_mode):
            raise origin.fault("a regular file", name)
    if not os.access(path, os.R_OK):
        raise origin.fault("a file that you may read", "one without that permission")
    check_size(found.st_size, origin)


def check_unpacked(packed: int, unpacked: int, origin: Origin) -> None:
    """Look at sizes in bytes, as an archive states them, before it is unpacked into memory.

    Raises GradevoError for more than the machine's memory, and for what only a bomb packs so well.
    """
    check_size(unpacked, origin)
    if unpacked > most(packed):
        expected = (
            f"an archive that grows at most {RATIO} times (save data that are larger without compression)"
        )
        raise origin.fault(expected, f"{_gib(unpacked)} in {packed:,} bytes")


def most(packed: int) -> int:
    """Return the number of bytes to which so many packed ones may grow."""
    return max(HARMLESS, RATIO * packed)


def memory() -> int:
    """Return the bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_size(size: int, origin: Origin) -> None:
    """Raise GradevoError for more bytes than the machine's memory has."""
    if size > memory():
        raise origin.fault(f"at most {_gib(memory())} of data, this machine's memory", _gib(size))


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
