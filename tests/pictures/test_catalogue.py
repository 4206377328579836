"""Captions: their reStructuredText, as Snakemake reads it."""

from dataclasses import replace
from pathlib import Path

import docutils.core
import pytest

from gradevo.pictures.catalogue import caption_rst, pictures, write_captions


def test_every_picture_has_a_file_and_equal_ones_are_left_alone(tmp_path: Path) -> None:
    write_captions(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(pictures())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_captions(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_signs_of_formulas_are_no_markup() -> None:
    shown = replace(pictures()["loss"], seen="max|g| of *all*", computed="a`b")
    assert caption_rst(shown) == "max\\|g\\| of \\*all\\*\n\na\\`b\n"


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("stem", pictures())
def test_captions_come_out_as_they_were_written(stem: str) -> None:
    """Raises where docutils finds a mistake."""
    shown = pictures()[stem]
    settings = {"halt_level": 1, "report_level": 1}
    text = docutils.core.publish_doctree(caption_rst(shown), settings_overrides=settings).astext()
    assert text.split() == f"{shown.seen} {shown.computed}".split()
