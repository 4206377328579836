"""How a user's table is written: what stands between its columns, and before a number's decimals."""

import itertools
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradevo.datasets.members import Content
from gradevo.datasets.rows import delimiter_told, lines_of, rows_of
from gradevo.datasets.tables import Table, is_number
from gradevo.errors import GradevoError

_THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")
SAMPLE = 200  # lines of each file
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Dialect:
    """What stands between columns, and between a number's ones and its tenths."""

    delimiter: str = ","
    decimal: str = "."

    def __str__(self) -> str:
        decimals = "points" if self.decimal == "." else "commas"
        return f"{NAMES[self.delimiter]} between columns and decimal {decimals}"


Read = Callable[[Sequence[Content], Dialect], Sequence[Table]]


def read_in_dialect(
    files: Sequence[Content], read: Read, delimiter: str | None, decimal: str | None, first: bool = True
) -> tuple[Dialect, Sequence[Table]]:
    """Read the files of a dataset in the one dialect in which they can be read.

    read: reads them in a dialect.
    delimiter, decimal: what the entry says of them; None where it says nothing.

    first: whether the first lines tell, or, if they do not, all; else all have to be looked at.

    Raises GradevoError where there are several
    dialects, and what `read` raises in the likely one where there is none.
    """
    looked_at = [_beginning(file) for file in files] if first else files
    dialect = _dialect_of(looked_at, read, delimiter, decimal)
    try:
        return dialect, read(files, dialect)
    except GradevoError:
        of_all = _dialect_of(files, read, delimiter, decimal)
        if of_all == dialect:
            raise
        return of_all, read(files, of_all)


def _beginning(file: Content) -> Content:
    return replace(file, data="".join(itertools.islice(lines_of(file), SAMPLE)).encode())


def _dialect_of(files: Sequence[Content], read: Read, delimiter: str | None, decimal: str | None) -> Dialect:
    """Return the one dialect in which files can be read; if none, that whose delimiter is in every line."""
    # Not csv.Sniffer: it counts characters, and finds three columns between the commas of `1,5;2,0;a`.
    first = next(lines_of(files[0]), "")
    told = delimiter_told(first)
    delimiter = delimiter or (told if told in NAMES else None)
    delimiters = [delimiter] if delimiter else list(NAMES)
    found = [one for each in delimiters if (one := _decimal_of(files, read, each, decimal))]
    if len(found) > 1:
        example = found[1]
        expected = (
            f"a table that can be read in one way only (say which in the entry's source, as in "
            f"`delimiter: {json.dumps(example.delimiter)}, decimal: {json.dumps(example.decimal)}`)"
        )
        raise files[0].origin.fault(expected, f"two: {' or '.join(map(str, found))}")
    if found == [Dialect(",", ",")] and not decimal:
        _check_decimals(files)
    return found[0] if found else Dialect(_in_every_line(files[0], delimiters), decimal or ".")


def _decimal_of(files: Sequence[Content], read: Read, delimiter: str, decimal: str | None) -> Dialect | None:
    """Return the dialect of this delimiter in which files can be read: with points, if with both."""
    numbers: dict[Dialect, int] = {}
    for one in [decimal] if decimal else [".", ","]:
        dialect = Dialect(delimiter, one)
        try:
            tables = read(files, dialect)
        except GradevoError:
            continue
        texts = [text for each in tables if each.parsed[0].dtype == object for text in each.parsed[0].flat]
        if delimiter != ",":  # there `"2,5"` may be a label
            texts += [text for each in tables for text in each.parsed[1].tolist()]
        numbers[dialect] = sum(map(is_number, texts))
    return max(numbers, key=numbers.__getitem__, default=None)


def _check_decimals(files: Sequence[Content]) -> None:
    """Raise GradevoError where all commas inside fields between commas may as well mark thousands."""
    marked = [
        field
        for file in files
        for _, fields in rows_of(file, ",")
        for field in fields
        if "," in field and is_number(field, ",")
    ]
    if all(map(_THOUSANDS.fullmatch, marked)):
        expected = (
            'points before decimals (or say `decimal: ","` in the entry\'s source, if commas are meant so)'
        )
        raise files[0].origin.fault(expected, f"{marked[0]!r}, which may be thousands")


def _in_every_line(file: Content, delimiters: Sequence[str]) -> str:
    filled = [line for line in itertools.islice(lines_of(file), SAMPLE) if line.strip()]
    return next((one for one in delimiters if all(one in line for line in filled)), delimiters[0])
