"""Where edges touch their layers: fanned out, so that arrows which meet at a layer stay apart."""

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

UPWARDS, DOWNWARDS = (45.0, 75.0), (28.0, 34.0)
"""Angles from the horizontal, in degrees, of the first and the last of several sloping edges on one side of
a layer. Below it there is its label, and less room.
"""

APART = 0.12
"""Between edges on one side of a layer that all lead to another row, in inches."""


@dataclass(frozen=True)
class Port:
    """Where an edge touches a layer. side: -1 left or 1 right of it; angle: from the horizontal there, in
    degrees, positive downwards; shift: of a line that leads to another row, in inches downwards.
    """

    side: int
    angle: float = 0.0
    shift: float = 0.0


@dataclass(frozen=True)
class _End:
    """An end of an edge: towards which point, or by which turn, it leads from the layer there."""

    edge: int
    last: bool
    here: Point
    there: Point
    turn: float | None

    @property
    def side(self) -> int:
        towards = self.there[0] if self.turn is None else self.turn
        return -1 if towards < self.here[0] else 1

    @property
    def rise(self) -> float:
        return self.there[1] - self.here[1]


def ports_of(
    points: Sequence[Sequence[Point]], turns: Sequence[Sequence[float | None]]
) -> list[tuple[Port, Port]]:
    """The ports of every edge, where it leaves and where it enters; `points` and `turns` as in `Way`."""
    sides: dict[tuple[Point, int], list[_End]] = {}
    for edge, (passed, around) in enumerate(zip(points, turns, strict=True)):
        for end in (
            _End(edge, False, passed[0], passed[1], around[0]),
            _End(edge, True, passed[-1], passed[-2], around[-1]),
        ):
            sides.setdefault((end.here, end.side), []).append(end)
    found: dict[tuple[int, bool], Port] = {}
    for (_, side), ends in sides.items():
        found |= _fan(ends, side)
    return [(found[edge, False], found[edge, True]) for edge in range(len(points))]


def _fan(ends: list[_End], side: int) -> dict[tuple[int, bool], Port]:
    turning = [end for end in ends if end.turn is not None]
    down = 1 if turning and turning[0].rise > 0 else -1
    turning.sort(key=lambda end: -abs(end.here[0] - (end.turn or 0.0)) * down)
    middle = (len(turning) - 1) / 2
    ports = {
        (end.edge, end.last): Port(side, shift=APART * (place - middle)) for place, end in enumerate(turning)
    }
    going = [end for end in ends if end.turn is None]
    for direction in (-1, 1):
        sloping = sorted((end for end in going if end.rise * direction > 0), key=lambda end: abs(end.rise))
        for place, end in enumerate(sloping):
            share = place / (len(sloping) - 1) if len(sloping) > 1 else 0.0
            flattest, steepest = UPWARDS if direction < 0 else DOWNWARDS
            angle = flattest + share * (steepest - flattest)
            ports[end.edge, end.last] = Port(side, direction * angle if len(going) > 1 else 0.0)
    return ports | {(end.edge, end.last): Port(side) for end in going if end.rise == 0}
