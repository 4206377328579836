"""Texts of features to ones and zeros, gaps to values: as the entry asks, learnt from the training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradevo.datasets.dataset import Array
from gradevo.datasets.members import Encoding
from gradevo.datasets.origin import Origin
from gradevo.datasets.tables import DATE, is_number
from gradevo.datasets.targets import listed

MIXED = 10  # different numbers that a column of texts may have, as 0, 1, 2, 3+
MOST = 1000  # texts of one column that become columns of their own


@dataclass(frozen=True)
class Encoded:
    """Features of both parts, (n, columns) float64, the shapes of inputs, and what was learnt, in words."""

    train: Array
    test: Array
    inputs: Mapping[str, tuple[int, ...]]
    provenance: dict[str, str]
    notes: tuple[str, ...]


def encode(train: Array, test: Array, encoding: Encoding, origin: Origin) -> Encoded:
    """Make numbers of features that are texts or have gaps.

    train, test: (n, columns) of texts, empty where a value is missing.

    A column in which all values are numbers stays one, and its gaps get what the training rows have on
    average; of another, each text of the training rows becomes a column of 0 and 1. Texts that only the test
    part has are 0 in all of them. Raises GradevoError for columns of dates, of too many texts, of texts among
    many numbers, or without any value.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder

    if not (len(train) and len(test)):
        raise origin.fault("rows in both parts", f"{len(train)} and {len(test)}")
    made: list[tuple[Array, Array]] = []
    filled, texts, notes = [], [], []
    for name, column, other in zip(encoding.columns, train.T, test.T, strict=True):
        parts, given = (column[:, np.newaxis], other[:, np.newaxis]), {*column, *other} - {""}
        if not {*column} - {""}:
            raise origin.fault(f"a value in {name} in one of the training rows", "none")
        gaps = int((column == "").sum() + (other == "").sum())
        if all(map(is_number, given)):
            numbers = [np.where(part == "", "nan", part).astype(np.float64) for part in parts]
            if any(np.isinf(part).any() for part in numbers):
                raise origin.fault(f"finite values in {name}", "inf")
            imputer = SimpleImputer(strategy=encoding.missing or "mean").fit(numbers[0])
            made.append((imputer.transform(numbers[0]), imputer.transform(numbers[1])))
            if gaps:
                filled.append(f"{name} {imputer.statistics_[0]:.17g} ({gaps} values)")
            continue
        numeric = sorted(filter(is_number, given))
        if len(numeric) > MIXED:
            other_text = min(given.difference(numeric))
            expected = f"numbers alone or texts alone in {name} (or nothing where a value is missing)"
            raise origin.fault(expected, f"{numeric[0]}, {other_text} and {len(given) - 2} others")
        if all(map(DATE.fullmatch, given)):
            expected = f"texts in {name}, since dates would be one column each (leave it out: `leave_out`)"
            raise origin.fault(expected, f"dates, as {min(given)}")
        imputer = SimpleImputer(missing_values="", strategy="most_frequent").fit(parts[0])
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float64)
        known = [imputer.transform(part) for part in parts]
        encoder.fit(known[0])
        labels = encoder.categories_[0].tolist()
        if len(labels) > MOST:
            raise origin.fault(f"at most {MOST} different texts in {name} (or `leave_out`)", len(labels))
        made.append((encoder.transform(known[0]), encoder.transform(known[1])))
        texts.append(f"{name}: {', '.join(labels)}")
        notes.append(f"{name} becomes {len(labels)} columns of 0 and 1: {listed(labels)}")
        if gaps:
            filled.append(f"{name} {imputer.statistics_[0]} ({gaps} values)")
        if unknown := sorted({*known[1][:, 0]} - {*labels}):
            notes.append(f"{name} has texts in the test part alone, all 0 there: {listed(unknown)}")
    provenance = {"texts": f"one-hot: {'; '.join(texts)}"} if texts else {}
    if filled:
        provenance["missing"] = f"{encoding.missing} of the training rows: {'; '.join(filled)}"
        notes.append(f"missing values are filled in by the {provenance['missing']}")
    whole = [np.concatenate(part, axis=1) for part in zip(*made, strict=True)]
    widths = [one.shape[1] for one, _ in made]
    return Encoded(whole[0], whole[1], _shapes(encoding.inputs, widths), provenance, tuple(notes))


def _shapes(inputs: Mapping[str, int], widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    begin = 0
    for name, columns in inputs.items():
        shapes[name] = (sum(widths[begin : begin + columns]),)
        begin += columns
    return shapes
