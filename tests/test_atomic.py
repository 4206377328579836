"""Files appear whole or not at all."""

import errno
from contextlib import ExitStack
from pathlib import Path

import pytest

from gradevo.atomic import atomic_file
from gradevo.errors import DiskFull


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_takes_its_name_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "loss.v2.png"
    with atomic_file(path) as partial:
        assert partial == path.with_name("loss.v2.partial.png")
        partial.write_bytes(b"all of it")
        assert names(path.parent) == ["loss.v2.partial.png"]
    assert path.read_bytes() == b"all of it"
    assert names(path.parent) == ["loss.v2.png"]


def test_an_older_file_and_a_dead_partial_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    (tmp_path / "table.partial.csv").write_text("left by a killed process")
    with atomic_file(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["table.csv"]


def fail(error: type[BaseException] | BaseException, *paths: Path, started: bool = True) -> None:
    """Write the files at once, and fail half way or before a byte is written."""
    with ExitStack() as files:
        for path in paths:
            partial = files.enter_context(atomic_file(path))
            if started:
                partial.write_text("half")
        raise error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError(errno.EFBIG, "File too large"),
        OSError("[Errno 28] Can't write data (file write failed: errno = 28, error message = 'No')"),
        RuntimeError("Can't decrement id ref count (unable to extend file, errno = 27, error message = 'F')"),
    ],
)
def test_a_full_disk_is_one_line_that_names_the_file(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    expected = f"{path}: expected room to write it, found none left on the disk; free some and start again"
    with pytest.raises(DiskFull) as caught:
        fail(error, tmp_path / "outer.csv", path)
    assert str(caught.value) == expected
    with pytest.raises(DiskFull), atomic_file(path):
        raise OSError("cannot close") from error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("error", [PermissionError(13, "no"), RuntimeError("errno = 5, no room")])
def test_other_errors_of_writing_stay_what_they_are(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, atomic_file(tmp_path / "table.csv"):
        raise error
    assert caught.value is error
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("started", [False, True])
def test_a_failure_leaves_everything_as_it_was(
    tmp_path: Path, error: type[BaseException], started: bool
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(error):
        fail(error, path, started=started)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


def test_a_file_that_cannot_be_moved_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.mkdir()  # a folder stands in the way
    with pytest.raises(OSError, match=r"table\.csv"), atomic_file(path) as partial:
        partial.write_text("new")
    assert names(tmp_path) == ["table.csv"]


def test_several_files_at_once_fail_together(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        fail(RuntimeError, tmp_path / "film.gif", tmp_path / "film.mp4")
    assert names(tmp_path) == []
