"""A graph on its page, in inches: centres of layers, routes of edges, labels of the edges' values.

The origin is the upper left corner; y grows downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradevo.pictures.layer_graph.edge_labels import HEIGHT, Box, EdgeLabel, edge_labels
from gradevo.pictures.layer_graph.layout import Lanes, Stop
from gradevo.pictures.layer_graph.routes import RADIUS, Point, Route, routes_of

# Inches.
PASSING = 0.14  # half the height of a lane that connections only pass
LETTERS = 0.122  # height of a line of a layer's label
GAP = 0.04  # between a layer and its label
ABOVE, BELOW = RADIUS + 0.14, 0.14  # above a layer, for badges and values of edges; below its label
BEND = 0.57  # how far a line to the next row turns round beside a layer: clear of its label
MARGIN = 0.12  # between the outermost line and the side of the page: half a turned value
NESTED, ALL_NESTED = 0.15, 0.6  # how much further out the next one turns, and all further ones at most
WIDEST = 1.9  # the largest distance of neighbouring layers
LABEL = 2 * BEND - HEIGHT - 0.03  # the largest width of a label: clear of lines that turn round beside it


@dataclass(frozen=True)
class Geometry:
    """The height of a graph, the centres of its layers, the routes of its edges, the edges' labels.

    names: where the names of a row's ends stand, their baseline at the side where the row begins; none where
    every layer has a label, and edges have labels instead.
    """

    height: float
    centres: tuple[Point, ...]
    routes: tuple[Route, ...]
    edge_labels: tuple[EdgeLabel, ...]
    names: tuple[Point, ...] = ()


class Sheet:
    """Columns and rows of lanes on a page of that width; how high they are depends on the labels.

    names: the height of a line above every row that names its ends, in place of all other labels.
    """

    def __init__(self, lanes: Lanes, width: float, names: float = 0.0) -> None:
        self.lanes = lanes
        self._names = names
        self._at = {
            rank: (row, column) for row, ranks in enumerate(lanes.rows) for column, rank in enumerate(ranks)
        }
        self._columns = max(map(len, lanes.rows), default=1)
        bends = self._bends()
        furthest = max((depth for depth, _ in bends.values()), default=0)
        nested = min(NESTED, ALL_NESTED / max(furthest, 1))
        side = MARGIN + BEND + nested * furthest
        self.pitch = min((width - 2 * side) / max(self._columns - 1, 1), WIDEST)
        self.label = min(self.pitch - 0.06, LABEL)
        """The largest width of a label."""
        self._left = (width - self.pitch * (self._columns - 1)) / 2
        right = self._left + self.pitch * (self._columns - 1)
        self._turns = {
            line: self._left - (BEND + nested * depth) if row % 2 else right + (BEND + nested * depth)
            for line, (depth, row) in bends.items()
        }

    def place(self, labels: Sequence[tuple[float, int]]) -> Geometry:
        """Place everything; `labels` are the width in inches and the number of lines under every layer."""
        heights, height, tops = self._heights([lines for _, lines in labels])

        def point(stop: Stop) -> Point:
            row, column = self._at[stop[0]]
            x = self._left + self.pitch * (column if row % 2 == 0 else self._columns - 1 - column)
            return x, heights[self._lane(stop)]

        centres = tuple(map(point, self.lanes.layers))
        points = [tuple(map(point, stops)) for stops in self.lanes.edges]
        turns = [
            tuple(self._turns.get((edge, place)) for place in range(len(stops) - 1))
            for edge, stops in enumerate(self.lanes.edges)
        ]
        routes = routes_of(points, turns)
        if self._names:
            right = self._left + self.pitch * (self._columns - 1)
            sides = (self._left - RADIUS, right + RADIUS)
            names = tuple((sides[row % 2], top + 0.8 * self._names) for row, top in enumerate(tops))
            return Geometry(height, centres, tuple(routes), (), names)
        taken = []
        for (x, y), (width, lines) in zip(centres, labels, strict=True):
            top = y + RADIUS + GAP
            taken.append(Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS))
            taken.append(Box(x - width / 2, top, x + width / 2, top + LETTERS * lines))
        return Geometry(height, centres, tuple(routes), tuple(edge_labels(routes, taken)))

    def _lane(self, stop: Stop) -> tuple[int, int]:
        """Row and lane as seen there: every second row runs backwards and has its lanes turned over."""
        row, _ = self._at[stop[0]]
        return row, stop[1] if row % 2 == 0 else -stop[1]

    def _heights(self, label_lines: Sequence[int]) -> tuple[dict[tuple[int, int], float], float, list[float]]:
        """The y of every lane that is used in a row, of the lower end of all, and of the rows' upper ends."""
        above = {self._lane(stop): PASSING for stops in self.lanes.edges for stop in stops}
        below = dict(above)
        for stop, count in zip(self.lanes.layers, label_lines, strict=True):
            lane = self._lane(stop)
            above[lane] = ABOVE
            below[lane] = max(below.get(lane, 0), RADIUS + GAP + LETTERS * count + BELOW)
        heights: dict[tuple[int, int], float] = {}
        y = 0.0
        tops: list[float] = []
        for lane in sorted(above):
            if lane[0] == len(tops):  # the first lane of a row
                tops.append(y)
                y += self._names
            heights[lane] = y + above[lane]
            y = heights[lane] + below[lane]
        return heights, y, tops

    def _bends(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Lines into another row: (edge, place in it) -> number of lines that it turns round, upper row."""
        crossing: dict[int, list[tuple[int, int, int, int]]] = {}
        for edge, stops in enumerate(self.lanes.edges):
            for place, ends in enumerate(pairwise(stops)):
                upper, lower = sorted(map(self._lane, ends))
                if upper[0] != lower[0]:
                    crossing.setdefault(upper[0], []).append((-upper[1], lower[1], edge, place))
        return {
            (edge, place): (depth, row)
            for row, lines in crossing.items()
            for depth, (_, _, edge, place) in enumerate(sorted(lines))
        }
