"""The house style: sizes, fonts and colours that every figure shares.

The colours are those of Okabe and Ito (*Color Universal Design*, 2008), which stay apart for
readers with any common form of colour blindness and in grey print.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import matplotlib.style
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap

from gradevo.pictures.style.glyphs import families

PAGE = 7.0
"""Width of a page of two columns, in inches."""

BLACK = "#000000"
GREY = "#6e6e6e"
LIGHT = "#e4e4e4"
ORANGE = "#e69f00"
SKY = "#56b4e9"
GREEN = "#009e73"
BLUE = "#0072b2"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"

SEQUENCE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
"""Colours of a few series, in the order in which they are taken."""

NEGATIVE, POSITIVE = BLUE, VERMILION

DIVERGING = LinearSegmentedColormap.from_list("signed", [NEGATIVE, "#efefef", POSITIVE])
"""Blue, nearly white, vermilion: readers with any common form of colour blindness tell the ends apart."""

BAND_OPACITY = 0.22
"""Opacity of a band around a line."""

HOUSE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "axes.grid": True,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.prop_cycle": cycler(color=SEQUENCE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 7.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.05,
    "font.family": families(),
    "font.size": 7.5,
    "grid.color": LIGHT,
    "grid.linewidth": 0.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "lines.linewidth": 1.2,
    "lines.markersize": 2.6,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "xtick.color": GREY,
    "xtick.labelcolor": BLACK,
    "xtick.labelsize": 7,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.color": GREY,
    "ytick.labelcolor": BLACK,
    "ytick.labelsize": 7,
    "ytick.major.size": 2.5,
    "ytick.major.width": 0.6,
    "ytick.minor.size": 1.5,
    "ytick.minor.width": 0.4,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's own defaults and the house style on top, for the duration of the block.

    The reader's ``matplotlibrc`` does not enter, and nothing is left behind. It also serves as a decorator.
    """
    with matplotlib.style.context(HOUSE, after_reset=True):
        yield
