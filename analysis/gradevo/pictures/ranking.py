"""Which of many tensors or layers are shown where not all fit: the largest, the smallest, the most unusual.

Without matplotlib. What is ranked is a curve of each, over epochs or steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import spread


@dataclass(frozen=True)
class Group:
    """Some of the names, the first one first, and why they were chosen, in words."""

    heading: str
    names: tuple[str, ...]


def ranked(curves: Mapping[str, NDArray[np.float64]], each: int, over: str) -> list[Group]:
    """Choose three groups of at most `each` names; none is in two, and one without any value is in none.

    Largest and smallest are those whose medians over their curve are. Most unusual are, among the others,
    those whose course differs most from the usual one: with every curve divided by its own median, the usual
    one is the median of all at each place, and the difference is the mean of the absolute logarithms of the
    ratio to it.

    Args:
        curves: Name -> (places,) float64, of one length; values that are not finite are missing, and those
            that are not positive have no part in what is unusual.
        each: Names of a group.
        over: What the places are: ``"epochs"``.

    Returns:
        The groups that have names: the largest, the smallest, the most unusual; of equal ones the first. If
        no curve has a value, the first names.
    """
    values = np.array(list(curves.values()), dtype=np.float64).reshape(len(curves), -1)
    medians = spread(values.T)[1]
    known = [place for place in range(len(values)) if np.isfinite(medians[place])]
    ascending = sorted(known, key=lambda place: float(medians[place]))
    largest = sorted(known, key=lambda place: -float(medians[place]))[:each]
    smallest = [place for place in ascending if place not in largest][:each]
    others = [place for place in known if place not in {*largest, *smallest}]
    apart = _differences(values)
    unusual = sorted(others, key=lambda place: -float(apart[place]))[:each]
    names = list(curves)
    groups = [
        Group(f"the largest, by their median over the {over}", tuple(names[place] for place in largest)),
        Group(f"the smallest, by their median over the {over}", tuple(names[place] for place in smallest)),
        Group(
            "the most unusual of the others: courses, relative to their median, that differ most from the "
            "median of all",
            tuple(names[place] for place in unusual),
        ),
    ]
    return [group for group in groups if group.names] or [
        Group("the first ones: none has a value", tuple(names[:each]))
    ]


def _differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance in decades of each row's course to the usual one, (rows,); 0 without a positive value."""
    with np.errstate(divide="ignore", invalid="ignore"):
        courses = np.where(np.isfinite(values) & (values > 0), np.log10(values), np.nan)
    courses -= spread(courses.T)[1][:, None]
    apart = np.abs(courses - spread(courses)[1])
    there = np.isfinite(apart)
    total: NDArray[np.float64] = np.where(there, apart, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return total
