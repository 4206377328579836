"""Where the edges' values stand: on or beside their lines, clear of labels and of each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Route = tuple[tuple[Point, ...], tuple[float | None, ...]]
"""The points of an edge and its turns, as in `Way`."""

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


def spots_of(routes: Sequence[Route], taken: Sequence[Box]) -> list[Spot]:
    """The spot of every edge's value; `taken` are the boxes of layers and labels."""
    boxes, spots = list(taken), []
    for route in routes:
        candidates = list(_candidates(route, routes))
        free = (spot for spot in candidates if not any(spot.box.meets(box) for box in boxes))
        spots.append(next(free, candidates[0]))
        boxes.append(spots[-1].box)
    return spots


def _candidates(route: Route, routes: Sequence[Route]) -> Iterator[Spot]:
    """The best spots first: in the middle of level pieces, then on slopes, then on turns."""
    points, turns = route
    pieces = [(*pair, turn) for pair, turn in zip(pairwise(points), turns, strict=True)]
    from_middle = sorted(range(len(pieces)), key=lambda place: abs(2 * place - len(pieces) + 1))
    if len(points) == 2 and turns[0] is None and points[0][1] == points[1][1]:
        (x0, y), (x1, _) = points
        above = [Spot((x0 + x1) / 2, y, -1), Spot((x0 + x1) / 2, y, 1)]
        yield from reversed(above) if _leaves_upwards(points, routes) else above
        return
    if len(points) % 2 and points[len(points) // 2 - 1][1] == points[len(points) // 2][1]:
        yield Spot(*points[len(points) // 2], 0)
    for place in from_middle:
        (x0, y0), (x1, y1), turn = pieces[place]
        if turn is None and y0 == y1:
            yield from (Spot(x0 + share * (x1 - x0), y0, 0) for share in (0.5, 0.0, 1.0))
    for place in from_middle:
        (x0, y0), (x1, y1), turn = pieces[place]
        if turn is None:
            for share in (0.5, 0.58, 0.42):
                climb = share**2 * (3 - 2 * share)
                yield Spot(x0 + share * (x1 - x0), y0 + climb * (y1 - y0), 0)
    for place in from_middle:
        (_, y0), (_, y1), turn = pieces[place]
        if turn is not None:
            yield from (Spot(turn, y0 + share * (y1 - y0), 0, turned=True) for share in (0.5, 0.4, 0.6, 0.3))


def _leaves_upwards(points: tuple[Point, ...], routes: Sequence[Route]) -> bool:
    """Whether a line above, and none below, starts or ends between these two neighbours."""
    (x0, y), (x1, _) = points
    up = down = False
    for others, _ in routes:
        for (a, b), (c, d) in pairwise(others):
            if {a, c} == {x0, x1} and b != d and y in (b, d):
                up, down = up or min(b, d) < y, down or max(b, d) > y
    return up and not down
