"""The legend below a layer graph: sizes, widths, colours, marks, and what the arrows mean."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from gradevo.health.record import SYMBOLS
from gradevo.numbers import norm_text
from gradevo.pictures.layer_graph import style
from gradevo.pictures.layer_graph.routes import RADIUS
from gradevo.pictures.layer_graph.values import GraphValues
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION

# Inches.
LEFT, SAMPLE = 0.06, 0.34  # the left side, and the length of a sample of a line
ROW, CAPTION_LINE = 0.2, 0.135  # heights of a row without circles, and of a line of the caption

NAMED = 3  # layers at either extreme
CHARACTERS = 122  # in a line of the caption, on a page's width

TEXT: dict[str, Any] = {"fontsize": 7, "parse_math": False, "zorder": style.STILL}


class Legend:
    """A graph's legend.

    scales: of layers and edges. found: check -> number of layers in which it found something. shrink: how
    much smaller than usual layers and lines are; where it is above 1, layers have no labels.
    """

    def __init__(
        self,
        values: GraphValues,
        scales: tuple[style.Scale, style.Scale],
        found: Mapping[str, int],
        shrink: float = 1.0,
    ) -> None:
        self._values, self._scales, self._found, self._shrink = values, scales, found, shrink
        self._lines = caption(values, extremes=shrink > 1)
        self._circles = max(2 * RADIUS / shrink, ROW)
        rows = self._circles + 0.06 + (2 * ROW if values.edges else 0) + (ROW if found else 0)
        self.height = rows + CAPTION_LINE * len(self._lines) + 0.12
        """In inches."""

    def draw(self, axes: Axes, top: float) -> None:
        """Draw it from `top` on."""
        values, (nodes, edges), shrink = self._values, self._scales, self._shrink
        how = ["by the logarithm of" if scale.logarithmic else "proportional to" for scale in self._scales]
        row = _Row(axes, top + self._circles / 2)
        row.words(f"layer, area {how[0]} its gradient's norm ‖∂L/∂w‖₂", GREY, 0.12)
        for value in nodes.samples():
            row.circle(nodes.radius(value) / shrink, style.FILL, BLUE)
            row.words(norm_text(value))
        if any(not node.layer.tensors for node in values.nodes):
            row.circle(style.NEUTRAL / shrink, style.HOLLOW, GREY)
            row.words("no weights")
        y = top + self._circles + 0.06
        if values.edges:
            row = _Row(axes, y + ROW / 2)
            if values.recorded:
                row.words(f"connection, width {how[1]} the norm ‖∂L/∂a‖₂ of what flows back", GREY, 0.12)
                for value in edges.samples():
                    row.line(GREY, edges.width(value) / shrink)
                    row.words(norm_text(value))
                row = _Row(axes, y + 1.5 * ROW)
                bound = norm_text(values.threshold.value)
                row.line(GREEN, 2.2)
                row.words(f"above {bound}")
                row.line(VERMILION, 2.2, style.DASH)
                row.words(f"at or below {bound}")
            row.line(style.NO_VALUE, style.WITHOUT)
            row.words("no gradient flows back" if values.recorded else "connection")
            y += 2 * ROW
        if self._found:
            row = _Row(axes, y + ROW / 2)
            if shrink > 1:
                row.circle(0.8 * style.BADGE, style.FOUND_FILL, ORANGE)
                number = [f"{kind} {layers}" for kind, layers in self._found.items()]
                row.words(f"layers with a finding of health: {', '.join(number)}")
            for kind in self._found if shrink == 1 else ():
                row.badge(SYMBOLS[kind])
                row.words(kind)
            y += ROW
        for place, line in enumerate(self._lines):
            axes.text(LEFT, y + 0.05 + CAPTION_LINE * place, line, color=GREY, va="top", **TEXT)


def caption(values: GraphValues, extremes: bool = False) -> list[str]:
    """The sentences below the rows, in lines; with the layers that are at the `extremes`, if asked for."""
    sentences = []
    if values.edges:
        sentences.append("Arrows point forward through the layers; gradients flow back along them.")
    else:
        sentences.append("How the layers are connected was not recorded: they stand in their order.")
    if values.edges and not values.recorded:
        sentences.append("What flows back along the connections was not recorded.")
    bound = values.threshold
    if bound.relative and not np.isnan(bound.value):
        sentences.append(
            f"The threshold {norm_text(bound.value)} is {norm_text(bound.factor)} times the connections' "
            f"median {norm_text(bound.median)}."
        )
    if extremes:
        sentences.append(_extremes(values))
    return wrap(" ".join(sentences), CHARACTERS)


def _extremes(values: GraphValues) -> str:
    """The layers with the largest and the smallest norms, in a sentence, and where to find the others."""
    known = sorted((node for node in values.nodes if np.isfinite(node.norm)), key=lambda node: -node.norm)
    largest, smallest = (
        ", ".join(f"{node.layer.id} ({norm_text(node.norm)})" for node in some)
        for some in (known[:NAMED], known[NAMED:][-NAMED:][::-1])
    )
    told = f"Means over the run: largest {largest}; smallest {smallest}. " if known else ""
    return f"{told}Above a row, its first and last layer; all names and values are in graph.json."


class _Row:
    """Puts samples and words beside each other, in inches."""

    def __init__(self, axes: Axes, y: float) -> None:
        self._axes, self._x, self._y = axes, LEFT, y

    def words(self, text: str, color: str = BLACK, space: float = 0.16) -> None:
        drawn = self._axes.text(self._x, self._y, text, va="center_baseline", color=color, **TEXT)
        self._x += drawn.get_window_extent().width / self._axes.figure.dpi + space

    def circle(self, radius: float, face: str, edge: str, linewidth: float = 0.9) -> None:
        look = {"facecolor": face, "edgecolor": edge, "linewidth": linewidth, "zorder": style.STILL}
        self._axes.add_artist(Circle((self._x + radius, self._y), radius, **look))
        self._x += 2 * radius + 0.05

    def line(self, color: str, linewidth: float, linestyle: Any = "-") -> None:
        x = [self._x, self._x + SAMPLE]
        line = Line2D(
            x, 2 * [self._y], color=color, linewidth=linewidth, linestyle=linestyle, zorder=style.STILL
        )
        line.set(dash_capstyle="butt", solid_capstyle="butt")
        self._axes.add_artist(line)
        self._x += SAMPLE + 0.06

    def badge(self, symbol: str) -> None:
        centre = self._x + style.BADGE
        self.circle(style.BADGE, BLACK, "none", linewidth=0)
        look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": "white", "weight": "bold"}
        self._axes.text(centre, self._y, symbol, **look, **TEXT)
