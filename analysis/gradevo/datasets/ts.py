"""Series in the format of sktime and aeon, `.ts`.

Lines of `@key value` describe the series behind `@data`, one a line: its dimensions between colons, their
values between commas, and the label, or the number to predict, last.
"""

from array import array
from collections.abc import Iterator

import numpy as np

from gradevo.datasets.members import Content, Parsed
from gradevo.datasets.rows import lines_of
from gradevo.datasets.tables import MISSING, number


def series_of_ts(file: Content) -> Parsed:
    """Read the series of one part, all of one length.

    Returns (n, length, dimensions) float64 and (n,) text. Raises GradevoError, naming the line, for series
    with time stamps, without labels, with missing values or of different lengths, and for what is no number.
    """
    origin, lines = file.origin, enumerate(lines_of(file), 1)
    told = _header(file, lines)
    if told.get("timestamps", "false").split()[0].lower() == "true":
        raise origin.fault("series without time stamps, as `@timeStamps false` says", "some with them")
    labelled = [told[key].split()[:1] for key in ("classlabel", "targetlabel") if key in told]
    if ["true"] not in [[word.lower() for word in words] for words in labelled]:
        raise origin.fault("series with labels, as `@classLabel true` or `@targetLabel true` says", "none")
    values, targets, first = array("d"), [], None
    for line, text in lines:
        if not text.strip() or text.startswith(("#", "%")):
            continue
        *dimensions, target = (part.strip() for part in text.split(":"))
        rows = [[value.strip() for value in part.split(",")] for part in dimensions]
        shape = [len(row) for row in rows]
        first = first or shape
        if target.lower() in MISSING:
            raise origin.fault(f"a label at the end of line {line}, behind a colon", target or "nothing")
        if shape != first or len({*shape}) != 1:
            expected = f"{len(first)} dimensions of {first[0] if first else 'some'} values in line {line}"
            raise origin.fault(expected, f"{len(shape)} of {', '.join(map(str, sorted({*shape}))) or 'none'}")
        for row in rows:
            for value in row:
                if value.lower() in MISSING:
                    expected = f"a value in line {line}, since series with missing values cannot be used"
                    raise origin.fault(expected, value or "nothing")
                try:
                    values.append(number(value))
                except ValueError as error:
                    raise origin.fault(f"a number in line {line}", repr(value)) from error
        targets.append(target)
    if first is None:
        raise origin.fault("lines with series behind `@data`", "none")
    x = np.frombuffer(values, dtype=np.float64).reshape(len(targets), len(first), first[0])
    return x.transpose(0, 2, 1).copy(), np.array(targets, dtype=np.str_)


def are_numbers_to_predict(file: Content) -> bool:
    """Tell whether a header says that targets are those of a regression. Raises GradevoError without one."""
    told = _header(file, enumerate(lines_of(file), 1))
    return told.get("targetlabel", "false").split()[0].lower() == "true"


def _header(file: Content, lines: Iterator[tuple[int, str]]) -> dict[str, str]:
    """Return the keys, in small letters, and values of the lines before `@data`, and take that line, too."""
    told: dict[str, str] = {}
    for line, text in lines:
        key, _, value = text.strip().partition(" ")
        if key.lower() == "@data":
            return told
        if key.startswith("@"):
            told[key[1:].lower()] = value.strip() or "false"
        elif key and not key.startswith(("#", "%")):
            raise file.origin.fault(f"`@key value` or `@data` in line {line}", repr(key[:40]))
    raise file.origin.fault("a line `@data`, behind which the series are", "none")
