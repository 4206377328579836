"""Numbers with a sign: blue below zero, vermilion above, the same in all pictures of a network."""

from collections.abc import Iterable

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from numpy.typing import NDArray

from gradevo.numbers import signed
from gradevo.pictures.style.house import BLACK, BLUE, VERMILION

Array = NDArray[np.float64]

NEGATIVE, POSITIVE = BLUE, VERMILION

DIVERGING = LinearSegmentedColormap.from_list("signed", [NEGATIVE, "#efefef", POSITIVE])
"""Blue, nearly white, vermilion: readers with any common form of colour blindness tell the ends apart."""

DARK = 0.45
"""Relative luminance below which a colour carries white letters."""


def largest(values: Iterable[Array]) -> float:
    """The largest finite magnitude among all arrays; 1 where there is none above zero."""
    peaks = (np.abs(array[np.isfinite(array)]).max(initial=0.0) for array in values)
    return float(max(peaks, default=0.0)) or 1.0


def symmetric(peak: float) -> Normalize:
    """From −peak to peak to the ends of `DIVERGING`; zero is its middle."""
    return Normalize(-peak, peak, clip=True)


def sign_colours(values: Array) -> list[str]:
    """The colour of each number's sign; zero and NaN are black."""
    return [POSITIVE if value > 0 else NEGATIVE if value < 0 else BLACK for value in values]


def letters_on(colour: tuple[float, float, float, float]) -> str:
    """White or black, whichever is read better on that colour (red, green, blue from 0 to 1)."""
    red, green, blue = colour[:3]
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < DARK else BLACK


def exponent_of(peak: float) -> int:
    """The power of ten in whose units numbers up to `peak` have three digits before the point: 0.82 -> −3."""
    return int(np.floor(np.log10(peak))) - 2


def in_units(value: float, exponent: int) -> str:
    """A number in units of 10^exponent, in few characters: +820, +12, −0.4."""
    scaled = value / 10.0**exponent
    return signed(scaled, 0 if abs(scaled) >= 9.95 else 1)
