"""The routes of edges: fanned out at their layers, smooth lines between the rims, heads that point forward.

All in inches; the origin is the upper left corner of the page, y grows downwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import copysign, cos, radians, sin
from typing import NamedTuple

import numpy as np
from matplotlib.path import Path

Point = tuple[float, float]

# Inches.
RADIUS = 0.26  # the largest of a layer
APART = 0.12  # between edges on one side of a layer that all lead to another row
ROUND = 0.12  # radius of the corners of a line that turns into another row
HEAD = 0.09  # length of the head of a line without width
CLEAR = 0.03  # between a line and the layers at its ends

UPWARDS, DOWNWARDS = (45.0, 75.0), (28.0, 34.0)
"""Angles from the horizontal, in degrees, of the first and the last of several sloping edges on one side of
a layer. Below it there is its label, and less room.
"""


@dataclass(frozen=True)
class Port:
    """Where an edge touches a layer. side: -1 left or 1 right of it; angle: from the horizontal there, in
    degrees, positive downwards; shift: of a line that leads to another row, in inches downwards.
    """

    side: int
    angle: float = 0.0
    shift: float = 0.0

    @property
    def direction(self) -> Point:
        """Away from the layer, of length 1."""
        return self.side * cos(radians(self.angle)), sin(radians(self.angle))

    def rim(self, centre: Point, distance: float) -> Point:
        """The point at that distance from the layer's centre."""
        x, y = _moved(centre, self.direction, distance)
        return x, y + self.shift


@dataclass(frozen=True)
class Route:
    """The route of an edge.

    points: what it passes, ends included. turns: between two points the x at the side of the page where it
    turns into another row, or None. leave, enter: where it touches its layers.
    """

    points: tuple[Point, ...]
    turns: tuple[float | None, ...]
    leave: Port
    enter: Port

    @property
    def is_loop(self) -> bool:
        """Whether a layer enters itself."""
        return self.points[0] == self.points[-1]


@dataclass(frozen=True)
class Shape:
    """The line, which ends at the head's base, and the head, a triangle."""

    line: Path
    head: Path


class _End(NamedTuple):
    """An end of an edge. out: how far its turn into another row is from the layer, None without."""

    edge: int
    last: bool
    rise: float
    out: float | None


def routes_of(points: Sequence[tuple[Point, ...]], turns: Sequence[tuple[float | None, ...]]) -> list[Route]:
    """The routes through these points and turns; arrows that meet at a layer are kept apart."""
    sides: dict[tuple[Point, int], list[_End]] = {}
    for edge, (passed, around) in enumerate(zip(points, turns, strict=True)):
        for last, here, there, turn in (
            (False, passed[0], passed[1], around[0]),
            (True, passed[-1], passed[-2], around[-1]),
        ):
            side = -1 if (there[0] if turn is None else turn) < here[0] else 1
            out = None if turn is None else abs(here[0] - turn)
            sides.setdefault((here, side), []).append(_End(edge, last, there[1] - here[1], out))
    ports: dict[tuple[int, bool], Port] = {}
    for (_, side), ends in sides.items():
        ports |= _fan(ends, side)
    return [
        Route(passed, around, ports[edge, False], ports[edge, True])
        for edge, (passed, around) in enumerate(zip(points, turns, strict=True))
    ]


def _fan(ends: Sequence[_End], side: int) -> dict[tuple[int, bool], Port]:
    """The ports of all ends at one side of a layer: (edge, whether it is the edge's last end) -> port."""
    turning = [end for end in ends if end.out is not None]
    down = 1 if turning and turning[0].rise > 0 else -1
    turning.sort(key=lambda end: -(end.out or 0.0) * down)
    middle = (len(turning) - 1) / 2
    ports = {end[:2]: Port(side, shift=APART * (nth - middle)) for nth, end in enumerate(turning)}
    going = [end for end in ends if end.out is None]
    ports |= {end[:2]: Port(side) for end in going}
    for direction, (flattest, steepest) in ((-1, UPWARDS), (1, DOWNWARDS)):
        sloping = sorted((end for end in going if end.rise * direction > 0), key=lambda end: abs(end.rise))
        for nth, end in enumerate(sloping if len(going) > 1 else ()):
            angle = flattest + nth / max(len(sloping) - 1, 1) * (steepest - flattest)
            ports[end[:2]] = Port(side, direction * angle)
    return ports


def shape_of(route: Route, start: float, end: float, width: float) -> Shape:
    """The shape of an edge of that line width in points, from and to layers of these radii in inches.

    Between layers the line leaves and arrives horizontally.
    """
    length = HEAD + 0.6 * width / 72
    half = 0.38 * length + width / 144
    if route.is_loop:
        return _loop(route.points[0], start, length, half)
    line = [(Path.MOVETO, route.leave.rim(route.points[0], start + CLEAR))]
    last = len(route.turns) - 1
    for place, ((here, there), turn) in enumerate(zip(pairwise(route.points), route.turns, strict=True)):
        side = 1 if (there[0] if turn is None else turn) > here[0] else -1
        leave = route.leave if place == 0 else Port(side)
        enter = route.enter if place == last else Port(-side)
        if place and turn is None:
            line.append((Path.LINETO, (here[0] + side * RADIUS, here[1])))
        if place == last:
            point = enter.rim(there, end + CLEAR + length)
        else:
            point = (there[0] - side * RADIUS, there[1]) if turn is None else there
        if turn is not None:
            line += _turn(line[-1][1], turn, point)
        elif here[1] == there[1]:
            line.append((Path.LINETO, point))
        else:
            line += _swing(line[-1][1], leave.direction, point, enter.direction)
    codes, vertices = zip(*line, strict=True)
    tip = route.enter.rim(route.points[-1], end + CLEAR)
    return Shape(Path(vertices, codes), _triangle(tip, route.enter.direction, length, half))


def _turn(here: Point, out: float, point: Point) -> Iterator[tuple[np.uint8, Point]]:
    """A line out to the side, down or up, and back, with round corners."""
    aside, down = copysign(ROUND, out - here[0]), copysign(ROUND, point[1] - here[1])
    for y, corner, following in (
        (here[1], (out - aside, here[1]), (out, here[1] + down)),
        (point[1], (out, point[1] - down), (out - aside, point[1])),
    ):
        yield from ((Path.LINETO, corner), (Path.CURVE3, (out, y)), (Path.CURVE3, following))
    yield Path.LINETO, point


def _swing(here: Point, leaving: Point, point: Point, entering: Point) -> Iterator[tuple[np.uint8, Point]]:
    """A curve to a point; `leaving` and `entering` are the directions away from both ends."""
    reach = 0.5 * abs(point[0] - here[0])
    first, second = (reach if away[1] == 0 else 0.6 * reach for away in (leaving, entering))
    for control in (_moved(here, leaving, first), _moved(point, entering, second), point):
        yield Path.CURVE4, control


def on_slope(route: Route, share: float) -> Point:
    """A point on the curve of an edge between two neighbours in one row, share 0 … 1 of its length."""
    vertices = np.asarray(shape_of(route, RADIUS / 2, RADIUS / 2, 1).line.vertices)  # of a Bézier curve
    rest = 1 - share
    x, y = np.array([rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3]) @ vertices
    return float(x), float(y)


def _moved(point: Point, direction: Point, distance: float) -> Point:
    return point[0] + direction[0] * distance, point[1] + direction[1] * distance


def _triangle(tip: Point, away: Point, length: float, half: float) -> Path:
    across = -away[1], away[0]
    base = _moved(tip, away, length)
    return Path([tip, _moved(base, across, half), _moved(base, across, -half), tip], closed=True)


def _loop(centre: Point, radius: float, length: float, half: float) -> Shape:
    """A loop above a layer that enters itself."""
    x, y = centre
    top = y - radius - CLEAR
    high = y - RADIUS - 0.2
    points = [(x - 0.05, top), (x - 0.25, high), (x + 0.25, high), (x + 0.05, top - length)]
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    return Shape(Path(points, codes), _triangle((x + 0.05, top), (0, -1), length, half))
