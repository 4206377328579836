"""Files and folders that appear whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradevo.errors import DiskFull, GradevoError

CONTENTS = "contents.txt"
"""The list of a folder's other files: by it a folder is known to hold nothing that was not written here."""

# The disk, the user's share of it, or the size that a file may have, is used up.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield the path to write `path` at: ``loss.png`` -> ``loss.partial.png``, beside it.

    The folder is made if needed. At the end the partial file takes the name `path`, replacing what was
    there; if anything fails, an interrupt too, it is removed and `path` stays as it was. A partial file
    that a killed process left behind is overwritten by the next attempt.

    Raises OSError if the folder cannot be made or the file cannot be moved, and DiskFull where whatever is
    written, or told in an error of a library, has found no room.
    """
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    with _full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside `folder`, which takes its place at the end, with a list of its files.

    What was there is removed only when the new one is complete, and stays as it was if anything fails. An
    existing folder is replaced only if it is empty or all its files stand in the list of an earlier one: the
    command must not delete what it has not written. What a killed process left behind is removed, or moved
    back, first.

    Raises `GradevoError` for a folder with other files, OSError if it cannot be made or moved, and DiskFull
    as `atomic_file` does.
    """
    folder = folder.resolve()  # a link stays a link, to the new folder
    if not folder.name:
        raise GradevoError(
            f"{folder}: expected a folder for the report, found the root; choose another folder"
        )
    partial, old = (folder.with_name(f".{folder.name}.gradevo-{word}") for word in ("partial", "old"))
    if old.exists() and not folder.exists():  # killed between the two moves
        os.replace(old, folder)
    if folder.exists() and (strange := _strange(folder)):
        raise GradevoError(
            f"{folder}: expected a new or empty folder or an earlier report, found {strange}; "
            "choose another folder, or move it elsewhere"
        )
    _remove(partial, old)
    with _full_disk_explained(folder):
        try:
            partial.mkdir(parents=True)
            yield partial
            (partial / CONTENTS).write_text(
                "".join(f"{name}\n" for name in _files(partial)), encoding="utf-8"
            )
            _swap(partial, folder, old)
        finally:
            _remove(partial, old)


@contextmanager
def _full_disk_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not is_full(error):
            raise
        raise DiskFull(
            f"{path}: expected room to write it, found none left on the disk; free some and start again"
        ) from error


def is_full(error: BaseException) -> bool:
    """Tell whether an error, or one that led to it, says that there is no room left."""
    before = error.__cause__ or error.__context__
    return bool(errnos_of(error) & _NO_ROOM) or (before is not None and is_full(before))


def errnos_of(error: BaseException) -> set[int]:
    """The system's numbers of an error: h5py raises OSError or RuntimeError with them in the text."""
    number = getattr(error, "errno", None)
    told = {int(number) for number in re.findall(r"errno = (\d+)", str(error))}
    return told | ({number} if number is not None else set())


def _swap(partial: Path, folder: Path, old: Path) -> None:
    """Put a folder in the place of another, which comes back if that fails."""
    if folder.exists():
        os.replace(folder, old)
    try:
        os.replace(partial, folder)
    except BaseException:
        if old.exists():
            os.replace(old, folder)
        raise


def _strange(folder: Path) -> str | None:
    """The first file that no earlier report has written; None if there is none."""
    if not folder.is_dir():
        return "a file"
    contents = folder / CONTENTS
    known = contents.read_text(encoding="utf-8").splitlines() if contents.is_file() else []
    return next((name for name in _files(folder) if name not in {*known, CONTENTS}), None)


def _files(folder: Path) -> list[str]:
    """The paths of all files below a folder, relative to it, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def size_of(folder: Path) -> tuple[int, int]:
    """The number of files in a folder and its subfolders, and their bytes together."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)
