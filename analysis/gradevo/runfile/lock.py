"""One recording at a time writes a run file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradevo.errors import GradevoError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold ``<stem>.lock`` beside the run file ``path`` while the block lasts.

    The system releases the lock of a killed process, whose empty file stays until the next
    recording. Raises GradevoError when another process holds it: two writers would take one
    another's partial file for that of a killed run.
    """
    lock = path.with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise GradevoError(
                f"{path}: expected to be the only recording, found another process that records to it; "
                "wait for its end, stop it, or name another file"
            ) from error
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
