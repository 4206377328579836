"""An explorer: one chart in which readers choose a quantity and which series of it they see."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import Bins, spread, stack
from gradevo.layers import LayerGraph
from gradevo.pictures.style.house import BLACK, SEQUENCE
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.statistic import Statistic

MOST_EPOCHS = 500
"""More epochs than this are put into bins of several epochs."""

MOST_STEPS = 250
"""More steps than this are put into bins of several steps: a screen has fewer pixels than a run steps."""

INK = "ink"
"""The colour of text, which depends on the page: black, or white in dark mode."""

COLORS = tuple(color for color in SEQUENCE if color != BLACK)
DASHES = ("solid", "6 3", "2 2", "8 3 2 3")


@dataclass(frozen=True)
class Points:
    """What is drawn of one series, (points,) each; NaN where no run has a finite value."""

    middle: NDArray[np.float64]
    """Median of the finite values of all runs in the bin."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    seeds: NDArray[np.int64]
    """How many runs have a finite value there."""

    @classmethod
    def of(cls, bins: Bins, series: Sequence[NDArray[np.floating]]) -> Self:
        """Median, range and number of runs in every bin; a series per run, each up to edges[-1] long.

        Values that are not finite count as missing.
        """
        columns = bins.columns(stack(series))
        low, middle, high = spread(columns)
        shape = len(series), bins.widest, len(bins.edges) - 1
        return cls(middle, low, high, np.isfinite(columns).reshape(shape).any(axis=1).sum(axis=0))


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
    first: bool = False
    """Whether it is shown first."""

    @classmethod
    def of(cls, statistic: Statistic) -> Self:
        """A statistic in the words of the catalogue."""
        told = (statistic.name, statistic.label, statistic.meaning, statistic.axis, statistic.group)
        return cls(*told, logarithmic=statistic.logarithmic, first=statistic.first)


@dataclass(frozen=True)
class Series:
    """A line: a tensor, a layer, a split of the data or an experiment."""

    name: str
    color: str
    """#rrggbb or `INK`"""
    dash: str = "solid"
    width: float = 1.8


def tensor_series(graph: LayerGraph, tensors: Sequence[str]) -> tuple[Series, ...]:
    """The total in the colour of text, then the tensors: a colour per layer, a dash for each of its tensors.

    Where there are more layers than colours, colours come again with dashes that are still free.
    """
    series = [Series(TOTAL, INK, width=2.4)]
    dashes = [itertools.cycle(DASHES) for _ in COLORS]
    for number, layer in enumerate(graph.layers_of(tensors)):
        index = number % len(COLORS)
        series += [Series(tensor, COLORS[index], next(dashes[index])) for tensor in layer.tensors]
    return tuple(series)


def named_series(names: Sequence[str]) -> tuple[Series, ...]:
    """A colour per name; with the next dash when all colours are taken."""
    styles = itertools.cycle((color, dash) for dash in DASHES for color in COLORS)
    return tuple(Series(name, *style) for name, style in zip(names, styles, strict=False))


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
