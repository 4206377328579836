"""What the drawn networks and steps share: figures laid out by hand, arrows, boxes, ticks."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gradevo.numbers import number
from gradevo.pictures.style.frame import new_figure

Place = tuple[float, float]


def film_figure(width: float, height: float, dots: int) -> Figure:
    """A figure of that size in inches and dots per inch, on which every axes is given its place."""
    figure = new_figure(width, height)
    figure.set_dpi(dots)
    figure.set_layout_engine("none")
    return figure


def arrow(axes: Axes, start: Place, end: Place, **look: Any) -> FancyArrowPatch:
    """An arrow from place to place, not shortened at its ends unless `look` says so."""
    made = FancyArrowPatch(start, end, **{"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **look})
    axes.add_patch(made)
    return made


def white_box(pad: float, alpha: float) -> dict[str, Any]:
    """A white background without a rim, for text that lies on lines."""
    return {"facecolor": "white", "edgecolor": "none", "pad": pad, "alpha": alpha}


def fine_ticks(axis: Axis, low: float, high: float) -> None:
    """Numbers on a logarithmic axis: more within a decade where it spans few."""
    decades = np.log10(high / low)
    subs = (1, 1.5, 2, 3, 5, 7) if decades < 1 else (1, 2, 5) if decades < 2.5 else (1,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axis.set_minor_locator(NullLocator())
