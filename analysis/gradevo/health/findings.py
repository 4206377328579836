"""Layers whose gradients are ill: what was found, and by which thresholds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gradevo.config import Thresholds
from gradevo.health.criteria import (
    behind,
    chance_bound,
    settled,
    share_of_behind,
    share_of_earliest,
    turning_back,
)
from gradevo.statistics.columns import ratio
from gradevo.statistics.store import Statistics

Illness = Literal["exploding", "dead", "vanishing", "oscillating"]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

HIGHEST = "highest batch gradient norm"
GROWTH = "highest batch gradient norm / norm of all layers in epoch 1"
BEHIND = "mean gradient norm / largest one behind this layer"
THROUGH_TIME = "gradient norm at the earliest time step / at the strongest one"
TURNS = "mean cosine of successive gradients"


@dataclass(frozen=True)
class Finding:
    """An illness of one layer, by one measure."""

    illness: Illness
    layer: str
    epochs: tuple[int, ...]
    """counted from 1, ascending"""
    value: float
    """the worst of these epochs'; NaN or infinite where a gradient is"""
    threshold: float
    """what the values were compared with"""
    measure: str
    """what the value is"""


def findings(statistics: Statistics, thresholds: Thresholds | None = None) -> list[Finding]:
    """Everything found in the complete epochs, exploding and dead layers first, layers in the graph's order.

    A run that was stopped at a non-finite gradient also has the epoch in which that happened. Empty for a
    healthy run, and for one without complete epochs or without layers.
    """
    limits = thresholds or Thresholds()
    found = [
        *_exploding(statistics, limits),
        *_dead(statistics, limits),
        *_vanishing(statistics, limits),
        *_vanishing_through_time(statistics, limits),
        *_oscillating(statistics, limits),
    ]
    return [finding for finding in found if finding.epochs]


def _exploding(statistics: Statistics, limits: Thresholds) -> Iterator[Finding]:
    highest = np.concatenate([_by_layer(statistics, "highest_gradient_norm"), _last_norms(statistics)])
    first = _by_layer(statistics, "gradient_norm")[:1]
    network = np.sqrt(np.square(first).sum())  # 0 without epochs
    for layer, values in zip(statistics.layers, highest.T, strict=True):
        above = ~(values <= limits.exploding)  # what is not finite is above
        yield _finding("exploding", layer, above, values, limits.exploding, HIGHEST, np.max)
        growth = ratio(values, network)
        grown = ~above & (growth > limits.growth)
        yield _finding("exploding", layer, grown, growth, limits.growth, GROWTH, np.max)


def _dead(statistics: Statistics, limits: Thresholds) -> Iterator[Finding]:
    highest = _by_layer(statistics, "highest_gradient_norm")
    losses = statistics.step("loss")[: statistics.epochs * statistics.steps_per_epoch]
    by_epoch = losses.reshape(statistics.epochs, statistics.steps_per_epoch)
    ended = settled(highest, by_epoch, limits.dead)
    for layer, values in zip(statistics.layers, highest.T, strict=True):
        yield _finding("dead", layer, (values <= limits.dead) & ~ended, values, limits.dead, HIGHEST, np.min)


def _vanishing(statistics: Statistics, limits: Thresholds) -> Iterator[Finding]:
    alive = _by_layer(statistics, "highest_gradient_norm") > limits.dead
    norms = _by_layer(statistics, "gradient_norm")
    shares = share_of_behind(norms, behind(statistics.graph, statistics.layers))
    ill = alive & (shares <= limits.vanishing)
    for layer, values, flags in zip(statistics.layers, shares.T, ill.T, strict=True):
        yield _finding("vanishing", layer, flags, values, limits.vanishing, BEHIND, np.min)


def _vanishing_through_time(statistics: Statistics, limits: Thresholds) -> Iterator[Finding]:
    for layer in statistics.through_time:
        values = share_of_earliest(statistics.gradient_through_time(layer))
        ill = values <= limits.vanishing
        yield _finding("vanishing", layer, ill, values, limits.vanishing, THROUGH_TIME, np.min)


def _oscillating(statistics: Statistics, limits: Thresholds) -> Iterator[Finding]:
    if statistics.record_every > 1:  # recorded gradients are then no successive ones
        return
    steps = statistics.steps_per_epoch
    bound = chance_bound(limits.oscillating, steps)
    for layer in statistics.layers:
        values = statistics.layer("layer_cosine", layer)
        ill = turning_back(values, statistics.layer("gradient_norm", layer), bound, steps)
        yield _finding("oscillating", layer, ill, values, bound, TURNS, np.min)


def _finding(
    illness: Illness,
    layer: str,
    ill: Bool,
    values: Float64,
    threshold: float,
    measure: str,
    worst: Callable[[Float64], np.float64],
) -> Finding:
    """What (epochs,) flags and values say; without epochs if no flag is set."""
    epochs = tuple(int(epoch) + 1 for epoch in np.flatnonzero(ill))
    value = float(worst(values[ill])) if epochs else np.nan
    return Finding(illness, layer, epochs, value, threshold, measure)


def _by_layer(statistics: Statistics, name: str) -> Float64:
    """A layer statistic of all layers: (E, L)."""
    columns = [statistics.layer(name, layer) for layer in statistics.layers]
    return np.stack(columns, axis=1) if columns else np.empty((statistics.epochs, 0))


def _last_norms(statistics: Statistics) -> Float64:
    """Highest norms in the unfinished epoch that a non-finite gradient ended: (1, L), or (0, L) without one.

    Only what is not finite counts of an unfinished epoch; the norms of other layers are 0.
    """
    if statistics.first_nonfinite_epoch != statistics.epochs + 1:
        return np.empty((0, len(statistics.layers)))
    start = statistics.epochs * statistics.steps_per_epoch
    highest = {
        tensor: np.max(statistics.step("l2_norm_individual", tensor)[start:], initial=0)
        for tensor in statistics.tensors
    }
    owned = (layer.tensors for layer in statistics.graph.layers if layer.tensors)
    norms = np.array([[np.max([highest[tensor] for tensor in tensors]) for tensors in owned]])
    return np.where(np.isfinite(norms), 0, norms)
