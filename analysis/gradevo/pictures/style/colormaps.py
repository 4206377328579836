"""Maps whose colours are logarithms: the scale, its colours, its bar."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray

from gradevo.numbers import number
from gradevo.pictures.style.axes import positive
from gradevo.pictures.style.house import GREY, LIGHT

DECADES = 12  # what is more decades than this below the largest value has the darkest colour


def colors_of(name: str = "viridis") -> Colormap:
    """A colour map in which what has no colour of its own is light grey, see `without_color`."""
    return matplotlib.colormaps[name].with_extremes(bad=LIGHT)


def logarithms(values: NDArray[np.float64]) -> LogNorm:
    """The logarithmic scale of the positive values of an array of any shape."""
    known = positive(values)
    high = float(known.max(initial=0)) or 1.0
    low = max(float(known.min(initial=high)), high * 10.0**-DECADES)
    return LogNorm(low if low < high else high / 10, high, clip=True)


def shown_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values that a logarithmic scale can show, NaN for the others."""
    return np.where(values > 0, values, np.nan)


def without_color() -> Patch:
    """The legend's mark of what is zero or not finite."""
    return Patch(color=LIGHT, linewidth=0, label="zero or not finite")


def color_bar(
    figure: Figure, drawn: ScalarMappable, axes: Axes, label: str, aspect: float = 25, extend: str = "neither"
) -> None:
    """A thin bar of the colours beside the axes; `aspect` is its height over its width."""
    bar = figure.colorbar(drawn, ax=axes, label=label, aspect=aspect, pad=0.02, extend=extend)
    low, high = drawn.get_clim()
    if low and high and float(high) < 100 * float(low):  # powers of ten alone would be too few labels
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=7))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    else:
        bar.ax.yaxis.set_major_locator(LogLocator(numticks=7))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.outline.set_linewidth(0)
    bar.ax.tick_params(color=GREY)
