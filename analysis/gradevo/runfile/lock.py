"""One recording at a time writes a run file."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from gradevo.errors import GradevoError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold ``<stem>.lock`` beside the run file ``path`` while the block lasts.

    The system releases the lock of a killed process, whose empty file stays until the next
    recording. Raises GradevoError when another process holds it: two writers would take one
    another's partial file for that of a killed run.
    """
    lock = path.with_suffix(".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradevoError(
            f"{path}: expected a folder that can be written, found {error.strerror}; name another file"
        ) from error
    with _locked(lock) as file:
        if file is None:
            raise GradevoError(
                f"{path}: expected to be the only recording, found another one that is still open, in this "
                "process or another; wait for its end, close it, or name another file"
            )
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _lock(file: TextIO) -> bool:
    """Lock a file; who only asks whether it is locked (`is_held`) is waited for."""
    for _ in range(5):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.01)
    return False


def is_held(path: Path) -> bool:
    """Whether a process records to the run file ``path`` now."""
    lock = path.with_suffix(".lock")
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def _locked(lock: Path) -> Iterator[TextIO | None]:
    """The lock's open file, or None when another process holds it."""
    while True:
        with lock.open("w") as file:
            if not _lock(file):
                yield None
                return
            # The holder before may have removed the file between our opening and locking it.
            try:
                current = os.path.samestat(os.fstat(file.fileno()), lock.stat())
            except FileNotFoundError:
                current = False
            if current:
                yield file
                return
