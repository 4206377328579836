"""CSV files as tables of a page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gradevo.errors import GradevoError
from gradevo.numbers import grouped, three_digits

MOST_ROWS = 400
"""Longer tables are for programs, not for a page."""

TIDY = ("experiment", "quantity", "label", "unit", "median", "low", "high")
"""Columns of a table of quantities of experiments."""

NAMES = dict.fromkeys(("experiment", "tensor", "claim"), str)
"""Columns of words, also where a word is a number."""

KEPT_WHOLE = 2**53
"""Whole numbers from here on are not exact in a float64; none of ours is so large."""


@dataclass(frozen=True)
class Cell:
    """A value as it is shown, and what it is sorted by where that differs."""

    text: str
    key: str | None = None
    """the number in full; None for words, empty without a value"""
    more: str = ""
    """a second line"""


@dataclass(frozen=True)
class Table:
    """A table: the heads of its columns, whether they hold numbers, and the rows."""

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]


def read(path: Path) -> pd.DataFrame:
    """Read a CSV file; empty cells are missing values.

    Raises GradevoError if it is no table.
    """
    try:
        return pd.read_csv(path, keep_default_na=False, na_values=["", "nan"], dtype=NAMES)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise GradevoError(
            f"{path}: expected a table as CSV, found none ({reason}); make it again"
        ) from error


def table(frame: pd.DataFrame) -> Table:
    """A table of all columns; numbers are shortened, and sorted by their full value."""
    heads = tuple(heading(str(column)) for column in frame.columns)
    numeric = tuple(_is_numeric(frame[column]) for column in frame.columns)
    columns = [[cell(value) for value in frame[column].tolist()] for column in frame.columns]
    return Table(heads, numeric, tuple(zip(*columns, strict=True)))


def wide(frame: pd.DataFrame) -> Table | None:
    """A row for each experiment, a column for each quantity that all of them have: median and range.

    None if the table is not one of quantities of experiments, each given once.
    """
    if not set(TIDY).issubset(frame.columns) or frame.duplicated(["experiment", "quantity"]).any():
        return None
    if not all(_is_numeric(frame[column]) for column in TIDY[-3:]):
        return None
    names = frame["experiment"].unique().tolist()
    columns = []
    for quantity, rows in frame.groupby("quantity", sort=False):
        if len(rows) == len(names):
            columns.append((_wide_heading(str(quantity), rows), rows.set_index("experiment")))
    heads = ("Experiment", *(head for head, _ in columns))
    body = [(Cell(name), *(_spread(rows.loc[name]) for _, rows in columns)) for name in names]
    return Table(heads, (False, *(True for _ in columns)), tuple(body))


def _wide_heading(quantity: str, rows: pd.DataFrame) -> str:
    """The label and unit that all experiments share; where they differ, the quantity's name."""
    labels, units = rows["label"].unique().tolist(), [str(unit) for unit in rows["unit"].unique()]
    words = str(labels[0]) if len(labels) == 1 else quantity.replace("_", " ")
    unit = f" ({units[0]})" if len(units) == 1 and units[0] not in ("1", "nan") else ""
    return words[:1].upper() + words[1:] + unit


def _spread(row: "pd.Series[Any]") -> Cell:
    """The median, below it the range where there is one."""
    middle, low, high = (cell(float(row[name])) for name in ("median", "low", "high"))
    more = "" if low.key == high.key else f"{low.text} to {high.text}"
    return Cell(middle.text, middle.key, more)


def heading(column: str) -> str:
    """A column's name in words.

    >>> heading("first_epoch")
    'First epoch'
    """
    words = column.replace("_", " ")
    return words[:1].upper() + words[1:]


def cell(value: Any) -> Cell:
    """A value as it is shown: words as they are, yes or no, numbers in three digits, "–" for none."""
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int):
        return Cell(grouped(value), str(value))
    if isinstance(value, float):
        if value.is_integer() and abs(value) < KEPT_WHOLE and abs(value) >= 1:
            return Cell(grouped(int(value)) if abs(value) < 1e7 else three_digits(value), repr(value))
        return Cell(three_digits(value), "" if pd.isna(value) else repr(value))
    return Cell("–" if pd.isna(value) else str(value))


def _is_numeric(column: "pd.Series[Any]") -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
