"""Where the edges' values stand: on or beside their lines, clear of layers, labels and each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradevo.pictures.layer_graph.routes import Route, on_slope

WIDTH, HEIGHT = 0.42, 0.13  # of a value, in inches
LIFT = 0.13  # from the middle of a line to the middle of a value beside it, in inches


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


@dataclass(frozen=True)
class EdgeLabel:
    """Where a value stands. side: -1 above the line, 1 below, 0 on it; upright lines turn it."""

    x: float
    y: float
    side: int = -1
    turned: bool = False

    @property
    def box(self) -> Box:
        """What it covers."""
        wide, high = (HEIGHT, WIDTH) if self.turned else (WIDTH, HEIGHT)
        middle = self.y + self.side * LIFT
        return Box(self.x - wide / 2, middle - high / 2, self.x + wide / 2, middle + high / 2)


def edge_labels(routes: Sequence[Route], taken: Sequence[Box]) -> list[EdgeLabel]:
    """The label of every edge; `taken` are the boxes of layers and their labels."""
    boxes, labels = list(taken), []
    for route in routes:
        candidates = list(_candidates(route, routes))
        free = (label for label in candidates if not any(label.box.meets(box) for box in boxes))
        labels.append(next(free, candidates[0]))
        boxes.append(labels[-1].box)
    return labels


def _candidates(route: Route, routes: Sequence[Route]) -> Iterator[EdgeLabel]:
    """The best ones first: beside or on the line of neighbours, else in the middle of a long route."""
    points = route.points
    (x0, y0), (x1, y1) = points[0], points[-1]
    if route.is_loop:
        yield EdgeLabel(x0 + 0.33, y0 - 0.33, 0)
        return
    if len(points) == 2 and route.turns[0] is None:
        if y0 == y1:
            sides = (1, -1) if _only_upwards(route, routes) else (-1, 1)
            yield from (EdgeLabel((x0 + x1) / 2, y0, side) for side in sides)
        else:
            yield from (EdgeLabel(*on_slope(route, share), 0) for share in (0.5, 0.58, 0.42, 0.66, 0.34))
        return
    if len(points) % 2:
        yield EdgeLabel(*points[len(points) // 2], 0)
    pieces = list(zip(pairwise(points), route.turns, strict=True))
    for place in sorted(range(len(pieces)), key=lambda place: abs(place + 0.5 - len(pieces) / 2)):
        ((xa, ya), (xb, yb)), turn = pieces[place]
        if turn is not None:
            shares = (0.5, 0.4, 0.6, 0.3)
            yield from (EdgeLabel(turn, ya + share * (yb - ya), 0, turned=True) for share in shares)
        elif ya == yb:
            yield from (EdgeLabel(xa + share * (xb - xa), ya, 0) for share in (0.5, 0.0, 1.0))


def _only_upwards(route: Route, routes: Sequence[Route]) -> bool:
    """Whether a line above, and none below, starts or ends between the two neighbours of a level route."""
    (x0, y), (x1, _) = route.points
    up = down = False
    for other in routes:
        for (xa, ya), (xb, yb) in pairwise(other.points):
            if {xa, xb} == {x0, x1} and ya != yb and y in (ya, yb):
                up, down = up or min(ya, yb) < y, down or max(ya, yb) > y
    return up and not down
