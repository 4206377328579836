"""The layer graph: layers sized by the norm of their gradient, edges by what flows back through them."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from gradevo.health.record import SYMBOLS
from gradevo.layers import LayerGraph
from gradevo.numbers import norm_text
from gradevo.pictures.layer_graph import style
from gradevo.pictures.layer_graph.geometry import GAP, LETTERS, Geometry, Sheet
from gradevo.pictures.layer_graph.labels import CHARACTERS_PER_INCH, Label, label_of
from gradevo.pictures.layer_graph.layout import MOST, Lanes, lanes_of
from gradevo.pictures.layer_graph.legend import Legend
from gradevo.pictures.layer_graph.routes import RADIUS, shape_of
from gradevo.pictures.layer_graph.values import GraphValues, at_or_below
from gradevo.pictures.style.frame import HEADER, headline, new_figure
from gradevo.pictures.style.house import BLACK, BLUE, GREY, ORANGE, PAGE, house_style
from gradevo.statistics.store import Statistics

DPI = 140  # of the animation's frames: letters of 7 points are 14 pixels high

LABELLED = 48  # with more layers, these have no labels
HIGHEST = 11.0  # of a graph without headline and legend, in inches
SHRINK = (1, 4, 6, 9, 13)  # how much smaller a graph is drawn that does not fit

TEXT: dict[str, Any] = {"fontsize": 7, "parse_math": False, "ha": "center"}


@house_style()
def draw(run: Statistics, values: GraphValues) -> Figure:
    """Draw the averages over the run, with every layer's findings and their epochs."""
    nodes, edges = (np.array([one.norm for one in what]) for what in (values.nodes, values.edges))
    what = f"means over {values.epochs} epochs" if values.epochs > 1 else "means over the epoch"
    if not values.epochs:
        what = "no complete epoch"
    drawn = GraphFigure(run, values, (style.scale_of(nodes), style.scale_of(edges)), what)
    drawn.show(nodes, edges, [label.findings for label in drawn.labels])
    return drawn.figure


class GraphFigure:
    """The page of a graph, all its artists; shows the values of a run, or of one epoch after another.

    To be made in the house style. scales: of the layers and of the edges, fixed over the run. remarks: for
    the headline. The unit of its axes is the inch, their origin the upper left corner.
    """

    def __init__(
        self, run: Statistics, values: GraphValues, scales: tuple[style.Scale, style.Scale], *remarks: str
    ) -> None:
        self._values, self._scales = values, scales
        nodes, edges = values.nodes, values.edges
        graph = LayerGraph(tuple(node.layer for node in nodes), tuple(edge.edge for edge in edges))
        self._shrink, sheet, self._geometry, self.labels = _placed(values, graph)
        found = {kind: sum(kind in label.findings for label in self.labels) for kind in SYMBOLS}
        legend = Legend(
            values, scales, {kind: layers for kind, layers in found.items() if layers}, self._shrink
        )
        drawn = self._geometry.height / self._shrink
        self.figure = new_figure(PAGE, HEADER + drawn + legend.height)
        self.figure.set_layout_engine("none")
        self.figure.set_dpi(DPI)
        headline(self.figure, [run], "layer graph", *remarks)
        self.title = self.figure.texts[0]
        height = float(self.figure.get_size_inches()[1])
        self._axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, PAGE), ylim=(height, 0))
        self._axes.set_axis_off()
        top = height - drawn - legend.height
        self._inches = Affine2D().scale(1 / self._shrink).translate(0, top) + self._axes.transData
        self._lines = [self._line() for _ in edges]
        self._circles = [self._circle(place) for place in range(len(nodes))]
        self._numbers: list[Text] = []
        self._badges: list[list[tuple[Circle, Text]]] = [[] for _ in nodes]
        self._words: list[list[Text]] = [[] for _ in nodes]
        if self._shrink == 1:
            self._numbers = [self._number(place) for place in range(len(edges))]
            self._badges = [
                [self._badge(kind) for kind in SYMBOLS] if node.layer.tensors else [] for node in nodes
            ]
            self._words = [self._label(place, label) for place, label in enumerate(self.labels)]
        self._name_rows(graph, sheet.lanes)
        legend.draw(self._axes, height - legend.height)

    @property
    def moving(self) -> list[Artist]:
        """The artists that `show` changes, and the title."""
        badges = (badge for node in self._badges for badge in node)
        artists: list[Artist] = [
            *chain(*self._lines), *self._circles, *self._numbers, *chain(*self._words), *chain(*badges)
        ]  # fmt: skip
        return [self.title, *(artist for artist in artists if artist.get_zorder() > style.STILL)]

    def show(
        self,
        nodes: NDArray[np.float64],
        edges: NDArray[np.float64],
        found: Sequence[Mapping[str, Sequence[str]]],
    ) -> None:
        """Show norms of nodes (n,) and of edges (e,); found: for every node, check -> words."""
        radii = {
            node.layer.id: self._show_node(place, nodes[place], found[place])
            for place, node in enumerate(self._values.nodes)
        }
        for place, connection in enumerate(self._values.edges):
            ends = radii[connection.edge.source], radii[connection.edge.target]
            self._show_edge(place, edges[place], ends)

    def _show_node(self, place: int, norm: float, found: Mapping[str, Sequence[str]]) -> float:
        """Show a layer's norm and findings; returns its radius."""
        if not self._values.nodes[place].layer.tensors:
            return style.NEUTRAL
        radius = self._scales[0].radius(norm)
        self._circles[place].set(
            radius=radius,
            facecolor=style.FOUND_FILL if found else style.FILL if norm > 0 else style.HOLLOW,
            edgecolor=ORANGE if found else BLUE,
            linewidth=(1.6 if found else 0.9) / np.sqrt(self._shrink),
        )
        if not self._words[place]:
            return radius
        x, y = self._geometry.centres[place]
        above = y - max(radius + 0.02, style.SMALLEST + style.BADGE)
        shown = 0
        for kind, (disc, symbol) in zip(SYMBOLS, self._badges[place], strict=True):
            at = x + 2.1 * style.BADGE * (shown - (len(found) - 1) / 2), above
            disc.set(visible=kind in found, center=at)
            symbol.set(visible=kind in found, position=at)
            shown += kind in found
        value, *lines = self._words[place]
        missing = "not finite" if self._values.epochs else "no value"
        value.set_text(missing if np.isnan(norm) else norm_text(norm))
        for line, words in zip(lines, chain(*found.values(), repeat("")), strict=False):
            line.set_text(words)
        return radius

    def _show_edge(self, place: int, norm: float, radii: tuple[float, float]) -> None:
        valued = bool(np.isfinite(norm))
        width = self._scales[1].width(norm) if valued else style.WITHOUT
        color, linestyle = style.EDGE_STYLES[at_or_below(norm, self._values.threshold)]
        shape = shape_of(self._geometry.routes[place], *radii, width)
        line, head = self._lines[place]
        line.set(path=shape.line, linewidth=width / self._shrink, linestyle=linestyle, edgecolor=color)
        head.set(path=shape.head, facecolor=color)
        if self._numbers:
            self._numbers[place].set_text(norm_text(norm) if valued else "")

    def _line(self) -> tuple[PathPatch, PathPatch]:
        """The line and the head of an edge."""
        empty = Path([(0, 0)])
        line = PathPatch(empty, facecolor="none", capstyle="butt", joinstyle="round", zorder=2)
        head = PathPatch(empty, linewidth=0, zorder=2.1)
        for patch in (line, head):
            self._axes.add_artist(patch)
            patch.set_transform(self._inches)
        return line, head

    def _number(self, place: int) -> Text:
        label = self._geometry.edge_labels[place]
        text: Text = self._axes.text(
            label.x,
            label.y + label.side * (style.THICK / 144 + 0.03),
            "",
            transform=self._inches,
            va={-1: "bottom", 0: "center" if label.turned else "center_baseline", 1: "top"}[label.side],
            rotation=90 if label.turned else 0,
            rotation_mode="default",
            zorder=5,
            bbox=None if label.side else {"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            **TEXT,
        )
        return text

    def _circle(self, place: int) -> Circle:
        x, y = self._geometry.centres[place]
        zorder = 3 if self._values.nodes[place].layer.tensors else style.STILL
        look = {"facecolor": style.HOLLOW, "edgecolor": GREY, "linewidth": 0.9, "zorder": zorder}
        circle = Circle((x, y), style.NEUTRAL, **look)
        self._axes.add_artist(circle)
        circle.set_transform(self._inches)
        return circle

    def _badge(self, kind: str) -> tuple[Circle, Text]:
        disc = Circle((0, 0), style.BADGE, facecolor=BLACK, edgecolor="white", linewidth=0.5, zorder=6)
        self._axes.add_artist(disc)
        disc.set_transform(self._inches)
        look = {**TEXT, "va": "center_baseline", "color": "white", "weight": "bold"}
        return disc, self._axes.text(0, 0, SYMBOLS[kind], zorder=7, transform=self._inches, **look)

    def _label(self, place: int, label: Label) -> list[Text]:
        """Write a layer's name and class; returns the lines below, for its value and its findings."""
        owns = bool(self._values.nodes[place].layer.tensors)
        still = [*((line, BLACK) for line in label.name), *((line, GREY) for line in label.kind)]
        still += [] if owns else [("no weights", GREY)]
        x, y = self._geometry.centres[place]
        below = y + RADIUS + GAP

        def line(nth: int, words: str, **look: Any) -> Text:
            text: Text = self._axes.text(
                x,
                below + LETTERS * (nth + 0.75),
                words,
                va="baseline",
                transform=self._inches,
                **look,
                **TEXT,
            )
            return text

        for nth, (words, color) in enumerate(still):
            line(nth, words, color=color, zorder=style.STILL)
        weights = ["bold", *["normal"] * len(label.found)] if owns else []
        return [line(nth, "", weight=weight, zorder=5) for nth, weight in enumerate(weights, len(still))]

    def _name_rows(self, graph: LayerGraph, lanes: Lanes) -> None:
        """Write the names of a row's first and last layer above it, where layers have no labels."""
        for row, (x, y) in enumerate(self._geometry.names):
            here = [
                (rank, abs(lane), layer.id)
                for (rank, lane), layer in zip(lanes.layers, graph.layers, strict=True)
                if rank in lanes.rows[row]
            ]
            first = min(here)[2]
            last = max(here, key=lambda stop: (stop[0], -stop[1]))[2]
            words = f"{first} → {last}" if row % 2 == 0 else f"{last} ← {first}"
            look = {**TEXT, "ha": "right" if row % 2 else "left", "color": GREY}
            self._axes.text(x, y, words, transform=self._inches, zorder=style.STILL, **look)


def _placed(values: GraphValues, graph: LayerGraph) -> tuple[float, Sheet, Geometry, list[Label]]:
    """How much smaller than usual a graph is drawn to fit the page, its sheet and geometry, and all labels.

    Of a graph that is shrunk, geometry is in inches before that, and labels have no room.
    """
    for shrink in SHRINK:
        sheet = Sheet(lanes_of(graph, int(MOST * shrink)), PAGE * shrink, (shrink > 1) * LETTERS * shrink)
        width = max(8, int(CHARACTERS_PER_INCH * sheet.label))
        labels = [label_of(node, values.epochs, width) for node in values.nodes]
        if shrink == 1 and len(graph.layers) > LABELLED:
            continue
        geometry = sheet.place([(label.width, label.lines) if shrink == 1 else (0, 0) for label in labels])
        if geometry.height / shrink <= HIGHEST:
            break
    return shrink, sheet, geometry, labels
