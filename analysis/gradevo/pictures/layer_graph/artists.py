"""The artists of a layer graph, created once; they show the values of a run or of one epoch after another."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from gradevo.health.record import SYMBOLS
from gradevo.numbers import norm_text
from gradevo.pictures.layer_graph.labels import Label
from gradevo.pictures.layer_graph.lines import shape_of
from gradevo.pictures.layer_graph.looks import (
    BADGE,
    EDGE_LOOK,
    FILL,
    HOLLOW,
    ILL_FILL,
    NEUTRAL,
    SMALLEST,
    STILL,
    TEXT,
    THICK,
    WITHOUT,
    radius_of,
    width_of,
)
from gradevo.pictures.layer_graph.places import GAP, LETTERS, Places
from gradevo.pictures.layer_graph.scale import Scale
from gradevo.pictures.layer_graph.values import Array, GraphValues, at_or_below
from gradevo.pictures.layer_graph.ways import RADIUS
from gradevo.pictures.style.house import BLACK, BLUE, GREY, ORANGE


class GraphArtists:
    """Draws a graph into axes whose unit is the inch and whose origin is at the upper left.

    nodes, edges: the scales of both, fixed over the run. `top` is where the graph begins.
    """

    def __init__(
        self,
        axes: Axes,
        values: GraphValues,
        places: Places,
        labels: Sequence[Label],
        scales: tuple[Scale, Scale],
        top: float,
    ) -> None:
        self._axes, self._values, self._places, self._scales = axes, values, places, scales
        self._top = top
        self._missing = "not finite" if values.epochs else "no value"
        self._lines = [self._edge(2) for _ in values.edges]
        self._numbers = [self._number(place) for place in range(len(values.edges))]
        self._circles = [self._circle(place) for place in range(len(values.nodes))]
        self._badges = [
            [self._badge(kind) for kind in SYMBOLS] if node.layer.tensors else [] for node in values.nodes
        ]
        self._words = [self._label(place, label) for place, label in enumerate(labels)]

    @property
    def moving(self) -> list[Artist]:
        """The artists that `show` changes."""
        badges = [artist for node in self._badges for badge in node for artist in badge]
        lines = [part for pair in self._lines for part in pair]
        words = [text for texts in self._words for text in texts]
        artists: list[Artist] = [*lines, *self._circles, *self._numbers, *words, *badges]
        return [artist for artist in artists if artist.get_zorder() > STILL]

    def show(self, nodes: Array, edges: Array, ill: Sequence[Mapping[str, list[str]]]) -> None:
        """Show norms of nodes (n,) and of edges (e,); ill: for every node, illness -> words."""
        radii = [self._show_node(place, nodes[place], ill[place]) for place in range(len(nodes))]
        number = {node.layer.id: place for place, node in enumerate(self._values.nodes)}
        for place, edge in enumerate(self._values.edges):
            ends = radii[number[edge.edge.source]], radii[number[edge.edge.target]]
            self._show_edge(place, edges[place], ends)

    def _show_node(self, place: int, norm: float, ill: Mapping[str, list[str]]) -> float:
        circle = self._circles[place]
        if not self._values.nodes[place].layer.tensors:
            return NEUTRAL
        radius = radius_of(norm, self._scales[0])
        circle.set_radius(radius)
        circle.set_facecolor(ILL_FILL if ill else FILL if norm > 0 else HOLLOW)
        circle.set_edgecolor(ORANGE if ill else BLUE)
        circle.set_linewidth(1.6 if ill else 0.9)
        x, y = self._places.centres[place]
        shown = 0
        for kind, (disc, symbol) in zip(SYMBOLS, self._badges[place], strict=True):
            for artist in (disc, symbol):
                artist.set_visible(kind in ill)
            if kind in ill:
                at = (
                    x + 2.1 * BADGE * (shown - (len(ill) - 1) / 2),
                    self._top + y - max(radius + 0.02, SMALLEST + BADGE),
                )
                disc.set_center(at)
                symbol.set_position(at)
                shown += 1
        self._words[place][0].set_text(self._missing if np.isnan(norm) else norm_text(norm))
        lines = chain(*ill.values(), repeat(""))
        for text, line in zip(self._words[place][1:], lines, strict=False):
            text.set_text(line)
        return radius

    def _show_edge(self, place: int, norm: float, radii: tuple[float, float]) -> None:
        marked = at_or_below(norm, self._values.threshold)
        valued = bool(np.isfinite(norm))
        width = width_of(norm, self._scales[1]) if valued else WITHOUT
        look = EDGE_LOOK[marked]
        shape = shape_of(self._places.ways[place], *radii, width)
        line, head = self._lines[place]
        line.set_path(shape.line)
        line.set_linewidth(width)
        line.set_linestyle(look["linestyle"])
        line.set_edgecolor(look["color"])
        head.set_path(shape.head)
        head.set_facecolor(look["color"])
        self._numbers[place].set_text(norm_text(norm) if valued else "")

    def _edge(self, zorder: float) -> tuple[PathPatch, PathPatch]:
        move = Affine2D().translate(0, self._top) + self._axes.transData
        empty = Path([(0, 0)])
        line = PathPatch(empty, facecolor="none", capstyle="butt", joinstyle="round", zorder=zorder)
        head = PathPatch(empty, linewidth=0, zorder=zorder + 0.1)
        for patch in (line, head):
            self._axes.add_artist(patch)
            patch.set_transform(move)
        return line, head

    def _number(self, place: int) -> Text:
        spot = self._places.spots[place]
        lift = spot.side * (THICK / 144 + 0.03)
        align = {-1: "bottom", 0: "center_baseline" if not spot.turned else "center", 1: "top"}[spot.side]
        text: Text = self._axes.text(
            spot.x,
            self._top + spot.y + lift,
            "",
            va=align,
            rotation=90 if spot.turned else 0,
            rotation_mode="default",
            zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8} if spot.side == 0 else None,
            **TEXT,
        )
        return text

    def _circle(self, place: int) -> Circle:
        x, y = self._places.centres[place]
        moves = bool(self._values.nodes[place].layer.tensors)
        look = {"facecolor": HOLLOW, "edgecolor": GREY, "linewidth": 0.9, "zorder": 3 if moves else STILL}
        circle = Circle((x, self._top + y), NEUTRAL, **look)
        self._axes.add_artist(circle)
        return circle

    def _badge(self, kind: str) -> tuple[Circle, Text]:
        disc = Circle((0, 0), BADGE, facecolor=BLACK, edgecolor="white", linewidth=0.5, zorder=6)
        self._axes.add_artist(disc)
        look = {**TEXT, "va": "center_baseline", "color": "white", "weight": "bold"}
        return disc, self._axes.text(0, 0, SYMBOLS[kind], zorder=7, **look)

    def _label(self, place: int, label: Label) -> list[Text]:
        """Write a layer's name and class; returns the lines below, for its value and its findings."""
        x, y = self._places.centres[place]
        y += self._top + RADIUS + GAP
        layer = self._values.nodes[place].layer
        still = [*((line, BLACK) for line in label.name), *((line, GREY) for line in label.kind)]
        if not layer.tensors:
            still.append(("no weights", GREY))
        for nth, (line, color) in enumerate(still):
            self._line(x, y, nth, line, color=color, zorder=STILL)
        if not layer.tensors:
            return []
        return [
            self._line(x, y, len(still) + nth, "", weight="normal" if nth else "bold", zorder=5)
            for nth in range(1 + len(label.findings))
        ]

    def _line(self, x: float, y: float, nth: int, words: str, **look: Any) -> Text:
        """Line `nth` of a label that begins at y."""
        text: Text = self._axes.text(x, y + LETTERS * (nth + 0.75), words, va="baseline", **look, **TEXT)
        return text
