"""The layout of a graph in inches: centres of layers, ways of edges, spots for their values.

The origin is the upper left corner; y grows downwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradevo.pictures.layer_graph.layout import Lanes, Stop
from gradevo.pictures.layer_graph.ports import ports_of
from gradevo.pictures.layer_graph.spots import HEIGHT, Box, Spot, spots_of
from gradevo.pictures.layer_graph.ways import RADIUS, Point, Way

PASSING = 0.14
"""Half the height of a lane that connections only pass."""

LETTERS = 0.122
"""Height of a line of a layer's label."""

GAP = 0.04
"""Between a layer and its label."""

ABOVE, BELOW = RADIUS + 0.14, 0.14
"""Space above a layer (for its badges and for values of edges), and below its label."""

BEND = 0.57
"""How far a line that leads to the next row turns round beside the layer: clear of its label."""

MARGIN = 0.12
"""Between the outermost line and the side of the page: half a turned value."""

NESTED, ALL_NESTED = 0.15, 0.6
"""How much further out the next one turns, and all further ones together at most."""

WIDEST = 1.9
"""The largest distance of neighbouring layers."""

LABEL = 2 * BEND - HEIGHT - 0.03
"""The largest width of a label: clear of lines, with their values, that turn round beside it."""


@dataclass(frozen=True)
class Places:
    """A graph on paper: its height, centres of layers, ways of edges, spots for the edges' values."""

    height: float
    centres: tuple[Point, ...]
    ways: tuple[Way, ...]
    spots: tuple[Spot, ...]


class Sheet:
    """Columns and rows of lanes on a page of that width; how high they are depends on the labels."""

    def __init__(self, lanes: Lanes, width: float) -> None:
        self.lanes = lanes
        self._at = {
            rank: (row, nth) for row, ranks in enumerate(lanes.rows) for nth, rank in enumerate(ranks)
        }
        self._columns = max(map(len, lanes.rows), default=1)
        self._depths = self._nest()
        further = max(self._depths.values(), default=0)
        self._nested = min(NESTED, ALL_NESTED / max(further, 1))
        side = MARGIN + BEND + self._nested * further
        self.pitch = min((width - 2 * side) / max(self._columns - 1, 1), WIDEST)
        self.label = min(self.pitch - 0.06, LABEL)
        """The largest width of a label."""
        self._left = (width - self.pitch * (self._columns - 1)) / 2

    def place(self, labels: Sequence[tuple[float, int]]) -> Places:
        """Place everything; `labels` are the width in inches and the number of lines under every layer."""
        heights, height = self._heights([lines for _, lines in labels])

        def point(stop: Stop) -> Point:
            return self._x(stop), heights[self._key(stop)]

        centres = tuple(point(stop) for stop in self.lanes.layers)
        points = [tuple(point(stop) for stop in stops) for stops in self.lanes.edges]
        turns = [
            tuple(self._turn(edge, nth, stops[nth]) for nth in range(len(stops) - 1))
            for edge, stops in enumerate(self.lanes.edges)
        ]
        ways = [
            Way(passed, around, *ends)
            for passed, around, ends in zip(points, turns, ports_of(points, turns), strict=True)
        ]
        spots = spots_of(ways, list(_taken(centres, labels)))
        return Places(height, centres, tuple(ways), tuple(spots))

    def _row(self, stop: Stop) -> int:
        return self._at[stop[0]][0]

    def _key(self, stop: Stop) -> tuple[int, int]:
        """Row and lane as seen there: every second row runs backwards and has its lanes turned over."""
        row = self._row(stop)
        return row, stop[1] if row % 2 == 0 else -stop[1]

    def _x(self, stop: Stop) -> float:
        row, column = self._at[stop[0]]
        return self._left + self.pitch * (column if row % 2 == 0 else self._columns - 1 - column)

    def _heights(self, label_lines: Sequence[int]) -> tuple[dict[tuple[int, int], float], float]:
        """The y of every lane that is used in a row, and that of the lower end of all."""
        above: dict[tuple[int, int], float] = {}
        below: dict[tuple[int, int], float] = {}
        for stops in self.lanes.edges:
            for stop in stops:
                above[self._key(stop)] = below[self._key(stop)] = PASSING
        for stop, count in zip(self.lanes.layers, label_lines, strict=True):
            key = self._key(stop)
            above[key] = ABOVE
            below[key] = max(below.get(key, 0), RADIUS + GAP + LETTERS * count + BELOW)
        heights: dict[tuple[int, int], float] = {}
        y = 0.0
        for key in sorted(above):
            heights[key] = y + above[key]
            y = heights[key] + below[key]
        return heights, y

    def _nest(self) -> dict[tuple[int, int], int]:
        """How many other lines a line into another row turns round: (edge, place in it) -> number."""
        crossing: dict[int, list[tuple[int, int, int, int]]] = {}
        for edge, stops in enumerate(self.lanes.edges):
            for nth, pair in enumerate(pairwise(stops)):
                upper, lower = sorted(self._key(stop) for stop in pair)
                if upper[0] != lower[0]:
                    crossing.setdefault(upper[0], []).append((-upper[1], lower[1], edge, nth))
        return {
            (edge, nth): depth
            for lines in crossing.values()
            for depth, (_, _, edge, nth) in enumerate(sorted(lines))
        }

    def _turn(self, edge: int, nth: int, stop: Stop) -> float | None:
        depth = self._depths.get((edge, nth))
        if depth is None:
            return None
        other = self.lanes.edges[edge][nth + 1]
        out = BEND + self._nested * depth
        if min(self._row(stop), self._row(other)) % 2 == 0:
            return self._left + self.pitch * (self._columns - 1) + out
        return self._left - out


def _taken(centres: Sequence[Point], labels: Sequence[tuple[float, int]]) -> Iterator[Box]:
    """What layers and their labels cover."""
    for (x, y), (width, lines) in zip(centres, labels, strict=True):
        yield Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)
        top = y + RADIUS + GAP
        yield Box(x - width / 2, top, x + width / 2, top + LETTERS * lines)
