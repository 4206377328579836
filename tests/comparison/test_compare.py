"""All files of the comparison at once, the same bytes every time."""

import sys
from pathlib import Path

import pytest

import gradevo.cli
from gradevo.comparison.compare import compare

FILES = ["curves.csv", "summary.csv", "summary.tex"]


def test_the_command_writes_what_the_function_writes_to_the_byte(
    kinds: dict[str, list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = [path for kind in ("plain", "bad", "short") for path in kinds[kind]]
    written = compare(paths, tmp_path / "one")
    assert written == [tmp_path / "one" / name for name in FILES]
    command = ["gradevo", "compare", *map(str, paths), "--folder", str(tmp_path / "other")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        gradevo.cli.main()
    assert not ended.value.code
    others = [tmp_path / "other" / name for name in FILES]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in others]
    for one, other in zip(written, others, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    for name in FILES:
        text = (tmp_path / "one" / name).read_text(encoding="utf-8")
        assert "\r" not in text
        assert str(tmp_path) not in text
