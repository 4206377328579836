"""How experiments are told apart: the same colour, line and marker everywhere."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.pictures.style.house import SEQUENCE

LINES: tuple[Any, ...] = ("-", (0, (3.2, 1.4)), (0, (1, 1.1)))
"""Solid for the first experiments, then the colours begin again, dashed and dotted."""

MARKERS = "os^DvPX<p>h*"
"""They tell lines apart in grey print, where colours do not."""

MARKS = 4  # on a line


@dataclass(frozen=True)
class Look:
    """Colour, line style and marker of an experiment."""

    color: str
    line: Any
    marker: str

    def marks(self) -> dict[str, Any]:
        """The colour and the markers of a line, for matplotlib; thin ones are a little larger."""
        size = 4.4 if self.marker in "PX*" else 3.6
        edge = {"markeredgecolor": "white", "markeredgewidth": 0.4}
        return {"color": self.color, "marker": self.marker, "markersize": size, **edge}


def look(place: int) -> Look:
    """The look of the experiment at that place, counted from 0; all differ for the first 84."""
    line = LINES[place // len(SEQUENCE) % len(LINES)]
    return Look(SEQUENCE[place % len(SEQUENCE)], line, MARKERS[place % len(MARKERS)])


def marked(progress: NDArray[np.float64], values: NDArray[np.float64], place: int, of: int) -> list[int]:
    """Which points of a line get a marker: `MARKS` of those with a value, elsewhere on each of `of` lines."""
    there = np.flatnonzero(np.isfinite(values))
    if not len(there):
        return []
    wanted = (np.arange(MARKS) + (place + 0.5) / of) / MARKS
    nearest = np.abs(progress[there, None] - wanted).argmin(axis=0)
    return sorted({int(there[index]) for index in nearest})
