"""The notebook in PyTorch runs, and holds what it gives."""

from collections.abc import Callable
from pathlib import Path

import pytest


def test_it_runs_and_holds_what_it_gives(check_notebook: Callable[[Path], None]) -> None:
    pytest.importorskip("torch")
    check_notebook(Path(__file__).parents[2] / "docs" / "notebooks" / "torch.ipynb")
