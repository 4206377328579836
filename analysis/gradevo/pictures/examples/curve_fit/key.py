"""The legend of the picture `fit`: what colours, lines and neurons mean."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch

from gradevo.numbers import signed
from gradevo.pictures.examples.curve_fit.signed import DIVERGING, NEGATIVE, POSITIVE
from gradevo.pictures.examples.curve_fit.wiring import FILL_HIDDEN, FILL_INPUT, FILL_OUTPUT
from gradevo.pictures.style.house import BLACK, GREEN, GREY, LIGHT, ORANGE, SKY

WIDTH, HEIGHT = 360.0, 265.0
"""Of the axes' coordinates, which are its pixels."""

SIZE = 11


def draw_key(axes: Axes, weight: float) -> None:
    """Draw the legend; weight: the largest magnitude, which has the full colour."""
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(HEIGHT, 0)
    axes.set_axis_off()
    look: dict[str, Any] = {"va": "center", "fontsize": SIZE, "color": BLACK}

    axes.imshow(
        np.linspace(-1, 1, 256)[np.newaxis], cmap=DIVERGING, extent=(0, WIDTH - 8, 22, 2), aspect="auto"
    )
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(HEIGHT, 0)
    for x, value, side in (
        (0, -weight, "left"),
        ((WIDTH - 8) / 2, 0.0, "center"),
        (WIDTH - 8, weight, "right"),
    ):
        axes.text(x, 36, signed(value), ha=side, **look)
    for x, colour, word, side in (
        (0, NEGATIVE, "negative", "left"),
        (WIDTH - 8, POSITIVE, "positive", "right"),
    ):
        axes.text(x, 55, word, ha=side, va="center", fontsize=SIZE, color=colour, weight="bold")

    axes.plot([0, 46], [86, 86], color=NEGATIVE, linewidth=5, solid_capstyle="round")
    axes.text(58, 86, "weight, forwards: wide where large", **look)
    arrow = FancyArrowPatch(
        (46, 114), (-2, 114), arrowstyle="-|>", mutation_scale=12, shrinkA=0, shrinkB=0, linewidth=2
    )
    arrow.set(color=POSITIVE, linestyle=(0, (3, 2)))
    axes.add_patch(arrow)
    axes.text(58, 114, "its gradient, backwards (log. width)", **look)

    neurons = (
        ("input", FILL_INPUT, SKY, "-"),
        ("hidden (b: its bias)", FILL_HIDDEN, GREEN, "-"),
        ("hidden, 0 for every example", LIGHT, GREY, "--"),
        ("output (b: its bias)", FILL_OUTPUT, ORANGE, "-"),
    )
    for place, (word, fill, rim, line) in enumerate(neurons):
        y = 146 + 30 * place
        axes.add_patch(Circle((23, y), 11, facecolor=fill, edgecolor=rim, linewidth=1.5, linestyle=line))
        axes.text(58, y, word, **look)
