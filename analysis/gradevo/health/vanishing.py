"""Gradients that get lost on their way back, through the layers or through time."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import shortest_path

from gradevo.config.experiment import Thresholds
from gradevo.health.check import Check, Finding, Judged, by_layer
from gradevo.layers import LayerGraph
from gradevo.numbers import shortened
from gradevo.statistics.formulas import ratio


class Vanishing(Check):
    """A layer's mean norm is a small share of that of the largest layer behind it."""

    name = "vanishing"
    symbol = "↓"
    measure = "mean gradient norm / largest one behind this layer"
    advice = (
        "What usually helps: relu-like activations with He initialization instead of sigmoid or tanh; batch "
        "normalization between layers; skip connections; fewer layers. A larger learning rate hardly does: "
        "it moves the layers near the loss first."
    )

    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        alive = by_layer(statistics, "highest_gradient_norm") > limits.dead
        norms = by_layer(statistics, "gradient_norm")
        shares = share_of_behind(norms, behind(statistics.graph, statistics.layers))
        flagged = alive & (shares <= limits.vanishing)
        for layer, values, flags in zip(statistics.layers, shares.T, flagged.T, strict=True):
            yield self.finding(layer, flags, values, limits.vanishing)

    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        yield f"mean norm ≤ {limits.vanishing:g} times that of the largest layer behind"


class VanishingThroughTime(Check):
    """Of a recurrent layer's gradient hardly anything reaches the earliest time step of its input."""

    name = "vanishing"
    symbol = "↓"
    measure = "gradient norm at the earliest time step / at the strongest one"
    advice = (
        "What usually helps: LSTM or GRU instead of SimpleRNN; a shorter or coarser series; all outputs "
        "(return_sequences=True) pooled or attended to instead of the last one; Bidirectional. If only the "
        "end of the series matters to the task, nothing needs mending: the network just cannot learn from "
        "its beginning."
    )

    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        for layer in statistics.through_time:
            values = share_of_earliest(statistics.gradient_through_time(layer))
            flagged = values <= limits.vanishing
            yield self.finding(layer, flagged, values, limits.vanishing)

    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        for layer, times in statistics.through_time.items():
            share = f"≤ {limits.vanishing:g} times that at the strongest of {times} time steps"
            yield f"{shortened(layer)}: norm at the earliest time step {share}"


def behind(graph: LayerGraph, layers: Sequence[str]) -> NDArray[np.bool_]:
    """Which layers the output of a layer enters, directly or not: (L, L), [i, j] is true if j is behind i.

    Where no connections are known, those that come later in the order of computation.
    """
    if not graph.edges:
        return np.triu(np.ones((len(layers), len(layers)), dtype=np.bool_), k=1)
    ends = [(edge.source, edge.target) for edge in graph.edges]
    index = {name: row for row, name in enumerate(dict.fromkeys([*layers, *chain.from_iterable(ends)]))}
    adjacency = np.zeros((len(index), len(index)))
    for source, target in ends:
        adjacency[index[source], index[target]] = 1
    reached: NDArray[np.bool_] = np.isfinite(shortest_path(adjacency, unweighted=True))
    reached = reached[: len(layers), : len(layers)]
    np.fill_diagonal(reached, False)
    return reached


def share_of_behind(norms: NDArray[np.float64], reached: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A layer's mean gradient norm over the largest one behind it: (E, L).

    `norms` is (E, L), `reached` as of `behind`. NaN for layers with nothing behind them, or nothing but
    layers whose norm is zero or not finite.
    """
    finite = np.where(np.isfinite(norms), norms, 0)
    columns = [finite[:, row].max(axis=1, initial=0) for row in reached]
    return ratio(norms, np.stack(columns, axis=1) if columns else np.zeros_like(norms))


def share_of_earliest(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gradient norm at the earliest time step over the largest one: (epochs, T) -> (epochs,).

    The earliest is the first whose norm is not exactly 0: what is masked, such as padding in front, has none.

    >>> share_of_earliest(np.array([[0.0, 1.0, 4.0], [3.0, 1.0, 2.0]]))
    array([0.25, 1.  ])
    """
    earliest = np.argmax(norms != 0, axis=1)
    return ratio(norms[np.arange(len(norms)), earliest], norms.max(axis=1))
