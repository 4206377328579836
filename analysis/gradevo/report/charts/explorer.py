"""An explorer: one chart in which readers choose a quantity and which series of it they see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gradevo.report.charts.points import Points
from gradevo.statistics.statistic import Statistic

INK = "ink"
"""The colour of text, which depends on the page: black, or white in dark mode."""


@dataclass(frozen=True)
class Quantity:
    """What may stand on the y axis."""

    name: str
    """as in the statistics file"""
    label: str
    """in words"""
    formula: str
    """how it is computed"""
    axis: str
    """symbol and unit, for the axis"""
    group: str = ""
    """Heading under which the choice lists it."""
    zero: bool = True
    """A linear axis of values that are all positive begins at 0."""
    logarithmic: bool | None = None
    """Whether the axis is so at first; None: if what is shown first spans many decades."""

    @classmethod
    def of(cls, statistic: Statistic) -> Self:
        """A statistic in the words of the catalogue."""
        one = statistic
        return cls(one.name, one.label, one.meaning, one.axis, one.group, logarithmic=one.logarithmic)


@dataclass(frozen=True)
class Series:
    """A line: a tensor, a layer, a split of the data or an experiment."""

    name: str
    color: str
    """#rrggbb or `INK`"""
    dash: str = "solid"
    width: float = 1.8


@dataclass(frozen=True)
class Mark:
    """A vertical line with a meaning."""

    x: float
    text: str


@dataclass(frozen=True)
class Explorer:
    """One chart, its choices, and all the points that these may show."""

    key: str
    """names the chart on its page: ``"epochs"``"""
    title: str
    many: str
    """what the series are, several of them: ``"layers"``"""
    axis: str
    """label of the x axis"""
    quantities: tuple[Quantity, ...]
    series: tuple[Series, ...]
    x: Mapping[str, NDArray[np.float64]]
    """series -> places on the x axis, (points,)"""
    places: Mapping[str, tuple[str, ...]]
    """series -> these places in words, (points,)"""
    curves: Mapping[tuple[str, str], Points]
    """(quantity, series) -> points; absent where a series has no such quantity"""
    chosen: str
    """The quantity that is shown first."""
    shown: tuple[str, ...]
    """The series that are shown first."""
    note: str
    """What a point is, in a sentence."""
    seeds: int
    marks: tuple[Mark, ...] = ()
    narrow: bool = False
    """Whether two such charts have room beside one another."""


def is_logarithmic(explorer: Explorer, quantity: Quantity, decades: float = 1.5) -> bool:
    """Whether a quantity's axis is logarithmic at first.

    If nothing else is said, it is where the positive values of the series that are shown first span more than
    so many decades. Never where values are negative.
    """
    if quantity.logarithmic is False or not may_be_logarithmic(explorer, quantity):
        return False
    curves = [explorer.curves.get((quantity.name, name)) for name in explorer.shown]
    values = np.concatenate([np.empty(0), *(points.middle for points in curves if points is not None)])
    values = values[np.isfinite(values) & (values > 0)]
    wide = len(values) > 0 and np.log10(values.max()) - np.log10(values.min()) > decades
    return bool(quantity.logarithmic or wide)


def may_be_logarithmic(explorer: Explorer, quantity: Quantity) -> bool:
    """Whether a quantity has positive values and no negative ones but for rounding."""
    curves = [points for (name, _), points in explorer.curves.items() if name == quantity.name]
    values = np.concatenate([points.middle for points in curves]) if curves else np.empty(0)
    values = values[np.isfinite(values)]
    return bool(len(values) and values.max() > 0 and values.min() >= -1e-9 * values.max())
