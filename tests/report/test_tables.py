"""Tables of a page."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gradevo.errors import GradevoError
from gradevo.report.tables import TIDY, Cell, cell, read, table, wide


@pytest.mark.parametrize(
    ("value", "text", "key"),
    [
        (0.123456, "0.123", "0.123456"),
        (-2.5e-8, "−2.5×10⁻⁸", "-2.5e-08"),
        (25474.0, "25\u202f474", "25474.0"),
        (-3, "−3", "-3"),
        (float("nan"), "–", ""),
        (float("inf"), "∞", "inf"),
        (True, "yes", None),
        ("words", "words", None),
        (pd.NA, "–", None),
    ],
)
def test_cells_are_short_and_sorted_by_all_digits(value: object, text: str, key: str | None) -> None:
    assert cell(value) == Cell(text, key)


def test_a_csv_file_becomes_a_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("seed,loss,converged_at,name\n13,0.25,,NA\n14,nan,7,b\n")
    shown = table(read(tmp_path / "t.csv"))
    assert shown.heads == ("Seed", "Loss", "Converged at", "Name")
    assert shown.numeric == (True, True, True, False)
    assert [[one.text for one in row] for row in shown.rows] == [
        ["13", "0.25", "–", "NA"],
        ["14", "–", "7", "b"],
    ]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("")
    with pytest.raises(GradevoError, match=r"t\.csv: expected a table as CSV, found none"):
        read(tmp_path / "t.csv")


def test_quantities_of_experiments_become_a_row_each() -> None:
    rows = [
        ("a", "loss", "loss", "nats", 1.0, 0.5, 1.5),
        ("a", "accuracy", "accuracy", "1", 0.5, 0.5, 0.5),
        ("b", "loss", "loss", "target unit", 2.0, 2.0, 2.0),
        ("a", "steps", "recorded steps", "step", 3.0, 3.0, 3.0),
        ("b", "steps", "recorded steps", "step", np.nan, np.nan, np.nan),
    ]
    columns = ["experiment", "quantity", "label", "unit", "median", "low", "high"]
    shown = wide(pd.DataFrame(rows, columns=columns))
    assert shown is not None
    assert shown.heads == ("Experiment", "Loss", "Recorded steps (step)")  # only a has an accuracy
    assert shown.rows[0] == (Cell("a"), Cell("1", "1.0", "0.5 to 1.5"), Cell("3", "3.0"))
    assert shown.rows[1] == (Cell("b"), Cell("2", "2.0"), Cell("–", ""))
    assert wide(pd.DataFrame({"seed": [1]})) is None
    assert wide(pd.DataFrame([*rows, rows[0]], columns=columns)) is None  # which one?
    assert wide(pd.DataFrame([("a", "loss", "loss", "1", "low", 0, 1)], columns=columns)) is None


def test_a_narrow_range_is_shown() -> None:
    """Both ends look alike in three digits, and yet the seeds differ."""
    row = ("a", "loss", "loss", "1", 0.30001, 0.30000, 0.30002)
    shown = wide(pd.DataFrame([row], columns=list(TIDY)))
    assert shown is not None
    assert shown.rows[0][1].more == "0.3 to 0.3"


def test_names_are_words(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("experiment,value\n007,1\n")
    assert read(tmp_path / "t.csv")["experiment"].tolist() == ["007"]
