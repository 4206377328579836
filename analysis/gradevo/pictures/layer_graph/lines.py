"""The shapes of edges: smooth lines between the rims of layers, with a head that points forward."""

from dataclasses import dataclass
from math import copysign, cos, radians, sin

import numpy as np
from matplotlib.path import Path

from gradevo.pictures.layer_graph.ports import Port
from gradevo.pictures.layer_graph.ways import RADIUS, Point, Way

ROUND = 0.12
"""Radius of the corners of a line that turns into another row."""

HEAD = 0.09
"""Length of the head of a line without width."""

CLEAR = 0.03
"""Between a line and the layers at its ends."""


@dataclass(frozen=True)
class Shape:
    """The line, which ends at the head's base, and the head, a triangle."""

    line: Path
    head: Path


class _Pen:
    """Collects a path's vertices; between layers it leaves and arrives horizontally."""

    def __init__(self, start: Point) -> None:
        self.vertices: list[Point] = [start]
        self.codes: list[int] = [int(Path.MOVETO)]

    def to(self, point: Point) -> None:
        self.vertices.append(point)
        self.codes.append(int(Path.LINETO))

    def swing(self, leaving: Point, point: Point, entering: Point) -> None:
        """A curve to a point; `leaving` and `entering` are the directions away from both ends."""
        here = self.vertices[-1]
        reach = 0.5 * abs(point[0] - here[0])
        first, second = (reach if way[1] == 0 else 0.6 * reach for way in (leaving, entering))
        self.vertices += [_moved(here, leaving, first), _moved(point, entering, second), point]
        self.codes += [int(Path.CURVE4)] * 3

    def turn(self, out: float, point: Point) -> None:
        """Out to the side, down or up, and back."""
        here = self.vertices[-1]
        aside, down = copysign(ROUND, out - here[0]), copysign(ROUND, point[1] - here[1])
        for y, corner, following in (
            (here[1], (out - aside, here[1]), (out, here[1] + down)),
            (point[1], (out, point[1] - down), (out - aside, point[1])),
        ):
            self.to(corner)
            self.vertices += [(out, y), following]
            self.codes += [int(Path.CURVE3)] * 2
        self.to(point)


def shape_of(way: Way, start: float, end: float, width: float) -> Shape:
    """The shape of an edge of that line width in points, from and to layers of these radii in inches."""
    length = HEAD + 0.6 * width / 72
    half = 0.38 * length + width / 144
    if way.points[0] == way.points[-1]:
        return _loop(way.points[0], start, length, half)
    pen = _Pen(_rim(way.points[0], way.leave, start + CLEAR))
    last = len(way.turns) - 1
    for place, (here, there, turn) in enumerate(zip(way.points, way.points[1:], way.turns, strict=False)):
        side = 1 if (there[0] if turn is None else turn) > here[0] else -1
        leave = way.leave if place == 0 else Port(side)
        back = Port(-side if turn is None else side)
        enter = way.enter if place == last else back
        if place and turn is None:
            pen.to((here[0] + side * RADIUS, here[1]))
        if place == last:
            point = _rim(there, enter, end + CLEAR + length)
        else:
            point = (there[0] - side * RADIUS, there[1]) if turn is None else there
        if turn is not None:
            pen.turn(turn, point)
        elif here[1] == there[1]:
            pen.to(point)
        else:
            pen.swing(_direction(leave), point, _direction(enter))
    tip = _rim(way.points[-1], way.enter, end + CLEAR)
    return Shape(Path(pen.vertices, pen.codes), _triangle(tip, _direction(way.enter), length, half))


def on_slope(way: Way, share: float) -> Point:
    """A point on the curve of an edge between two neighbours in one row, share 0 … 1 of its way."""
    vertices = np.asarray(shape_of(way, RADIUS / 2, RADIUS / 2, 1).line.vertices)  # of a Bézier curve
    rest = 1 - share
    x, y = np.array([rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3]) @ vertices
    return float(x), float(y)


def _direction(port: Port) -> Point:
    """Away from the layer."""
    return port.side * cos(radians(port.angle)), sin(radians(port.angle))


def _rim(centre: Point, port: Port, distance: float) -> Point:
    x, y = _moved(centre, _direction(port), distance)
    return x, y + port.shift


def _moved(point: Point, direction: Point, distance: float) -> Point:
    return point[0] + direction[0] * distance, point[1] + direction[1] * distance


def _triangle(tip: Point, away: Point, length: float, half: float) -> Path:
    across = -away[1], away[0]
    base = _moved(tip, away, length)
    return Path([tip, _moved(base, across, half), _moved(base, across, -half), tip], closed=True)


def _loop(centre: Point, radius: float, length: float, half: float) -> Shape:
    """A layer that enters itself: a loop above it."""
    x, y = centre
    top = y - radius - CLEAR
    high = y - RADIUS - 0.2
    points = [(x - 0.05, top), (x - 0.25, high), (x + 0.25, high), (x + 0.05, top - length)]
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    return Shape(Path(points, codes), _triangle((x + 0.05, top), (0, -1), length, half))
