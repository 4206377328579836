"""The legend below a layer graph: sizes, widths, colours, marks, and what the arrows mean."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from gradevo.health.record import SYMBOLS
from gradevo.numbers import norm_text
from gradevo.pictures.layer_graph.looks import (
    BADGE,
    DASH,
    FILL,
    HOLLOW,
    NEUTRAL,
    NO_VALUE,
    STILL,
    WITHOUT,
    radius_of,
    width_of,
)
from gradevo.pictures.layer_graph.scale import Scale
from gradevo.pictures.layer_graph.values import GraphValues
from gradevo.pictures.layer_graph.ways import RADIUS
from gradevo.pictures.style.house import BLACK, BLUE, GREEN, GREY, VERMILION

ROW = 0.2
"""Height of a row without circles."""

CAPTION_LINE = 0.135
SAMPLE = 0.34
"""Length of a sample of a line."""

CHARACTERS = 122
"""Letters in a line of the caption, on a page's width."""


class _Cursor:
    """Puts samples and words beside each other on a row, in inches."""

    def __init__(self, axes: Axes, x: float, y: float) -> None:
        self._axes, self._left, self.x, self.y = axes, x, x, y

    def words(self, text: str, color: str = BLACK, space: float = 0.16) -> None:
        look: dict[str, Any] = {
            "va": "center_baseline",
            "fontsize": 7,
            "parse_math": False,
            "color": color,
            "zorder": STILL,
        }
        drawn = self._axes.text(self.x, self.y, text, **look)
        figure = drawn.get_figure(root=True)
        assert figure is not None
        self.x += drawn.get_window_extent().width / figure.dpi + space

    def circle(self, radius: float, face: str, edge: str, width: float = 0.9) -> None:
        self._axes.add_artist(
            Circle(
                (self.x + radius, self.y),
                radius,
                facecolor=face,
                edgecolor=edge,
                linewidth=width,
                zorder=STILL,
            )
        )
        self.x += 2 * radius + 0.05

    def line(self, color: str, width: float, dashed: bool = False) -> None:
        line = Line2D([self.x, self.x + SAMPLE], 2 * [self.y], color=color, linewidth=width, zorder=STILL)
        line.set_linestyle(DASH if dashed else "-")
        line.set_dash_capstyle("butt")
        line.set_solid_capstyle("butt")
        self._axes.add_artist(line)
        self.x += SAMPLE + 0.06

    def badge(self, symbol: str) -> None:
        self._axes.add_artist(
            Circle((self.x + BADGE, self.y), BADGE, facecolor=BLACK, linewidth=0, zorder=STILL)
        )
        look: dict[str, Any] = {
            "ha": "center",
            "va": "center_baseline",
            "fontsize": 7,
            "color": "white",
            "weight": "bold",
            "zorder": STILL,
        }
        self._axes.text(self.x + BADGE, self.y, symbol, **look)
        self.x += 2 * BADGE + 0.05


def caption(values: GraphValues) -> list[str]:
    """The sentences below the legend, in lines."""
    sentences = []
    if values.edges:
        sentences.append("Arrows point forward through the layers; gradients flow back along them.")
    else:
        sentences.append("How the layers are connected was not recorded: they stand in their order.")
    if values.edges and not values.recorded:
        sentences.append("What flows back along the connections was not recorded.")
    if values.threshold.relative and values.threshold.value == values.threshold.value:
        bound = values.threshold
        sentences.append(
            f"The threshold {norm_text(bound.value)} is {norm_text(bound.factor)} times the connections' "
            f"median {norm_text(bound.median)}."
        )
    return wrap(" ".join(sentences), CHARACTERS)


def legend_height(values: GraphValues, lines: Sequence[str], ill: bool) -> float:
    """The height of the legend with that caption."""
    rows = 2 * RADIUS + 0.06 + (2 * ROW if values.edges else 0) + (ROW if ill else 0)
    return rows + CAPTION_LINE * len(lines) + 0.12


def draw_legend(
    axes: Axes,
    values: GraphValues,
    scales: tuple[Scale, Scale],
    lines: Sequence[str],
    kinds: Sequence[str],
    top: float,
) -> None:
    """Draw the legend from `top` on; kinds: the illnesses that occur."""
    nodes, edges = scales
    left = 0.06
    row = _Cursor(axes, left, top + RADIUS)
    row.words(f"layer, area {_how(nodes)} its gradient's norm ‖∂L/∂w‖₂", GREY, 0.12)
    for value in nodes.samples():
        row.circle(radius_of(value, nodes), FILL, BLUE)
        row.words(norm_text(value))
    if any(not node.layer.tensors for node in values.nodes):
        row.circle(NEUTRAL, HOLLOW, GREY)
        row.words("no weights")
    y = top + 2 * RADIUS + 0.06
    if values.edges:
        row = _Cursor(axes, left, y + ROW / 2)
        if values.recorded:
            row.words(f"connection, width {_how(edges)} the norm ‖∂L/∂a‖₂ of what flows back", GREY, 0.12)
            for value in edges.samples():
                row.line(GREY, width_of(value, edges))
                row.words(norm_text(value))
            row = _Cursor(axes, left, y + 1.5 * ROW)
            bound = norm_text(values.threshold.value)
            row.line(GREEN, 2.2)
            row.words(f"above {bound}")
            row.line(VERMILION, 2.2, dashed=True)
            row.words(f"at or below {bound}")
        row.line(NO_VALUE, WITHOUT)
        row.words("no gradient flows back" if values.recorded else "connection")
        y += 2 * ROW
    if kinds:
        row = _Cursor(axes, left, y + ROW / 2)
        for kind in kinds:
            row.badge(SYMBOLS.get(kind, "!"))
            row.words(kind)
        y += ROW
    look: dict[str, Any] = {"fontsize": 7, "color": GREY, "parse_math": False, "va": "top", "zorder": STILL}
    for place, line in enumerate(lines):
        axes.text(left, y + 0.05 + CAPTION_LINE * place, line, **look)


def _how(scale: Scale) -> str:
    return "by the logarithm of" if scale.logarithmic else "proportional to"
