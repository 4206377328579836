"""A folder that appears whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradevo.errors import GradevoError


@contextmanager
def whole_folder(folder: Path, mark: str) -> Iterator[Path]:
    """Yield an empty folder ``<name>.partial`` beside `folder`, which takes its place at the end.

    What was there is removed only when the new one is complete, and stays as it was if anything fails. A
    partial folder that a killed process left behind is removed first. An existing folder is replaced only if
    it is empty or holds the file `mark`, as an earlier one does: the command must not delete what it has not
    written.

    Raises `GradevoError` for a folder that is something else, OSError if it cannot be made or moved.
    """
    partial, old = (folder.with_name(f"{folder.name}.{suffix}") for suffix in ("partial", "old"))
    if folder.exists() and not _ours(folder, mark):
        raise GradevoError(
            f"{folder}: expected a new or empty folder or an earlier report, found other files; "
            "choose another folder"
        )
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if folder.exists():
            os.replace(folder, old)
        os.replace(partial, folder)
    finally:
        for leftover in (partial, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _ours(folder: Path, mark: str) -> bool:
    return folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir()))


def size_of(folder: Path) -> tuple[int, int]:
    """The number of files in a folder and its subfolders, and their bytes together."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)
