"""Layers without any gradient."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.health.check import HIGHEST, Check, Finding, Judged, by_layer


class Dead(Check):
    """No batch of the epoch gives the layer a gradient, though training has not ended by itself."""

    name = "dead"
    symbol = "✕"
    measure = HIGHEST
    advice = (
        "What usually helps: look at the last of these layers in the network, and at what comes right behind "
        "it; there the gradient is lost. Relu units that are negative for every example give none: start "
        "with biases of 0 and He initialization, lower the learning rate, or take leaky_relu or elu. A "
        "saturated sigmoid or softmax gives none either: leave it out and compile the loss with "
        "from_logits=True. A layer on which the loss does not depend never has one."
    )

    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        highest = by_layer(statistics, "highest_gradient_norm")
        losses = statistics.timeline.split(statistics.step("loss"))
        ended = settled(highest, losses, limits.dead)
        for layer, values in zip(statistics.layers, highest.T, strict=True):
            flagged = (values <= limits.dead) & ~ended
            yield self.finding(layer, flagged, values, limits.dead)

    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        yield f"highest norm of a batch's gradient ≤ {limits.dead:g}"


def settled(
    highest: NDArray[np.float64], losses: Sequence[NDArray[np.float64]], dead: float
) -> NDArray[np.bool_]:
    """Epochs in which training has ended by itself.

    No layer has a gradient, some layer had one before, and the mean loss of the epoch's steps is the lowest
    so far. A network that died of too large a step is left with a higher loss.

    Args:
        highest: (epochs, layers), highest norms of a batch's gradient.
        losses: of every epoch, (steps,).
        dead: norms at or below this are none.

    Returns:
        (epochs,) flags.
    """
    silent = (highest <= dead).all(axis=1)
    means = np.array([of.mean() for of in losses])
    first = [of[0] for of in losses[:1]]
    lowest = np.minimum.accumulate(np.append(first, means))[:-1]
    learned = np.zeros_like(silent)
    learned[1:] = np.logical_or.accumulate(~silent)[:-1]
    ended: NDArray[np.bool_] = silent & learned & (means <= lowest)
    return ended
