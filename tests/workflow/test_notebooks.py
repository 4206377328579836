"""The notebooks run, and hold what they give; that in PyTorch is tested where PyTorch is."""

from collections.abc import Callable
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"


@pytest.mark.parametrize("name", ["keras", "small_systems"])
def test_it_runs_and_holds_what_it_gives(name: str, check_notebook: Callable[[Path], None]) -> None:
    check_notebook(NOTEBOOKS / f"{name}.ipynb")


def test_all_notebooks_are_tested() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {"keras", "small_systems", "torch"}


def test_record_and_look_takes_ten_cells() -> None:
    nbformat = pytest.importorskip("nbformat")
    cells = nbformat.read(NOTEBOOKS / "keras.ipynb", as_version=4).cells
    assert sum(cell.cell_type == "code" for cell in cells) <= 10
