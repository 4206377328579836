"""Gradients that point to and fro."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.health.check import Check, Finding, Judged, runs

ROUNDING = 1e-5
"""A gradient that has shrunk to this share of what it was may be rounding, whose direction means nothing."""
FEWEST_TURNS = 3
"""A gradient that turns back once has passed its minimum; one that does so again and again oscillates."""


class Oscillating(Check):
    """A layer's successive gradients point against each other, more than chance would have it."""

    name = "oscillating"
    symbol = "⇄"
    measure = "mean cosine of successive gradients"
    advice = (
        "What usually helps: halve the learning rate until the cosine rises, let it decay, or lower the "
        "momentum. The steps jump across a valley instead of following it. The loss may fall all the same, "
        "only slower than it could."
    )

    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        if statistics.selection:  # recorded gradients are then no successive ones
            return
        steps = int(statistics.timeline.lengths.min(initial=statistics.timeline.per_epoch))
        lowest = chance_bound(limits.oscillating, steps)
        for layer in statistics.layers:
            values = statistics.layer("layer_cosine", layer)
            flagged = turning_back(values, statistics.layer("gradient_norm", layer), lowest, steps)
            yield self.finding(layer, flagged, values, lowest)

    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        steps = int(statistics.timeline.lengths.min(initial=statistics.timeline.per_epoch))
        lowest = chance_bound(limits.oscillating, steps)
        if statistics.selection:
            yield f"not checked: {statistics.selection.words}"
        elif lowest < -1:
            yield f"not checked: {steps} steps an epoch are too few to tell it from chance (1, or 7 and more)"
        else:
            yield f"mean cosine of a layer's successive gradients ≤ {lowest:.4g}"


def turning_back(
    cosines: NDArray[np.float64], norms: NDArray[np.float64], lowest: float, steps_per_epoch: int
) -> NDArray[np.bool_]:
    """Epochs in which a layer's successive gradients point against each other: (E,) each -> (E,).

    The mean cosine is at or below `lowest`, the gradient is more than rounding, and it lasts: consecutive
    epochs with fewer than `FEWEST_TURNS` steps together do not count.
    """
    largest = np.fmax.accumulate(np.where(np.isfinite(norms), norms, 0)) if len(norms) else norms
    flagged = (cosines <= lowest) & (norms > ROUNDING * largest)
    for first, last in runs(flagged):
        if (last - first) * steps_per_epoch < FEWEST_TURNS:
            flagged[first:last] = False
    return flagged


def chance_bound(threshold: float, steps_per_epoch: int) -> float:
    """The mean cosine at or below which it is no chance that gradients of S steps oppose each other.

    Gradients of S batches that cancel, as they do where training has converged, have a mean cosine of
    −1/(S−1) with each other; if they differ in one direction only, the mean of S successive ones scatters by
    up to 1/√S about it. Two such deviations are allowed for. Below −1 for S of 2 to 6: nothing can be said.
    A single step an epoch sees the same data every time, and is taken at its word.
    """
    if steps_per_epoch == 1:
        return threshold
    return min(threshold, -1 / (steps_per_epoch - 1) - 2 / float(np.sqrt(steps_per_epoch)))
