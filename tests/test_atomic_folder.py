"""A folder that appears whole or not at all."""

import os
from pathlib import Path

import pytest

from gradevo.atomic import atomic_folder, size_of
from gradevo.errors import GradevoError


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    for words in ("first", "second"):
        with atomic_folder(folder) as partial:
            (partial / "mark").write_text(words)
            (partial / f"only-{words}").write_text("")
    assert sorted(path.name for path in folder.iterdir()) == ["contents.txt", "mark", "only-second"]
    assert [path.name for path in folder.parent.iterdir()] == ["report"]
    contents = "mark\nonly-second\n"
    assert (folder / "contents.txt").read_text() == contents
    assert size_of(folder) == (3, len("second") + len(contents))


def test_after_a_failure_the_old_one_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    with atomic_folder(folder) as partial:
        (partial / "mark").write_text("old")
    with pytest.raises(FileNotFoundError), atomic_folder(folder) as partial:
        (partial / "nowhere" / "mark").write_text("new")
    assert (folder / "mark").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / ".report.gradevo-partial"
    left.mkdir()
    (left / "stale").write_text("")
    with atomic_folder(tmp_path / "report") as partial:
        assert list(partial.iterdir()) == []


def test_killed_between_the_moves(tmp_path: Path) -> None:
    """The old report comes back, even if the next one fails."""
    with atomic_folder(tmp_path / "report") as partial:
        (partial / "page").write_text("old")
    (tmp_path / "report").rename(tmp_path / ".report.gradevo-old")
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "report"):
        raise ZeroDivisionError
    assert (tmp_path / "report" / "page").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_failing_move_brings_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with atomic_folder(tmp_path / "report") as partial:
        (partial / "page").write_text("old")
    move = os.replace

    def fail(source: Path, target: Path) -> None:
        if str(source).endswith("-partial"):
            raise PermissionError("no")
        move(source, target)

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(PermissionError), atomic_folder(tmp_path / "report") as partial:
        (partial / "page").write_text("new")
    assert (tmp_path / "report" / "page").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_neighbours_and_files_of_others_stay(tmp_path: Path) -> None:
    for name in ("report.old", "report.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes").write_text("mine")
    for _ in range(2):
        with atomic_folder(tmp_path / "report") as partial:
            (partial / "page").write_text("")
    (tmp_path / "report" / "notes").write_text("mine")
    with pytest.raises(GradevoError, match="found notes"), atomic_folder(tmp_path / "report"):
        pytest.fail("it was taken")
    assert len(list(tmp_path.rglob("notes"))) == 3


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "report").symlink_to("elsewhere")
    for words in ("first", "second"):
        with atomic_folder(tmp_path / "report") as partial:
            (partial / "page").write_text(words)
    assert (tmp_path / "report").is_symlink()
    assert (tmp_path / "elsewhere" / "page").read_text() == "second"


def test_the_root_is_no_folder_for_a_report() -> None:
    with pytest.raises(GradevoError, match="found the root"), atomic_folder(Path("/")):
        pytest.fail("it was taken")


def test_a_folder_of_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(GradevoError, match="expected a new or empty folder"), atomic_folder(tmp_path):
        pytest.fail("it was taken")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
