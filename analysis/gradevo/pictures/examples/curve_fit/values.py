"""Numbers with a sign, blue below zero and vermilion above: as cells or as bars, a column per neuron."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from gradevo.numbers import power, signed
from gradevo.pictures.style.house import BLACK, DIVERGING, GREY, NEGATIVE, POSITIVE

DARK = 0.45
"""Relative luminance below which a colour carries white letters."""


def largest(values: Iterable[NDArray[np.float64]]) -> float:
    """The largest finite magnitude among all arrays; 1 where there is none above zero."""
    peaks = (np.abs(array[np.isfinite(array)]).max(initial=0.0) for array in values)
    return float(max(peaks, default=0.0)) or 1.0


def symmetric(peak: float) -> Normalize:
    """From −peak to peak to the ends of `DIVERGING`; zero is its middle."""
    return Normalize(-peak, peak, clip=True)


def sign_colours(values: NDArray[np.float64]) -> list[str]:
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


SIZE = 10
"""Letters of values, in points."""

DECADES = 3
"""Decades below the largest value that are logarithmic on the axis of `Bars`; below, it is linear."""


class Cells:
    """A matrix of one row or column, lying: a cell a neuron, coloured by its value, which stands in it.

    moving: the artists that `show` changes.
    """

    def __init__(self, axes: Axes, names: Sequence[str], columns: int, peak: float) -> None:
        """names: of the neurons; columns: places of the axis, of which the row may fill only the first."""
        self._norm = symmetric(peak)
        blank = np.zeros((1, len(names)))
        self._image: AxesImage = axes.imshow(
            blank, cmap=DIVERGING, norm=self._norm, aspect="auto", interpolation="none"
        )
        axes.set_xlim(-0.5, columns - 0.5)
        _name(axes, names)
        axes.spines[:].set_visible(False)
        axes.yaxis.set_major_locator(NullLocator())
        axes.grid(False)
        for place in range(1, len(names)):
            axes.axvline(place - 0.5, color="white", linewidth=1.5)
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SIZE}
        self._texts = [axes.text(place, 0, "", **look) for place in range(len(names))]
        self.moving: list[Artist] = [self._image, *self._texts]

    def show(self, values: NDArray[np.float64]) -> None:
        """Show ``values (neurons,)``."""
        self._image.set_data(values[np.newaxis])
        colours = DIVERGING(self._norm(np.nan_to_num(values)))
        for text, value, colour in zip(self._texts, values, colours, strict=True):
            text.set_text(signed(value))
            text.set_color(letters_on(tuple(colour)))


class Bars:
    """A bar a neuron, upwards or downwards from zero, its number in a row above all bars.

    The axis is fixed and symmetric about zero; a `logarithmic` one keeps small values visible.
    moving: the artists that `show` changes.
    """

    def __init__(
        self,
        axes: Axes,
        names: Sequence[str],
        columns: int,
        peak: float,
        form: Callable[[float], str] = signed,
        logarithmic: bool = False,
    ) -> None:
        """form: how a number is written; columns: places of the axis."""
        self._form = form
        self._bars = axes.bar(range(len(names)), np.zeros(len(names)), width=0.62)
        axes.set_xlim(-0.5, columns - 0.5)
        if logarithmic:
            _logarithmic(axes, peak)
        else:
            axes.set_ylim(-1.08 * peak, 1.08 * peak)
            axes.yaxis.set_major_locator(FixedLocator([-peak, 0, peak]))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: signed(value)))
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.grid(False, axis="x")
        _name(axes, names)
        look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": SIZE}
        look["transform"] = axes.get_xaxis_transform()
        self._texts = [axes.text(place, 1.03, "", **look) for place in range(len(names))]
        self.moving: list[Artist] = [*self._bars, *self._texts]

    def show(self, values: NDArray[np.float64]) -> None:
        """Show ``values (neurons,)``; NaN has no bar and a dash for a number."""
        colours = sign_colours(values)
        for bar, text, value, colour in zip(self._bars, self._texts, values, colours, strict=True):
            bar.set_height(value if np.isfinite(value) else 0)
            bar.set_color(colour)
            text.set_text(self._form(value))
            text.set_color(colour)


def _logarithmic(axes: Axes, peak: float) -> None:
    """A signed logarithmic axis: zero and the highest powers of ten are named, the others are ticks."""
    top = int(np.floor(np.log10(peak)))
    powers = 10.0 ** np.arange(top - DECADES + 1, top + 1)
    axes.set_yscale("symlog", linthresh=powers[0], linscale=0.6)
    axes.set_ylim(-1.3 * peak, 1.3 * peak)
    axes.yaxis.set_major_locator(FixedLocator([-powers[-1], 0, powers[-1]]))
    axes.yaxis.set_minor_locator(FixedLocator([*-powers[:-1], *powers[:-1]]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))


def _tick(value: float) -> str:
    if value == 0:
        return "0"
    return ("−" if value < 0 else "+") + power(round(np.log10(abs(value))))


def _name(axes: Axes, names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(axis="x", length=0, pad=3, labelsize=SIZE, labelcolor=BLACK)
    axes.tick_params(axis="y", labelsize=SIZE - 1)
