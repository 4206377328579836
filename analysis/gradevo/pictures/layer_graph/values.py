"""What a layer graph shows: the gradient norms of its layers and edges, by epoch and on average.

The values come from the statistics alone, without matplotlib: the figure, the animation and ``graph.json``
all take them from here, so they cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import spread
from gradevo.config.experiment import Graph
from gradevo.health.check import Finding
from gradevo.layers import Edge, Layer
from gradevo.statistics.store import Statistics


@dataclass(frozen=True)
class Threshold:
    """The norm at or below which an edge is marked; NaN where there is nothing to take the median of.

    relative: whether `value` is `factor` times `median`, the median of the edges' average norms.
    """

    value: float
    relative: bool = False
    factor: float = float("nan")
    median: float = float("nan")


@dataclass(frozen=True)
class Node:
    """A layer. norms: (epochs,) float64, its mean gradient norm in every epoch; NaN without weights.

    highest: the largest norm of a single batch's gradient; cosine: mean cosine of successive gradients.
    """

    layer: Layer
    norms: NDArray[np.float64]
    highest: float
    cosine: float
    findings: tuple[Finding, ...]

    @property
    def norm(self) -> float:
        """The average over the epochs with a finite norm; NaN if there is none."""
        return average(self.norms)


@dataclass(frozen=True)
class Connection:
    """An edge, or all edges between the same two layers.

    norms: (epochs,) float64, NaN throughout where no gradient flows or none was recorded.
    """

    edge: Edge
    norms: NDArray[np.float64]

    @property
    def norm(self) -> float:
        """The average over the epochs with a finite norm; NaN if there is none."""
        return average(self.norms)


@dataclass(frozen=True)
class GraphValues:
    """The graph of one run with all its values, nodes and edges in the order of the model's graph."""

    nodes: tuple[Node, ...]
    edges: tuple[Connection, ...]
    threshold: Threshold
    epochs: int
    recorded: bool
    """Whether the run holds the edges' norms."""

    @property
    def node_norms(self) -> NDArray[np.float64]:
        """(epochs, nodes) float64."""
        return np.reshape([node.norms for node in self.nodes], (len(self.nodes), self.epochs)).T

    @property
    def edge_norms(self) -> NDArray[np.float64]:
        """(epochs, edges) float64."""
        return np.reshape([edge.norms for edge in self.edges], (len(self.edges), self.epochs)).T


def graph_values(
    run: Statistics, findings: Sequence[Finding], threshold: float = Graph().threshold, relative: bool = False
) -> GraphValues:
    """Collect what the graph of a run shows; findings are those of `gradevo.health.findings.findings`.

    threshold: a norm, or with `relative` a multiple of the median of the edges' average norms.
    """
    nodes = tuple(_node(run, layer, findings) for layer in run.graph.layers)
    parallel: dict[Edge, list[NDArray[np.float64]]] = {}
    for place, edge in enumerate(run.graph.edges):
        parallel.setdefault(edge, []).append(run.edge(place))
    edges = tuple(Connection(edge, _together(norms)) for edge, norms in parallel.items())
    bound = Threshold(threshold)
    if relative:
        known = [edge.norm for edge in edges if np.isfinite(edge.norm)]
        median = float(np.median(known)) if known else float("nan")
        bound = Threshold(threshold * median, True, threshold, median)
    return GraphValues(nodes, edges, bound, run.epochs, run.has_activation_gradients)


def at_or_below(norm: float, threshold: Threshold) -> bool | None:
    """Whether an edge is marked; None where it has no value. A norm that is not finite is no value."""
    if not np.isfinite(norm) or np.isnan(threshold.value):
        return None
    return bool(norm <= threshold.value)


def average(values: NDArray[np.float64]) -> float:
    """The mean of the finite values, NaN if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _together(norms: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The norm of all that flows between two layers, which may be connected more than once: (epochs,)."""
    if len(norms) == 1:
        return norms[0]
    squares = np.square(norms)
    return np.where(np.isnan(squares).all(axis=0), np.nan, np.sqrt(np.nansum(squares, axis=0)))


def _node(run: Statistics, layer: Layer, findings: Sequence[Finding]) -> Node:
    own = tuple(found for found in findings if found.layer == layer.id)
    if layer.id not in run.layers:
        return Node(layer, np.full(run.epochs, np.nan), np.nan, np.nan, own)
    norms, highest, cosines = (
        run.layer(name, layer.id) for name in ("gradient_norm", "highest_gradient_norm", "layer_cosine")
    )
    return Node(layer, norms, float(spread(highest[:, None])[2][0]), average(cosines), own)
