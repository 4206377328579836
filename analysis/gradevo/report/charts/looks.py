"""Colours and dashes of series: house colours, which stay apart for all readers, then dashes."""

import itertools
from collections.abc import Sequence

from gradevo.layers import LayerGraph
from gradevo.pictures.style.house import BLACK, SEQUENCE
from gradevo.report.charts.explorer import INK, Series
from gradevo.statistics.catalogue import TOTAL

COLORS = tuple(color for color in SEQUENCE if color != BLACK)
DASHES = ("solid", "6 3", "2 2", "8 3 2 3")


def tensors_looks(graph: LayerGraph, tensors: Sequence[str]) -> tuple[Series, ...]:
    """The total in the colour of text, then the tensors: a colour a layer, a dash for each of its tensors.

    Where there are more layers than colours, colours come again with dashes that are still free.
    """
    looks = [Series(TOTAL, INK, width=2.4)]
    taken = [itertools.cycle(DASHES) for _ in COLORS]
    for number, layer in enumerate(graph.layers_of(tensors)):
        place = number % len(COLORS)
        looks += [Series(tensor, COLORS[place], next(taken[place])) for tensor in layer.tensors]
    return tuple(looks)


def names_looks(names: Sequence[str]) -> tuple[Series, ...]:
    """A colour a name; with the next dash when all colours are taken."""
    laps = (divmod(number, len(COLORS)) for number in range(len(names)))
    return tuple(
        Series(name, COLORS[place], DASHES[lap % len(DASHES)])
        for name, (lap, place) in zip(names, laps, strict=True)
    )
