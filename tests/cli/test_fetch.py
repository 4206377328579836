"""``gradevo fetch`` says what it understood."""

from pathlib import Path
from typing import Any

import pytest

from gradevo.cli.fetch import command


def test_notes_come_before_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[Any]) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/mine.csv").write_text("".join(f"{row / 2};{row % 2}\n" for row in range(20)))
    (tmp_path / "sources.yaml").write_text("mine: {title: Mine, source: {kind: own}}")
    command("mine", tmp_path / "mine.npz", tmp_path / "raw", tmp_path / "sources.yaml")
    dialect, target, result = capsys.readouterr().out.splitlines()
    assert dialect == "mine: note: the table is read with semicolons between columns and decimal points"
    assert target.startswith(
        "mine: note: column 2, the last one, is the target, read as labels of 2 classes (0, 1);"
    )
    assert result == "mine: 18 + 2 rows of shape (1,), 2 classes, from mine.csv (own data)"
