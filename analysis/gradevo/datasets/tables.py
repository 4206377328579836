"""Numbers, series and targets as they are written in tables."""

import itertools
import math
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from gradevo.datasets.dataset import Array, Task
from gradevo.datasets.members import Content, Parsed
from gradevo.datasets.origin import Origin
from gradevo.datasets.rows import Row, rows_of
from gradevo.datasets.sources import Own, Part


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


MISSING = frozenset({"", "?", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null"})

# What pandas and R call the column of their row names: nothing, and what pandas makes of nothing.
_UNNAMED = re.compile(r"(Unnamed: 0(\.\d+)?)?")

COUNTING = 10  # rows from which on a column that counts them is no chance


@dataclass(frozen=True)
class Table:
    """What a table holds, and how it was understood.

    parsed: features (n, columns), float64, those of inputs in their order, targets (n,), the texts that stand
        there, and weights (n,), where there are any. Where the entry says what becomes of texts or missing
        values, features are texts, with nothing where a value is missing.
    columns: of the features, in words.
    left_out: number of columns at the beginning that are left out as row names.
    names: of all columns behind them, as the first line gives them; None without such a line.
    target: the target's column in words.
    notes: on what was decided, one line each.
    """

    parsed: Parsed
    columns: tuple[str, ...]
    left_out: int
    names: tuple[str, ...] | None
    target: str
    notes: tuple[str, ...]


def series(file: Content) -> Parsed:
    """One series a line, values between tabs, its label first, as in the UCR archive.

    Returns (n, length, 1) float64 and (n,) text. Raises GradevoError, as `table` does.
    """
    x, y, *_ = table(rows_of(file, "\t"), file.origin, Own(kind="own", target=1, header=False)).parsed
    return x[..., np.newaxis], y


def table(
    rows: Iterator[Row], origin: Origin, own: Own, like: Table | None = None, decimal: str = "."
) -> Table:
    """Numbers in columns, and a target, which may be text, in one of them.

    First columns without a name before others that have one hold the rows' names, as pandas and R write
    them, and are left out, unless they are asked for.

    own: what the entry says of columns. Where it does not say so, the first line names them if it holds no
        number, if the entry gives one by its name, or if it counts them, as pandas does.
    like: another part's table, into whose order this one's columns are brought if its first line names
        them; numbers of columns are counted there.
    decimal: what stands before the decimals of numbers; in targets that are all numbers it becomes a point.

    Raises GradevoError, naming line and column, where a value is missing or no number, where lines are not
    equally long, where there is no such column, where row names repeat a value, and where the first line has
    other names than that of `like`.
    """
    first = next(rows, None)
    if first is None:
        raise origin.fault("lines with values", "none")
    names, notes = first[1], []
    asked = [own.target, own.weights, *own.leave_out, *itertools.chain(*own.inputs.values())]
    header = own.header
    if header is None:
        counted = _counts_columns(names)
        header = any(isinstance(one, str) for one in asked) or counted or _has_no_number(names, decimal)
        if counted:
            notes.append(
                f"line {first[0]}, {', '.join(names[:4])}, …, is taken for the names of columns, as pandas "
                "gives them; if it is a row, say `header: false` in the entry's source"
            )
    if not header:
        rows = itertools.chain([first], rows)
    rows = _of_width(origin, rows, len(names))
    labels = [f"column {number + 1}{f' ({name})' if header else ''}" for number, name in enumerate(names)]
    left_out = _row_names(names, asked) if header else 0
    if left_out:
        rows = _without_row_names(origin, rows, left_out)
        names, labels = names[left_out:], labels[left_out:]
    if header and like and like.names and names != list(like.names):
        order = _order(origin, names, like.names)
        rows = ((line, [fields[number] for number in order]) for line, fields in rows)
        names, labels = list(like.names), [labels[number] for number in order]
    before = like.left_out if header and like else left_out

    def place(column: int | str) -> int:
        return _place(origin, column, names, before)

    target = place(before + len(names) if own.target is None else own.target)
    weighted = [] if own.weights is None else [place(own.weights)]
    inputs = {name: [place(one) for one in columns] for name, columns in own.inputs.items()}
    chosen = list(itertools.chain(*inputs.values()))
    dropped = {place(one) for one in own.leave_out}
    uses = [target, *weighted, *sorted({*chosen}), *sorted(dropped)]
    if twice := [one for one in uses if uses.count(one) > 1]:
        expected = "target, weights, inputs and what is left out in columns of their own"
        raise origin.fault(expected, labels[twice[0]])
    for name, places in inputs.items():
        if len({*places}) < len(places):
            raise origin.fault(f"each column once in the input {name}", "one twice")
    kept = chosen or [number for number in range(len(names)) if number not in uses]
    x, y, w = _values(origin, rows, (target, kept, weighted), labels, own, decimal)
    if others := [label for number, label in enumerate(labels) if number not in (*uses, *kept)]:
        notes.append(f"no input has {', '.join(others)}")
    columns = tuple(labels[number] for number in kept)
    notes += _counting(x, columns)
    named = tuple(names) if header else None
    return Table((x, y, *w), columns, left_out, named, labels[target], tuple(notes))


def _has_no_number(names: Sequence[str], decimal: str) -> bool:
    return any(names) and not any(is_number(one, decimal) for one in names)


def _counts_columns(names: Sequence[str]) -> bool:
    """Whether names are those that pandas gives to columns without any, 0, 1, …, with others behind them."""
    behind = names[1:] if _UNNAMED.fullmatch(names[0]) else names
    counted = list(itertools.takewhile(lambda pair: pair[1] == str(pair[0]), enumerate(behind)))
    others = behind[len(counted) :]
    return len(counted) > 1 and len(behind) > 2 and not any(is_number(one) or not one for one in others)


def _row_names(names: Sequence[str], asked: Sequence[int | str | None]) -> int:
    """The number of first columns that hold the rows' names; two others are needed, and none asked for."""
    found = len(list(itertools.takewhile(_UNNAMED.fullmatch, names[:-2])))
    wanted = [
        one - 1 if isinstance(one, int) else names.index(one)
        for one in asked
        if one in names or one in range(1, len(names) + 1)
    ]
    return min([found, *wanted])


def _counting(x: Array, columns: Sequence[str]) -> list[str]:
    """Say which columns of features do nothing but count the rows: a forgotten index, mostly."""
    if len(x) < COUNTING or x.dtype == object:
        return []
    found = [
        name
        for name, values in zip(columns, x.T, strict=True)
        if values[0] in (0, 1) and (np.diff(values) == 1).all()
    ]
    return [f"{name} counts the rows, and is a feature; remove it if it is an index" for name in found]


def _of_width(origin: Origin, rows: Iterator[Row], width: int) -> Iterator[Row]:
    for line, fields in rows:
        if len(fields) != width:
            raise origin.fault(f"{width} values in line {line}, as in the first", len(fields))
        yield line, fields


def _order(origin: Origin, own: Sequence[str], names: Sequence[str]) -> list[int]:
    """Return where each of the names stands among a table's own."""
    if sorted(own) != sorted(names) or len(set(own)) < len(own):
        expected = f"the columns of the training part, {', '.join(names)}, each once and in any order"
        raise origin.fault(expected, ", ".join(own))
    return [own.index(name) for name in names]


def _without_row_names(origin: Origin, rows: Iterator[Row], number: int) -> Iterator[Row]:
    """Take the first fields from each row. Raises GradevoError if they come twice."""
    seen: set[tuple[str, ...]] = set()
    for line, fields in rows:
        name = tuple(fields[:number])
        if name in seen:
            expected = (
                "a name for column 1, or different values in it, since a column without one holds row names"
            )
            raise origin.fault(expected, f"{', '.join(name)!r} again in line {line}")
        seen.add(name)
        yield line, fields[number:]


def _place(origin: Origin, column: int | str, names: Sequence[str], before: int) -> int:
    """Return the index of the column of a name, or of a number that counts those before the names, too."""
    if len(names) < 2:
        expected = "at least two columns, with commas, semicolons, tabs or bars between them"
        raise origin.fault(expected, f"{len(names)} in the first line")
    if isinstance(column, str):
        if names.count(column) != 1:
            raise origin.fault(f"one column {column} in the first line", ", ".join(names))
        return names.index(column)
    if not before < column <= before + len(names):
        raise origin.fault(f"a column {column}", f"{before + len(names)} columns")
    return column - 1 - before


def _values(
    origin: Origin,
    rows: Iterator[Row],
    places: tuple[int, Sequence[int], Sequence[int]],
    names: Sequence[str],
    own: Own,
    decimal: str,
) -> tuple[Array, Array, tuple[Array, ...]]:
    """Return features (n, columns), the target's texts (n,), and weights (n,), if there are any.

    places: of target, features and weights.
    """
    target, kept, weighted = places
    raw = own.texts is not None or own.missing is not None
    features: list[str] = []
    values, targets, lines = array("d"), [], array("q")
    convert = number if decimal == "." else partial(number, decimal=decimal)
    numeric = [*weighted] if raw else [*kept, *weighted]
    everything = numeric == [*range(len(names) - 1)]
    for line, fields in rows:
        targets.append(fields[target])
        if targets[-1].lower() in MISSING:
            raise _fault(origin, line, names[target], targets[-1])
        if raw:
            features += [_raw(origin, line, names[one], fields[one], own, decimal) for one in kept]
        chosen = fields[:-1] if everything else [fields[one] for one in numeric]
        try:
            values.extend(map(convert, chosen))
        except ValueError as error:
            wrong = next(index for index, field in enumerate(chosen) if not is_number(field, decimal))
            raise _fault(origin, line, names[numeric[wrong]], chosen[wrong]) from error
        lines.append(line)
    if not lines:
        raise origin.fault("lines with values", "a header only")
    found = np.frombuffer(values, dtype=np.float64).reshape(len(lines), len(numeric))
    missing = np.argwhere(np.isnan(found))
    if len(missing):
        row, wrong = missing[0]
        raise _fault(origin, lines[row], names[numeric[wrong]], "nan")
    if decimal != "." and all(is_number(target, decimal) for target in targets):
        targets = [target.replace(decimal, ".") for target in targets]
    x = np.array(features, dtype=object).reshape(len(lines), len(kept)) if raw else found[:, : len(kept)]
    return x, np.array(targets, dtype=np.str_), tuple(found[:, len(numeric) - len(weighted) :].T)


def _raw(origin: Origin, line: int, column: str, field: str, own: Own, decimal: str) -> str:
    """Return a feature as text: numbers with a point, and nothing where a value is missing."""
    gap = field.lower() in MISSING
    if not gap and is_number(field, decimal):
        gap = math.isnan(number(field, decimal))
        if not gap:
            return field.replace(decimal, ".")
    if (own.missing if gap else own.texts) is None:
        raise _fault(origin, line, column, "nan" if gap and field else field)
    return "" if gap else field


DATE = re.compile(r"\d+([-/.:])\d+\1\d+.*|\d+:\d+")


def _fault(origin: Origin, line: int, column: str, value: str) -> Exception:
    if value.lower() in MISSING:
        expected = (
            f"a value in line {line}, {column}, since rows with missing values, and series of different "
            f"lengths, cannot be used as they are (say `missing: mean` of a table in the entry's source)"
        )
        return origin.fault(expected, value if value else "nothing")
    expected = f"a number in line {line}, {column}"
    if not any(map(str.isdigit, value)) or DATE.fullmatch(value):
        expected += (
            " (texts and dates are not read as features: say `leave_out: […]` or `texts: one-hot` in the "
            "entry's source)"
        )
    return origin.fault(expected, repr(value))
