"""The layer graph: layers sized by the norm of their gradient, edges by what flows back through them."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from gradevo.health.record import SYMBOLS
from gradevo.layers import LayerGraph
from gradevo.pictures.layer_graph.artists import GraphArtists
from gradevo.pictures.layer_graph.labels import (
    CHARACTERS_PER_INCH,
    Label,
    finding_lines,
    kind_lines,
    name_lines,
)
from gradevo.pictures.layer_graph.layout import lanes_of
from gradevo.pictures.layer_graph.legend import caption, draw_legend, legend_height
from gradevo.pictures.layer_graph.places import Sheet
from gradevo.pictures.layer_graph.scale import Scale, scale_of
from gradevo.pictures.layer_graph.values import GraphValues
from gradevo.pictures.style.frame import HEADER, headline, new_figure
from gradevo.pictures.style.house import PAGE, house_style
from gradevo.statistics.store import Statistics

SUBJECT = "layer graph"

DPI = 140
"""Pixels in an inch of the animation's frames: letters of 7 points are 14 pixels high."""


@dataclass(frozen=True)
class GraphFigure:
    """A figure, its title, the artists that show values, and the words of every layer's findings."""

    figure: Figure
    title: Text
    artists: GraphArtists
    findings: list[dict[str, list[str]]]


@house_style()
def draw(run: Statistics, values: GraphValues) -> Figure:
    """Draw the averages over the run, with every layer's findings and their epochs."""
    nodes, edges = (np.array([one.norm for one in what]) for what in (values.nodes, values.edges))
    what = f"means over {values.epochs} epochs" if values.epochs > 1 else "means over the epoch"
    if not values.epochs:
        what = "no complete epoch"
    drawn = prepare(run, values, (scale_of(nodes), scale_of(edges)), what)
    drawn.artists.show(nodes, edges, drawn.findings)
    return drawn.figure


def prepare(run: Statistics, values: GraphValues, scales: tuple[Scale, Scale], *remarks: str) -> GraphFigure:
    """The figure without values yet: layout, names, legend; to be called in the house style.

    scales: of the layers and of the connections. remarks: for the headline.
    """
    graph = LayerGraph(tuple(node.layer for node in values.nodes), tuple(edge.edge for edge in values.edges))
    sheet = Sheet(lanes_of(graph), PAGE)
    width = max(8, int(CHARACTERS_PER_INCH * sheet.label))
    findings = [finding_lines(node.findings, values.epochs, width) for node in values.nodes]
    labels = [
        Label(name_lines(layer.id, width), kind_lines(layer.kind, width), list(chain(*words.values())))
        for layer, words in zip(graph.layers, findings, strict=True)
    ]
    places = sheet.place([(label.width, label.lines) for label in labels])
    ill = [kind for kind in SYMBOLS if any(kind in words for words in findings)]
    words = caption(values)
    bottom = legend_height(values, words, bool(ill))
    figure = new_figure(PAGE, HEADER + places.height + bottom)
    figure.set_layout_engine("none")
    figure.set_dpi(DPI)
    headline(figure, [run], SUBJECT, *remarks)
    height = float(figure.get_size_inches()[1])
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, PAGE)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    artists = GraphArtists(axes, values, places, labels, scales, height - places.height - bottom)
    draw_legend(axes, values, scales, words, ill, height - bottom)
    return GraphFigure(figure, figure.texts[0], artists, findings)
