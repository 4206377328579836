"""Where the units of a drawn network stand, and the numbers at its edges; in inches."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Place = tuple[float, float]

LABEL = (0.48, 0.15)
"""Width and height that a number at an edge needs, in inches."""

ENOUGH = 0.75
"""Numbers may be so much nearer to each other than `LABEL` says, which is generous."""

CLEAR = 0.46
"""From a unit's centre to that of a number beside it, in inches."""


def unit_places(counts: Sequence[int], size: tuple[float, float]) -> list[list[Place]]:
    """Centres of the units: layers from left to right, each around the middle."""
    width, height = size[0], size[1] - 0.35
    margin = 0.36
    step = (width - 2 * margin) / (len(counts) - 1)
    apart = min(height / max(counts), 1.7)
    return [
        [(margin + step * depth, height / 2 + apart * ((count - 1) / 2 - unit)) for unit in range(count)]
        for depth, count in enumerate(counts)
    ]


def label_places(sources: Sequence[Place], targets: Sequence[Place]) -> Array | None:
    """How far along its edge each number stands, as a share of it: ``(sources, targets)``.

    As near to the middle as it goes without lying on units, other edges, or numbers placed before; an edge
    and its mirror image (all layers are symmetric about a line) are placed together. None where there is no
    room for all.
    """
    start, end = np.array(sources)[:, np.newaxis], np.array(targets)[np.newaxis]
    slopes = np.abs((end - start)[..., 1] / (end - start)[..., 0])
    nearest = min(0.45, CLEAR / float((end - start)[0, 0, 0]))
    ways = sorted(np.linspace(nearest, 1 - nearest, 25), key=lambda way: abs(way - 0.5))
    chosen = np.full((len(sources), len(targets)), 0.5)
    taken: list[Array] = []
    for edge in product(range(len(sources)), range(len(targets))):
        twin = len(sources) - 1 - edge[0], len(targets) - 1 - edge[1]
        if edge > twin:
            continue

        def room(way: float, edge: tuple[int, int] = edge, twin: tuple[int, int] = twin) -> float:
            """Free space around the number, up to 1, in sizes of a number."""
            points = (1 - way) * start + way * end
            here = points[edge]
            numbers = [*taken, *([points[twin]] if twin != edge else [])]
            gaps = [float(np.max(np.abs(here - other) / LABEL)) for other in numbers]
            crossing = np.abs(points[..., 1] - here[1]) / (0.5 * LABEL[1] + 0.5 * LABEL[0] * slopes)
            crossing[edge] = np.inf
            return round(min([1.0, *gaps, float(crossing.min())]), 6)

        way = max(ways, key=room)
        if room(way) < ENOUGH:
            return None
        for place in {edge, twin}:
            chosen[place] = way
            taken.append((1 - way) * start[place[0], 0] + way * end[0, place[1]])
    return chosen
