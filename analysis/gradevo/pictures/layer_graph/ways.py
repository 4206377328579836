"""The ways of edges over the page, in inches; the origin is the upper left corner, y grows downwards."""

from dataclasses import dataclass

from gradevo.pictures.layer_graph.ports import Port

Point = tuple[float, float]

RADIUS = 0.26
"""The largest radius of a layer."""


@dataclass(frozen=True)
class Way:
    """The way of an edge.

    points: what it passes, ends included. turns: between two points the x at the side of the page where it
    turns into another row, or None. leave, enter: where it touches its layers.
    """

    points: tuple[Point, ...]
    turns: tuple[float | None, ...]
    leave: Port
    enter: Port
