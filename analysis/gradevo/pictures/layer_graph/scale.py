"""Norms as sizes: a scale that is fixed over the run, from a value to a share between 0 and 1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LINEAR_UP_TO = 30
"""Up to this ratio of the largest to the smallest value a scale is linear, else logarithmic."""

DECADES = 6
"""What is more than so many decades below the largest value is drawn as the smallest."""


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
    positive = values[np.isfinite(values) & (values > 0)]
    if not len(positive):
        return Scale(0.0, 0.0, False)
    low, high = float(positive.min()), float(positive.max())
    return Scale(max(low, high * 10.0**-DECADES), high, high > LINEAR_UP_TO * low)
