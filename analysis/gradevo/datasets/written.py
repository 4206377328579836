"""Numbers as they are written in tables, and targets that were written there."""

from collections.abc import Mapping

import numpy as np

from gradevo.datasets.dataset import Task
from gradevo.datasets.kinds import Part
from gradevo.datasets.origin import Origin
from gradevo.datasets.parsed import Parsed


def number(text: str) -> float:
    """Return the number that `text` is. Raises ValueError if it is none."""
    if "_" in text:  # Python takes 1_1 for 11
        raise ValueError(text)
    return float(text)


def is_number(text: str) -> bool:
    """Tell whether `text` is a number."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def numbers(parts: Mapping[Part, Parsed], task: Task | None, origin: Origin) -> Mapping[Part, Parsed]:
    """Make numbers, float64, of a dataset's targets, if they are texts and each of them is a number.

    Raises GradevoError for labels of classes (whole numbers, unless `task` is a regression) that differ and
    yet are one number, as 7 and 007: they would become one class.
    """
    if any(y.dtype.kind != "U" for _, y in parts.values()):
        return parts
    texts = np.unique(np.concatenate([y for _, y in parts.values()])).tolist()
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
        part: (x, np.array([known[text] for text in y.tolist()], dtype=np.float64))
        for part, (x, y) in parts.items()
    }
