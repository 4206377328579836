"""Norms as sizes, by a scale that is fixed over the run; colours and dashes of layers and edges."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.pictures.layer_graph.routes import RADIUS
from gradevo.pictures.style.axes import positive
from gradevo.pictures.style.house import GREEN, VERMILION

LINEAR_UP_TO = 30  # ratio of the largest to the smallest value; beyond it a scale is logarithmic
DECADES = 6  # what is more decades than this below the largest value is drawn as the smallest

# Inches.
SMALLEST, NEUTRAL = 0.055, 0.06  # radii of a layer at the low end of the scale, and of one without weights
BADGE = 0.075  # radius of a finding's badge

# Points.
THIN, THICK, WITHOUT = 0.9, 5.0, 0.7  # widths of edges at the ends of the scale, and of one without a value

STILL = 1.0  # zorder of what never moves: an animation draws it once, below everything that does

FILL, FOUND_FILL, HOLLOW, NO_VALUE = "#cfe2f0", "#fbe3b0", "#ffffff", "#b0b0b0"
DASH = (0, (2.4, 1.3))  # of an edge at or below the threshold, in line widths

EDGE_STYLES: dict[bool | None, tuple[str, Any]] = {
    False: (GREEN, "-"),
    True: (VERMILION, DASH),
    None: (NO_VALUE, "-"),
}
"""Colour and line style of an edge by `at_or_below`."""


@dataclass(frozen=True)
class Scale:
    """From a value to its share.

    Linear: value / high. Logarithmic: 0 at `low` and below, 1 at `high`, in between proportional to the
    logarithm. Both grow with the value. A value that is infinite has share 1, NaN and zero have share 0.
    """

    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        """The share of a value, from 0 to 1."""
        if np.isnan(value) or value <= 0 or self.high <= 0:
            return 0.0
        if not self.logarithmic:
            return min(value / self.high, 1.0)
        if value <= self.low or self.high <= self.low:
            return 0.0 if value < self.high else 1.0
        return float(min(np.log(value / self.low) / np.log(self.high / self.low), 1.0))

    def radius(self, norm: float) -> float:
        """The radius of a layer with weights, in inches: its area is linear in the share."""
        return float(np.sqrt(SMALLEST**2 + self.share(norm) * (RADIUS**2 - SMALLEST**2)))

    def width(self, norm: float) -> float:
        """The width of an edge with a value, in points: linear in the share."""
        return THIN + self.share(norm) * (THICK - THIN)

    def samples(self) -> list[float]:
        """Up to three values for a legend, round ones if the scale holds some, ascending."""
        if self.high <= 0:
            return []
        low = self.low if self.logarithmic else self.high / 10
        exponents = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(self.high))) + 1)
        digits = (1,) if self.high > 1e3 * low else (1, 2, 5)
        rounds = [float(f"{digit}e{exponent}") for exponent in exponents for digit in digits]
        held = [value for value in rounds if 0.999 * low <= value <= 1.001 * self.high]
        if not held:
            return [self.high]
        middle = np.sqrt(held[0] * held[-1])
        return sorted({held[0], min(held, key=lambda value: abs(np.log(value / middle))), held[-1]})


def scale_of(values: NDArray[np.float64]) -> Scale:
    """The scale for values of any shape: of the finite positive ones, at most `DECADES` of them."""
    shown = positive(values)
    if not len(shown):
        return Scale(0.0, 0.0, False)
    low, high = float(shown.min()), float(shown.max())
    return Scale(max(low, high * 10.0**-DECADES), high, high > LINEAR_UP_TO * low)
