"""Where the edges' values stand: on or beside their lines, clear of labels and of each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradevo.pictures.layer_graph.lines import on_slope
from gradevo.pictures.layer_graph.ways import Point, Way

WIDTH, HEIGHT, LIFT = 0.42, 0.13, 0.13
"""Of a value, in inches; from the middle of a line to the middle of a value beside it."""


@dataclass(frozen=True)
class Spot:
    """Where an edge's value stands. side: -1 above the line, 1 below, 0 on it; upright lines turn it."""

    x: float
    y: float
    side: int = -1
    turned: bool = False

    @property
    def box(self) -> "Box":
        """What it covers."""
        wide, high = (HEIGHT, WIDTH) if self.turned else (WIDTH, HEIGHT)
        middle = self.y + self.side * LIFT
        return Box(self.x - wide / 2, middle - high / 2, self.x + wide / 2, middle + high / 2)


@dataclass(frozen=True)
class Box:
    """A part of the page."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether they overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def spots_of(ways: Sequence[Way], taken: Sequence[Box]) -> list[Spot]:
    """The spot of every edge's value; `taken` are the boxes of layers and labels."""
    boxes, spots = list(taken), []
    for way in ways:
        candidates = list(_candidates(way, ways))
        free = (spot for spot in candidates if not any(spot.box.meets(box) for box in boxes))
        spots.append(next(free, candidates[0]))
        boxes.append(spots[-1].box)
    return spots


def _candidates(way: Way, ways: Sequence[Way]) -> Iterator[Spot]:
    """The best spots first: beside or on the line of neighbours, else in the middle of a long way."""
    (x0, y0), (x1, y1), points = way.points[0], way.points[-1], way.points
    if points[0] == points[-1]:
        yield Spot(x0 + 0.33, y0 - 0.33, 0)  # beside the loop
        return
    if len(points) == 2 and way.turns[0] is None:
        if y0 == y1:
            sides = (1, -1) if _only_upwards((x0, y0), (x1, y1), ways) else (-1, 1)
            yield from (Spot((x0 + x1) / 2, y0, side) for side in sides)
        else:
            yield from (Spot(*on_slope(way, share), 0) for share in (0.5, 0.58, 0.42, 0.66, 0.34))
        return
    middle = (len(points) - 1) / 2
    if len(points) % 2:
        yield Spot(*points[len(points) // 2], 0)
    pieces = list(zip(pairwise(points), way.turns, strict=True))
    for place in sorted(range(len(pieces)), key=lambda place: abs(place + 0.5 - middle)):
        ((xa, ya), (xb, yb)), turn = pieces[place]
        if turn is None and ya == yb:
            yield from (Spot(xa + share * (xb - xa), ya, 0) for share in (0.5, 0.0, 1.0))
        elif turn is not None:
            yield from (Spot(turn, ya + share * (yb - ya), 0, turned=True) for share in (0.5, 0.4, 0.6, 0.3))


def _only_upwards(here: Point, there: Point, ways: Sequence[Way]) -> bool:
    """Whether a line above, and none below, starts or ends between these two neighbours."""
    (x0, y), (x1, _) = here, there
    up = down = False
    for way in ways:
        for (xa, ya), (xb, yb) in pairwise(way.points):
            if {xa, xb} == {x0, x1} and ya != yb and y in (ya, yb):
                up, down = up or min(ya, yb) < y, down or max(ya, yb) > y
    return up and not down
