"""Files appear whole or not at all."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from gradevo.atomic import atomic_file


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


def fail(error: type[BaseException], *paths: Path, started: bool = True) -> None:
    """Write the files at once, and fail half way or before a byte is written."""
    with ExitStack() as files:
        for path in paths:
            partial = files.enter_context(atomic_file(path))
            if started:
                partial.write_text("half")
        raise error


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
