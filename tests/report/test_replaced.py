"""A folder that appears whole or not at all."""

from pathlib import Path

import pytest

from gradevo.errors import GradevoError
from gradevo.report.replaced import size_of, whole_folder


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    for words in ("first", "second"):
        with whole_folder(folder, "mark") as partial:
            (partial / "mark").write_text(words)
            (partial / f"only-{words}").write_text("")
    assert sorted(path.name for path in folder.iterdir()) == ["mark", "only-second"]
    assert [path.name for path in folder.parent.iterdir()] == ["report"]
    assert size_of(folder) == (2, len("second"))


def test_after_a_failure_the_old_one_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    with whole_folder(folder, "mark") as partial:
        (partial / "mark").write_text("old")
    with pytest.raises(FileNotFoundError), whole_folder(folder, "mark") as partial:
        (partial / "nowhere" / "mark").write_text("new")
    assert (folder / "mark").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "report.partial").mkdir()
    (tmp_path / "report.partial" / "stale").write_text("")
    with whole_folder(tmp_path / "report", "mark") as partial:
        assert list(partial.iterdir()) == []


def test_a_folder_of_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(GradevoError, match="expected a new or empty folder"), whole_folder(tmp_path, "mark"):
        pytest.fail("it was taken")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
