"""Captions: their reStructuredText, and the files of it that Snakemake reads."""

from pathlib import Path

import docutils.core
import pytest

from gradevo.report.captions import CAPTIONS, Caption, as_rst, write_rst

FOLDER = Path(__file__).parents[2] / "workflow/captions"


def test_the_workflows_captions_are_those_of_the_report(tmp_path: Path) -> None:
    """After an edit of a caption, write them anew: gradevo.report.captions.write_rst("workflow/captions")."""
    write_rst(tmp_path)
    expected = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert found.pop("claims.rst")  # of a table
    assert found == expected


def test_signs_of_formulas_are_no_markup() -> None:
    assert as_rst(Caption("", "", "", "max|g| of *all*", "a`b")) == "max\\|g\\| of \\*all\\*\n\na\\`b\n"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("stem", CAPTIONS)
def test_captions_come_out_as_they_were_written(stem: str) -> None:
    """Raises where docutils finds a mistake."""
    shown = CAPTIONS[stem]
    settings = {"halt_level": 1, "report_level": 1}
    text = docutils.core.publish_doctree(as_rst(shown), settings_overrides=settings).astext()
    assert text.split() == f"{shown.seen} {shown.computed}".split()
