"""How a user's table is written: what stands between its columns, and before a number's decimals."""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradevo.datasets.members import Content
from gradevo.datasets.tables import Table, is_number, lines_of
from gradevo.errors import GradevoError

SAMPLE = 200  # lines
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Dialect:
    """What stands between columns, and between a number's ones and its tenths."""

    delimiter: str = ","
    decimal: str = "."

    def __str__(self) -> str:
        decimals = "points" if self.decimal == "." else "commas"
        return f"{NAMES[self.delimiter]} between columns and decimal {decimals}"


def dialect_of(
    file: Content, read: Callable[[Content, Dialect], Table], delimiter: str | None, decimal: str | None
) -> Dialect:
    """Find the dialect in which the first lines of a table can be read.

    read: reads a table in a dialect.
    delimiter, decimal: what the entry says of them; None where it says nothing.

    Returns the one dialect in which they can; where there is none, that whose delimiter is in every line, so
    that reading the table says what is wrong. Raises GradevoError where there are several, and for lines that
    are no text.
    """
    # Not csv.Sniffer: it counts characters, and finds three columns between the commas of `1,5;2,0;a`.
    lines = list(itertools.islice(lines_of(file), SAMPLE))
    sample = replace(file, data="".join(lines).encode())
    delimiters = [delimiter] if delimiter else list(NAMES)
    found = [one for each in delimiters if (one := _decimal_of(sample, read, each, decimal))]
    if len(found) > 1:
        example = found[1]
        expected = (
            f"a table that can be read in one way only (say which in the entry's source, as in "
            f"`delimiter: {json.dumps(example.delimiter)}, decimal: {json.dumps(example.decimal)}`)"
        )
        raise file.origin.fault(expected, f"two: {' or '.join(map(str, found))}")
    return found[0] if found else Dialect(_in_every_line(lines, delimiters), decimal or ".")


def _decimal_of(
    sample: Content, read: Callable[[Content, Dialect], Table], delimiter: str, decimal: str | None
) -> Dialect | None:
    """Return the dialect of this delimiter in which the sample can be read: with points, if with both."""
    numbers: dict[Dialect, int] = {}
    for one in [decimal] if decimal else [".", ","]:
        dialect = Dialect(delimiter, one)
        try:
            targets = read(sample, dialect).parsed[1].tolist()
        except GradevoError:
            continue
        if delimiter == ",":  # `"2,5"` may be a label there
            return dialect
        numbers[dialect] = sum(map(is_number, targets))
    return max(numbers, key=numbers.__getitem__, default=None)


def _in_every_line(lines: Sequence[str], delimiters: Sequence[str]) -> str:
    filled = [line for line in lines if line.strip()]
    return next((one for one in delimiters if all(one in line for line in filled)), delimiters[0])
