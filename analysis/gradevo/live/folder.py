"""The records below a folder, found while they come and go."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py

from gradevo.errors import GradevoError
from gradevo.live.follow import Follower
from gradevo.runfile.schema import FORMAT, final_path

SECONDS = 0.1
"""Of an update, for reading; the next one goes on."""
SEARCHING = 2.0
"""Seconds between two looks for new records."""
LEFT_OUT = (".abandoned", ".partial-copy")
"""Of copies that the recorder makes."""


class Folder:
    """All records below a folder, or a single one.

    Args:
        path: The folder, which need not exist yet; or a run file.
        clock: Seconds, for tests.

    Attributes:
        runs: Path of a run below the folder, as text -> what is known of it; sorted.
        revision: Counts what has changed.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        if path.exists() and not path.is_dir() and not _is_record(path):
            raise GradevoError(
                f"{path}: expected a folder of records, or a run file, found another file; name the folder "
                "that trainings write to"
            )
        self.path = path
        self.runs: dict[str, Follower] = {}
        self.revision = 0
        self._clock = clock
        self._searched = -SEARCHING
        self._others: dict[Path, int] = {}
        self._turn = 0

    def update(self) -> None:
        """Look for new records, and read what those that are known have gained.

        What takes longer than `SECONDS` goes on the next time, with the next run.
        """
        if self._clock() - self._searched >= SEARCHING:
            self._search()
            self._searched = self._clock()
        stop = self._clock() + SECONDS
        followers = list(self.runs.values())
        for _ in followers:
            follower = followers[self._turn % len(followers)]
            self._turn += 1
            self.revision += follower.update(stop - self._clock())
            if self._clock() >= stop:
                return

    def close(self) -> None:
        """Let go of all files."""
        for follower in self.runs.values():
            follower.close()

    def _search(self) -> None:
        found = {shown(path.relative_to(self._root)): path for path in self._records()}
        for name in self.runs.keys() - found.keys():
            self.runs.pop(name).close()
            self.revision += 1
        for name in found.keys() - self.runs.keys():
            self.runs[name] = Follower(found[name], self._clock)
            self.revision += 1
        self.runs = dict(sorted(self.runs.items()))

    @property
    def _root(self) -> Path:
        return self.path if self.path.is_dir() or not self.path.suffix else self.path.parent

    def _records(self) -> Iterator[Path]:
        if not self.path.is_dir():
            if self.path.suffix:
                yield final_path(self.path)
            return
        for file in self.path.rglob("*.h5"):
            if not any(part in file.name for part in LEFT_OUT) and self._is_one(file):
                yield final_path(file)

    def _is_one(self, file: Path) -> bool:
        """Whether a file is a record; of one that is none, it is asked again only when it has changed."""
        if ".partial." in file.name or shown(final_path(file).relative_to(self._root)) in self.runs:
            return True
        try:
            changed = file.stat().st_mtime_ns
        except OSError:
            return False
        if self._others.get(file) == changed:
            return False
        if _is_record(file):
            return True
        self._others[file] = changed
        return False


def shown(path: Path) -> str:
    """A path as a page can say it: what is no UTF-8 in it is replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def _is_record(file: Path) -> bool:
    """Whether a file says that it is a run file; one that grows, or was left, goes by its name."""
    if ".partial." in file.name:
        return True
    try:
        with h5py.File(file, "r") as opened:
            return bool(opened.attrs.get("format") == FORMAT)
    except OSError:
        return False
