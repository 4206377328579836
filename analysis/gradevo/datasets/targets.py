"""What a dataset's targets are: numbers of a regression, or classes and which label stands for which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gradevo.datasets.dataset import Array, Task
from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Entry

Label = int | str


@dataclass(frozen=True)
class Targets:
    """Targets of both parts: class indices, int64, and the labels in their order; or numbers as found."""

    task: Task
    labels: tuple[str, ...] | None
    train: Array
    test: Array


def understand(train: Array, test: Array, entry: Entry, origin: Origin) -> Targets:
    """Find out what the targets are, and check what the entry says of them.

    train, test: (rows,) numbers or texts, or (rows, targets) numbers of a regression. Texts and whole numbers
    are labels of classes; with one fraction among them, numbers are a regression's. The entry's `task` may
    say otherwise. The classes are the entry's `labels`; else 0 to `classes`-1, where all are among them; else
    the training part's labels, sorted.

    Raises GradevoError where the targets contradict the entry or themselves.
    """
    texts, fractions = [], []
    for y, array in ((train, "y_train"), (test, "y_test")):
        if y.dtype.kind == "U":
            texts += y[:1].tolist()
        elif y.dtype.kind == "f":
            if not np.isfinite(y).all():
                raise origin.fault(f"a finite target in every row of {array}", y[~np.isfinite(y)][0])
            fractions += y[y != np.rint(y)][:1].tolist()
    if (entry.task or ("regression" if fractions and not texts else "classification")) == "regression":
        if texts:
            raise origin.fault("numbers as the targets of a regression", repr(texts[0]))
        if entry.classes or entry.labels:
            raise origin.fault("labels of classes", f"{fractions[0]}, which makes the targets a regression's")
        return Targets("regression", None, train, test)
    if fractions:
        raise origin.fault("whole numbers or texts as labels of classes", fractions[0])
    labels, given = _labels(train, test, entry, origin)
    index = {label: number for number, label in enumerate(labels)}
    known = f"the labels {listed(labels)}"
    return Targets(
        "classification",
        labels,
        _indices(train, index, origin, f"{known} in y_train"),
        _indices(test, index, origin, f"{known} in y_test" if given else _EVERYWHERE),
    )


_EVERYWHERE = (
    "every class of the test part in the training part too (are the targets numbers to predict? "
    "then say `task: regression`)"
)


def from_one_hot(y: Array, entry: Entry, origin: Origin) -> Array:
    """Return the classes (rows,) of one-hot rows (rows, classes): the entry's labels, or numbers from 0.

    Rows of several targets of a regression, (rows, targets), are returned as they are. Raises GradevoError
    for other rows that are not one-hot, and where the entry says otherwise.
    """
    numeric = y.dtype.kind in "biuf"
    one_hot = numeric and bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
    given = entry.classes or entry.labels
    if numeric and not given and entry.task == "regression":
        return y
    if not one_hot:
        expected = "one target a row, one-hot rows of classes, or several numbers to predict"
        kind = "whole numbers" if numeric else "texts"
        remedy = " (if they are to be predicted, say `task: regression`)" if numeric and not given else ""
        raise origin.fault(expected, f"{y.shape[1]} {kind} a row{remedy}")
    classes = len(entry.labels) if entry.labels else entry.classes
    if classes not in (None, y.shape[1]):
        raise origin.fault(f"{classes} classes", f"one-hot rows of {y.shape[1]} classes")
    index: Array = y.argmax(axis=1).astype(np.int64)
    return np.array(list(map(str, entry.labels)))[index] if entry.labels else index


def with_task(entry: Entry, parts: Iterable[Array]) -> Entry:
    """The entry, as a regression's where rows of several numbers have a fraction in any part.

    parts: targets, (rows,) or (rows, several). What the entry says itself stays.
    """
    several = (y for y in parts if y.ndim == 2 and y.shape[1] > 1 and y.dtype.kind == "f")
    if entry.task or entry.classes or entry.labels or not any((y != np.rint(y)).any() for y in several):
        return entry
    return entry.model_copy(update={"task": "regression"})


def _labels(train: Array, test: Array, entry: Entry, origin: Origin) -> tuple[tuple[str, ...], bool]:
    """Return the texts of the labels in the order of the classes, and whether the entry gives them."""
    if entry.labels is not None:
        return tuple(map(str, entry.labels)), True
    labels = _texts(np.unique(train))
    if entry.classes is not None:
        numbers = [str(number) for number in range(entry.classes)]
        others = [
            text for text in _texts(np.unique([*labels, *_texts(np.unique(test))])) if text not in numbers
        ]
        if not others:
            return tuple(numbers), True
        if len(labels) != entry.classes:
            expected = f"labels from 0 to {numbers[-1]} or {len(numbers)} different others in y_train"
            raise origin.fault(expected, f"{listed(others)} among {len(labels)}")
    elif len(labels) < 2:
        raise origin.fault("at least two classes in y_train", f"one: {labels[0]}")
    return tuple(labels), False


def _indices(y: Array, index: dict[str, int], origin: Origin, expected: str) -> Array:
    values, inverse = np.unique(y, return_inverse=True)
    texts = _texts(values)
    unknown = [text for text in texts if text not in index]
    if unknown:
        raise origin.fault(expected, listed(unknown))
    return np.array([index[text] for text in texts], dtype=np.int64)[inverse]


def _texts(values: Array) -> list[str]:
    """Return labels as people write them: 1.0 as "1"."""
    return [str(value) if isinstance(value, str) else str(int(value)) for value in values]


def listed(labels: Sequence[str]) -> str:
    """Return the labels, or the first ten of many, in words."""
    return ", ".join(labels) if len(labels) <= 10 else f"{', '.join(labels[:10])} and {len(labels) - 10} more"
