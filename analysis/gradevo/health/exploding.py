"""Gradients that are too large, or not finite."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.health.check import HIGHEST, Check, Finding, Judged, by_layer
from gradevo.statistics.formulas import ratio

GROWTH = "highest batch gradient norm / norm of all layers in epoch 1"


class Exploding(Check):
    """The highest norm of a batch's gradient is above a bound, or far above that of the first epoch."""

    name = "exploding"
    symbol = "↑"
    measure = HIGHEST
    advice = (
        "What usually helps: scale inputs and targets to mean 0 and variance 1; lower the learning rate to "
        "a tenth; clip gradients (clipnorm=1 in a Keras optimizer), above all in recurrent networks. If the "
        "loss falls all the same, an optimizer such as Adam copes with the size; plain gradient descent "
        "does not."
    )

    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        highest = np.concatenate([by_layer(statistics, "highest_gradient_norm"), _last_norms(statistics)])
        first = by_layer(statistics, "gradient_norm")[:1]
        network = np.sqrt(np.square(first).sum())  # 0 without epochs
        for layer, values in zip(statistics.layers, highest.T, strict=True):
            above = ~(values <= limits.exploding)  # what is not finite is above
            yield self.finding(layer, above, values, limits.exploding, worst=np.max)
            growth = ratio(values, network)
            grown = ~above & (growth > limits.growth)
            yield self.finding(layer, grown, growth, limits.growth, GROWTH, np.max)

    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        yield f"highest norm of a batch's gradient > {limits.exploding:g} or not finite,"
        yield f"or > {limits.growth:g} times the norm of all layers in epoch 1"


def _last_norms(statistics: Judged) -> NDArray[np.float64]:
    """Highest norms in the unfinished epoch that a non-finite gradient ended: (1, L), or (0, L) without one.

    Only what is not finite counts of an unfinished epoch; the norms of other layers are 0.
    """
    if statistics.first_nonfinite_epoch != statistics.epochs + 1:
        return np.empty((0, len(statistics.layers)))
    start = statistics.timeline.complete_steps
    highest = {
        tensor: np.max(statistics.step("l2_norm_individual", tensor)[start:], initial=0)
        for tensor in statistics.tensors
    }
    owned = (layer.tensors for layer in statistics.graph.owners)
    norms = np.array([[np.max([highest[tensor] for tensor in tensors]) for tensors in owned]])
    return np.where(np.isfinite(norms), 0, norms)
