"""A network of one input, one hidden layer and one output, drawn neuron by neuron; its legend."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.text import Text
from numpy.typing import NDArray

from gradevo.numbers import signed
from gradevo.pictures.examples.curve_fit.values import sign_colours, symmetric
from gradevo.pictures.examples.drawing import Place, arrow, white_box
from gradevo.pictures.style.house import BLACK, DIVERGING, GREEN, GREY, LIGHT, NEGATIVE, ORANGE, POSITIVE, SKY

WIDTH, HEIGHT = 560.0, 930.0
"""Of the axes' coordinates, which are its pixels."""

INPUT, HIDDEN, OUTPUT = 44.0, 285.0, 516.0
"""Where the three columns of neurons stand."""

RADIUS = 34.0
LABEL = 0.27
"""Where on an edge its weight stands: its distance from the hidden neuron, in lengths of the edge."""

BESIDE = 8.0
"""Distance between the arrow of an edge's gradient and the line of its weight."""

THICKEST, THINNEST, BROADEST = 6.5, 0.8, 3.2
"""Of lines, of both, of arrows: widths in points."""

DECADES = 3
"""Arrows' widths tell the logarithm of the gradient over this many decades below the largest."""

FILL_INPUT, FILL_HIDDEN, FILL_OUTPUT = "#c9e6f7", "#bfe5d8", "#f6d79a"
"""Pale sky, green and orange."""


class Wiring:
    """Neurons with their biases; edges with their weights; arrows of the gradients that flow back.

    A line is as wide as its weight is large and coloured by it. Beside it a dashed arrow points against the
    direction of computation, coloured by the sign of the edge's gradient. moving: what `show` changes.
    """

    def __init__(self, axes: Axes, names: Sequence[str], weight: float, gradient: float) -> None:
        """names: of the hidden neurons, downwards; weight, gradient: the largest magnitudes of the run."""
        self._norm, self._weight, self._gradient = symmetric(weight), weight, gradient
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(HEIGHT, 0)
        axes.set_axis_off()
        heights = np.linspace(RADIUS + 3, HEIGHT - RADIUS - 3, len(names)) if len(names) > 1 else [HEIGHT / 2]
        hidden = [(HIDDEN, float(y)) for y in heights]
        source, target = (INPUT, HEIGHT / 2), (OUTPUT, HEIGHT / 2)
        self._ends = [(source, place) for place in hidden] + [(place, target) for place in hidden]
        self._lines = LineCollection(self._ends, zorder=1, capstyle="round")
        axes.add_collection(self._lines)
        self._arrows = [self._arrow(axes, start, end) for start, end in self._ends]
        self._weights = [
            self._text(axes, _between(end, start, LABEL)) for start, end in self._ends[: len(names)]
        ] + [self._text(axes, _between(start, end, LABEL)) for start, end in self._ends[len(names) :]]
        self._units = [
            self._neuron(axes, place, name, FILL_HIDDEN) for place, name in zip(hidden, names, strict=True)
        ]
        self._output = self._neuron(axes, target, "ŷ", FILL_OUTPUT)
        self._neuron(axes, source, "x", FILL_INPUT, bias=False)
        self.moving: list[Artist] = [self._lines, *self._arrows, *self._weights]  # topmost last
        for neuron in (*self._units, self._output):
            self.moving += neuron

    def show(
        self,
        weights: NDArray[np.float64],
        gradients: NDArray[np.float64],
        biases: NDArray[np.float64],
        output_bias: float,
        active: Sequence[bool],
    ) -> None:
        """Show weights and gradients ``(2 · hidden,)``: those out of the input, then those into the output.

        biases, active ``(hidden,)``: a neuron that is active for no example is drawn grey.
        """
        known = np.nan_to_num(weights)
        self._lines.set_color(DIVERGING(self._norm(known)))
        widths = THINNEST + (THICKEST - THINNEST) * np.abs(known) / self._weight
        self._lines.set_linewidth(widths.tolist())
        for text, value, colour in zip(self._weights, weights, sign_colours(weights), strict=True):
            text.set_text(signed(value))
            text.set_color(colour)
        for line, value, colour in zip(self._arrows, gradients, sign_colours(gradients), strict=True):
            line.set_color(colour)
            line.set_linewidth(self._thickness(value))
        for (circle, _, bias), value, on in zip(self._units, biases, active, strict=True):
            circle.set_facecolor(FILL_HIDDEN if on else LIGHT)
            circle.set_edgecolor(GREEN if on else GREY)
            circle.set_linestyle("-" if on else "--")
            bias.set_text(f"b {signed(value)}")
        self._output[2].set_text(f"b {signed(output_bias)}")

    def _thickness(self, gradient: float) -> float:
        """Width of an arrow, in points; small gradients all have the least."""
        size = abs(gradient) if np.isfinite(gradient) else 0.0
        decades = np.log10(max(size / self._gradient, 10.0**-DECADES)) + DECADES
        return float(THINNEST + (BROADEST - THINNEST) * min(decades / DECADES, 1))

    @staticmethod
    def _arrow(axes: Axes, start: Place, end: Place) -> FancyArrowPatch:
        """Against the edge from `start` to `end`, beside it, from rim to rim."""
        along = np.subtract(start, end) / np.hypot(*np.subtract(start, end))
        beside = BESIDE * np.array([-along[1], along[0]])
        beside *= np.sign(beside[1])  # always below the line
        tail, tip = np.add(end, RADIUS * along) + beside, np.subtract(start, (RADIUS + 2) * along) + beside
        return arrow(axes, tuple(tail), tuple(tip), mutation_scale=11, linestyle=(0, (3, 2)), zorder=2)

    @staticmethod
    def _text(axes: Axes, place: Place) -> Text:
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 11, "weight": "bold"}
        return axes.text(*place, "", bbox=white_box(1.2, 0.85), zorder=3, **look)

    @staticmethod
    def _neuron(
        axes: Axes, place: Place, name: str, fill: str, bias: bool = True
    ) -> tuple[Circle, Text, Text]:
        x, y = place
        rim = {FILL_INPUT: SKY, FILL_HIDDEN: GREEN, FILL_OUTPUT: ORANGE}[fill]
        circle = Circle(place, RADIUS, facecolor=fill, edgecolor=rim, linewidth=1.8, zorder=4)
        axes.add_patch(circle)
        look: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 5, "color": BLACK}
        title = axes.text(x, y - (11 if bias else 0), name, fontsize=12, weight="bold", **look)
        return circle, title, axes.text(x, y + 11, "", fontsize=9.5, **look)


def _between(start: Place, end: Place, share: float) -> Place:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


KEY_WIDTH, KEY_HEIGHT = 360.0, 265.0
"""Of the axes' coordinates, which are its pixels."""

KEY_SIZE = 11


def draw_key(axes: Axes, weight: float) -> None:
    """Draw the legend; weight: the largest magnitude, which has the full colour."""
    axes.set_axis_off()
    look: dict[str, Any] = {"va": "center", "fontsize": KEY_SIZE, "color": BLACK}

    axes.imshow(
        np.linspace(-1, 1, 256)[np.newaxis], cmap=DIVERGING, extent=(0, KEY_WIDTH - 8, 22, 2), aspect="auto"
    )
    axes.set_xlim(0, KEY_WIDTH)
    axes.set_ylim(KEY_HEIGHT, 0)
    for x, value, side in (
        (0, -weight, "left"),
        ((KEY_WIDTH - 8) / 2, 0.0, "center"),
        (KEY_WIDTH - 8, weight, "right"),
    ):
        axes.text(x, 36, signed(value), ha=side, **look)
    for x, colour, word, side in (
        (0, NEGATIVE, "negative", "left"),
        (KEY_WIDTH - 8, POSITIVE, "positive", "right"),
    ):
        axes.text(x, 55, word, ha=side, va="center", fontsize=KEY_SIZE, color=colour, weight="bold")

    axes.plot([0, 46], [86, 86], color=NEGATIVE, linewidth=5, solid_capstyle="round")
    axes.text(58, 86, "weight, forwards: wide where large", **look)
    back = arrow(axes, (46, 114), (-2, 114), mutation_scale=12, linewidth=2)
    back.set(color=POSITIVE, linestyle=(0, (3, 2)))
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
