"""The examples in docstrings give what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "analysis" / "gradevo"


def _name(file: Path) -> str:
    module = file.relative_to(PACKAGE.parent).with_suffix("")
    return ".".join(module.parts).removesuffix(".__init__")


@pytest.mark.parametrize(
    "module", sorted(_name(file) for file in PACKAGE.rglob("*.py") if ">>> " in file.read_text())
)
def test_examples(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where examples may write files
    failed, tried = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert (failed, tried > 0) == (0, True)
