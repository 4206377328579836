"""Numbers, series and targets as they are written in tables."""

import codecs
import csv
import io
import itertools
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from gradevo.datasets.dataset import Task
from gradevo.datasets.members import Content, Parsed
from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Part


def number(text: str, decimal: str = ".") -> float:
    """Return the number that `text` is. Raises ValueError if it is none."""
    if "_" in text:  # Python takes 1_1 for 11
        raise ValueError(text)
    if decimal != ".":
        if "." in text:  # as between thousands
            raise ValueError(text)
        text = text.replace(decimal, ".")
    return float(text)


def is_number(text: str, decimal: str = ".") -> bool:
    """Tell whether `text` is a number."""
    try:
        number(text, decimal)
    except ValueError:
        return False
    return True


def numbers(parts: Mapping[Part, Parsed], task: Task | None, origin: Origin) -> Mapping[Part, Parsed]:
    """Make numbers, float64, of a dataset's targets, if they are texts and each of them is a number.

    Raises GradevoError for labels of classes (whole numbers, unless `task` is a regression) that differ and
    yet are one number, as 7 and 007: they would become one class.
    """
    if any(y.dtype.kind != "U" for _, y, *_ in parts.values()):
        return parts
    texts = np.unique(np.concatenate([y for _, y, *_ in parts.values()])).tolist()
    if not all(map(is_number, texts)):
        return parts
    known = {text: number(text) for text in texts}
    if task != "regression" and all(value.is_integer() for value in known.values()):
        first: dict[float, str] = {}
        for text, value in known.items():
            if first.setdefault(value, text) != text:
                expected = (
                    "each label to be written in one way (are the targets numbers to predict? then say "
                    "`task: regression`)"
                )
                raise origin.fault(expected, f"{first[value]} and {text}, which are one number")
    return {
        part: (x, np.array([known[text] for text in y.tolist()], dtype=np.float64), *weights)
        for part, (x, y, *weights) in parts.items()
    }


Row = tuple[int, list[str]]

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})

# What pandas and R call the column of their row names: nothing, and what pandas makes of nothing.
UNNAMED = ("", "Unnamed: 0")


@dataclass(frozen=True)
class Table:
    """What a table holds, and how it was understood.

    parsed: features (n, columns), float64, those of inputs in their order, targets (n,), the texts that stand
        there, and weights (n,), where there are any.
    index: whether the first column was left out, as one of row names.
    names: of all columns, as the first line gives them; None without such a line.
    target: the target's column in words.
    """

    parsed: Parsed
    index: bool
    names: tuple[str, ...] | None
    target: str


def series(file: Content) -> Parsed:
    """One series a line, values between tabs, its label first, as in the UCR archive.

    Returns (n, length, 1) float64 and (n,) text. Raises GradevoError, as `table` does.
    """
    x, y = table(file, delimiter="\t", target=1, header=False).parsed
    return x[..., np.newaxis], y


def table(
    file: Content,
    delimiter: str,
    target: int | str | None = None,
    header: bool | None = None,
    weights: int | str | None = None,
    inputs: Mapping[str, Sequence[int | str]] = {},
    names: Sequence[str] | None = None,
    decimal: str = ".",
) -> Table:
    """Numbers in columns, and a target, which may be text, in one of them.

    A first column without a name beside others that have one holds the rows' names, as pandas and R write
    them, and is left out, unless it is asked for.

    target: its column's name, or its number from 1; None for the last one.
    header: whether the first line names the columns. None: it does if it holds no number, or if `target` or
    another column is given by a name.
    weights: the column of the rows' weights; None if there is none.
    inputs: name -> the columns that are its features; all others without.
    names: those of another part's columns, into whose order this table's are brought if its first line names
    them; numbers of columns are counted there.
    decimal: what stands before the decimals of numbers; in targets that are all numbers it becomes a point.

    Raises GradevoError, naming line and column, where a value is missing or no number, where lines are not
    equally long, where there is no such column, where one without a name repeats a value, and where the first
    line has other names than `names`.
    """
    rows = _rows(file, delimiter)
    first = next(rows, None)
    if first is None:
        raise file.origin.fault("lines with values", "none")
    own = first[1]
    if header is None:
        given = [target, weights, *itertools.chain(*inputs.values())]
        named = any(isinstance(one, str) for one in given)
        header = named or (any(own) and not any(is_number(one, decimal) for one in own))
    if not header:
        rows = itertools.chain([first], rows)
    rows = _of_width(file, rows, len(own))
    labels = [f"column {number + 1}{f' ({name})' if header else ''}" for number, name in enumerate(own)]
    if header and names is not None and own != list(names):
        order = _order(file, own, names)
        rows = ((line, [fields[number] for number in order]) for line, fields in rows)
        own, labels = list(names), [labels[number] for number in order]
    column = _column(file, len(own) if target is None else target, own)
    weighted = [] if weights is None else [_column(file, weights, own)]
    chosen = [_column(file, one, own) for one in itertools.chain(*inputs.values())]
    if column in (*weighted, *chosen):
        raise file.origin.fault("weights and inputs in other columns than the target", own[column])
    index = header and len(own) > 2 and own[0] in UNNAMED and 0 not in (column, *weighted, *chosen)
    if index:
        rows = _without_index(file, rows)
        labels, column = labels[1:], column - 1
        weighted, chosen = [one - 1 for one in weighted], [one - 1 for one in chosen]
    x, y = _values(file, rows, column, labels, decimal)
    parsed: Parsed = (x, y)
    if weighted or chosen:
        others = [number for number in range(len(labels)) if number != column]
        kept = chosen or [number for number in others if number not in weighted]
        parsed = x[:, list(map(others.index, kept))], y, *(x[:, others.index(number)] for number in weighted)
    return Table(parsed, index, tuple(own) if header else None, labels[column])


def _of_width(file: Content, rows: Iterator[Row], width: int) -> Iterator[Row]:
    for line, fields in rows:
        if len(fields) != width:
            raise file.origin.fault(f"{width} values in line {line}, as in the first", len(fields))
        yield line, fields


def _order(file: Content, own: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where each of the names stands among a table's own."""
    if sorted(own) != sorted(names) or len(set(own)) < len(own):
        expected = f"the columns of the training part, {', '.join(names)}, each once and in any order"
        raise file.origin.fault(expected, ", ".join(own))
    return [own.index(name) for name in names]


def _without_index(file: Content, rows: Iterator[Row]) -> Iterator[Row]:
    """Take the first field from each row. Raises GradevoError if one comes twice."""
    seen: set[str] = set()
    for line, fields in rows:
        if fields[0] in seen:
            expected = (
                "a name for column 1, or different values in it, since a column without one holds row names"
            )
            raise file.origin.fault(expected, f"{fields[0]!r} again in line {line}")
        seen.add(fields[0])
        yield line, fields[1:]


def _rows(file: Content, delimiter: str) -> Iterator[Row]:
    """Yield the number of each line that is not blank, and its fields without the space around them."""
    reader = csv.reader(lines_of(file), delimiter=delimiter)
    try:
        for fields in reader:
            stripped = [field.strip() for field in fields]
            if stripped not in ([], [""]):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise file.origin.fault("a table as UTF-8 text", f"{type(error).__name__}: {error}") from error


def lines_of(file: Content) -> Iterator[str]:
    """Yield the lines of a text in UTF-8, or in UTF-16 if it begins so, with their ends.

    Raises GradevoError if it is none.
    """
    encoding = "utf-16" if file.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        yield from io.TextIOWrapper(io.BytesIO(file.data), encoding=encoding, newline="")
    except UnicodeDecodeError as error:
        if encoding == "utf-16" or b"\0" in file.data:
            raise file.origin.fault("a table as UTF-8 text", f"{type(error).__name__}: {error}") from error
        # The decoder's own position is that within a block.
        line = next(n for n, text in enumerate(file.data.split(b"\n"), 1) if not _is_utf8(text))
        expected = (
            "a table as UTF-8 text (in a spreadsheet, save as CSV UTF-8; or `iconv -f WINDOWS-1252 -t UTF-8`)"
        )
        raise file.origin.fault(
            expected, f"another encoding in line {line}, as Windows-1252 or Latin-1"
        ) from error


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _column(file: Content, column: int | str, names: list[str]) -> int:
    """Return the index of the column of a name or number."""
    if len(names) < 2:
        raise file.origin.fault("at least two columns", f"{len(names)} in the first line")
    if isinstance(column, str):
        if names.count(column) != 1:
            raise file.origin.fault(f"one column {column} in the first line", ", ".join(names))
        return names.index(column)
    if column > len(names):
        raise file.origin.fault(f"a column {column}", f"{len(names)} columns")
    return column - 1


def _values(file: Content, rows: Iterator[Row], column: int, names: list[str], decimal: str) -> Parsed:
    values, targets, lines = array("d"), [], array("q")
    convert = number if decimal == "." else partial(number, decimal=decimal)
    for line, fields in rows:
        targets.append(fields.pop(column))
        if targets[-1].lower() in MISSING:
            raise _fault(file, line, names[column], targets[-1])
        try:
            values.extend(map(convert, fields))
        except ValueError as error:
            wrong = next(index for index, field in enumerate(fields) if not is_number(field, decimal))
            raise _fault(file, line, (names[:column] + names[column + 1 :])[wrong], fields[wrong]) from error
        lines.append(line)
    if not lines:
        raise file.origin.fault("lines with values", "a header only")
    x = np.frombuffer(values, dtype=np.float64).reshape(len(lines), len(names) - 1)
    missing = np.argwhere(np.isnan(x))
    if len(missing):
        row, wrong = missing[0]
        raise _fault(file, lines[row], (names[:column] + names[column + 1 :])[wrong], "nan")
    if decimal != "." and all(is_number(target, decimal) for target in targets):
        targets = [target.replace(decimal, ".") for target in targets]
    return x, np.array(targets, dtype=np.str_)


def _fault(file: Content, line: int, column: str, value: str) -> Exception:
    if value.lower() in MISSING:
        expected = (
            f"a value in line {line}, {column}, since rows with missing values, and series of different "
            f"lengths, cannot be used as they are"
        )
        return file.origin.fault(expected, value if value else "nothing")
    expected = f"a number in line {line}, {column}"
    if not any(map(str.isdigit, value)) or value.count("-") == 2 or value.count("/") == 2:
        expected += " (texts and dates are not read as features: leave them out, or encode them as numbers)"
    return file.origin.fault(expected, repr(value))
