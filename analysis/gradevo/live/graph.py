"""The layer graph as SVG, laid out as in the figure; colours, values and findings come with the epochs."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.path import Path

from gradevo.health.check import Finding, comparison
from gradevo.health.record import SYMBOLS
from gradevo.layers import Edge, LayerGraph
from gradevo.live.bins import bins_of_epochs
from gradevo.live.growing import GrowingRun
from gradevo.numbers import epoch_ranges
from gradevo.pictures.layer_graph.geometry import GAP, LETTERS, Sheet
from gradevo.pictures.layer_graph.labels import CHARACTERS_PER_INCH, kind_lines
from gradevo.pictures.layer_graph.layout import lanes_of
from gradevo.pictures.layer_graph.routes import RADIUS, shape_of
from gradevo.pictures.layer_graph.style import NEUTRAL
from gradevo.pictures.style.house import PAGE
from gradevo.pictures.style.panels import wrapped
from gradevo.report.charts.charts import packed

UNIT = 120
"""Of the SVG, in an inch of the figure."""
OWNER = 0.2
"""Radius of a layer with weights, in inches."""
WIDTH = 1.8
"""Of lines, in points, for the heads of edges."""
LINES = 2
"""Below the names: value and findings."""

Drawn = dict[str, Any]


def graph_of(run: GrowingRun) -> Drawn:
    """What the template draws: width, height, nodes and edges, in units of the SVG."""
    edges = tuple(dict.fromkeys(run.graph.edges))
    graph = LayerGraph(run.graph.layers, edges)
    sheet = Sheet(lanes_of(graph), PAGE)
    width = max(8, int(CHARACTERS_PER_INCH * sheet.label))
    labels = [
        [*wrapped(layer.id, width).split("\n"), *kind_lines(layer.kind, width)] for layer in graph.layers
    ]
    placed = sheet.place(
        [(max(map(len, lines)) / CHARACTERS_PER_INCH, len(lines) + LINES) for lines in labels]
    )
    radii = {layer.id: OWNER if layer.tensors else NEUTRAL for layer in graph.layers}
    nodes = [
        {
            "id": layer.id,
            "x": round(x * UNIT, 1),
            "y": round(y * UNIT, 1),
            "radius": radii[layer.id] * UNIT,
            "place": run.layers.index(layer.id) if layer.tensors else None,
            "lines": lines,
            "below": round((y + RADIUS + GAP) * UNIT, 1),
        }
        for layer, (x, y), lines in zip(graph.layers, placed.centres, labels, strict=True)
    ]
    drawn: list[Drawn] = []
    for edge, route in zip(edges, placed.routes, strict=True):
        shape = shape_of(route, radii[edge.source], radii[edge.target], WIDTH)
        words = f"{edge.source} to {edge.target}"
        drawn.append({"line": svg_path(shape.line), "head": svg_path(shape.head), "words": words})
    return {
        "width": PAGE * UNIT,
        "height": round(placed.height * UNIT),
        "letters": LETTERS * UNIT,
        "nodes": nodes,
        "edges": drawn,
    }


def graph_news(run: GrowingRun, found: Iterable[Finding], since: int) -> Drawn:
    """Norms of layers and edges at the end of every bin of epochs from `since` on, and all findings."""
    last = bins_of_epochs(run.timeline).edges[1 + since :] - 1
    return {
        "since": since,
        "epochs": (last + 1).tolist(),
        "norms": packed(run.layer_norms[:, last].T.ravel()),
        "edges": packed(_together(run)[:, last].T.ravel()) if run.has_edges else "",
        "findings": [
            {
                "layer": one.layer,
                "check": one.check,
                "symbol": SYMBOLS[one.check],
                "ranges": _ranges(one.epochs),
                "words": f"{one.measure}: {comparison(one)}",
                "epochs": epoch_ranges(one.epochs),
            }
            for one in found
        ],
    }


def svg_path(path: Path) -> Markup:
    """A path of an SVG, in its units.

    >>> svg_path(Path([(0, 0), (0.5, 1)]))
    Markup('M0 0 L60 120')
    """
    words = []
    for vertices, code in path.iter_segments(curves=True, simplify=False):
        if code == Path.CLOSEPOLY:
            words.append("Z")
            continue
        letter = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}[code]
        words.append(letter + " ".join(f"{round(value * UNIT, 1):g}" for value in vertices))
    return Markup(" ".join(words))


def _together(run: GrowingRun) -> np.ndarray[Any, Any]:
    """The norm of all that flows between two layers, which may be connected twice: (edges, epochs)."""
    numbers: dict[Edge, list[int]] = {}
    for place, edge in enumerate(run.graph.edges):
        numbers.setdefault(edge, []).append(place)
    squares = np.square(run.edges.astype(np.float64))
    return np.stack([np.sqrt(squares[places].sum(axis=0)) for places in numbers.values()])


def _ranges(epochs: Iterable[int]) -> list[list[int]]:
    """Consecutive epochs as [first, last].

    >>> _ranges([1, 2, 3, 7])
    [[1, 3], [7, 7]]
    """
    ranges: list[list[int]] = []
    for epoch in epochs:
        if ranges and epoch == ranges[-1][1] + 1:
            ranges[-1][1] = epoch
        else:
            ranges.append([epoch, epoch])
    return ranges
