"""What makes a layer's epoch ill, as pure functions; ``docs/health.md`` gives the reasons.

E epochs, L layers that own tensors, S recorded steps an epoch. Comparisons with NaN are false, so what is
not finite is ill only where a function says so.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.layers import LayerGraph
from gradevo.statistics.columns import ratio

ROUNDING = 1e-5
"""A gradient that has shrunk to this share of what it was may be rounding, whose direction means nothing."""
FEWEST_TURNS = 3
"""A gradient that turns back once has passed its minimum; one that does so again and again oscillates."""

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


def behind(graph: LayerGraph, layers: Sequence[str]) -> Bool:
    """Which layers the output of a layer enters, directly or not: (L, L), [i, j] is true if j is behind i.

    Where no connections are known, those that come later in the order of computation.
    """
    if not graph.edges:
        return np.triu(np.ones((len(layers), len(layers)), dtype=np.bool_), k=1)
    targets: dict[str, list[str]] = {}
    for edge in graph.edges:
        targets.setdefault(edge.source, []).append(edge.target)
    reached = np.zeros((len(layers), len(layers)), dtype=np.bool_)
    for row, layer in enumerate(layers):
        seen: set[str] = set()
        waiting = list(targets.get(layer, ()))
        while waiting:
            target = waiting.pop()
            if target not in seen:
                seen.add(target)
                waiting.extend(targets.get(target, ()))
        reached[row] = [other in seen and other != layer for other in layers]
    return reached


def share_of_behind(norms: Float64, reached: Bool) -> Float64:
    """A layer's mean gradient norm over the largest one behind it: (E, L).

    `norms` is (E, L), `reached` as of `behind`. NaN for layers with nothing behind them, or nothing but
    layers whose norm is zero or not finite.
    """
    finite = np.where(np.isfinite(norms), norms, 0)
    columns = [finite[:, row].max(axis=1, initial=0) for row in reached]
    return ratio(norms, np.stack(columns, axis=1) if columns else np.zeros_like(norms))


def share_of_earliest(norms: Float64) -> Float64:
    """The gradient norm at the earliest time step over the largest one: (epochs, T) -> (epochs,).

    The earliest is the first whose norm is not exactly 0: what is masked, such as padding in front, has none.
    """
    earliest = np.argmax(norms != 0, axis=1)
    return ratio(norms[np.arange(len(norms)), earliest], norms.max(axis=1))


def settled(highest: Float64, losses: Float64, dead: float) -> Bool:
    """Epochs in which training has ended by itself: (E,).

    No layer has a gradient (`highest`, (E, L), is at or below `dead`), some layer had one before, and the
    mean loss of the epoch's steps is the lowest so far (`losses` is (E, S)). A network that died of too large
    a step is left with a higher loss.
    """
    silent = (highest <= dead).all(axis=1)
    means = losses.mean(axis=1)
    lowest = np.minimum.accumulate(np.append(losses[:1, 0], means))[:-1]
    learned = np.zeros_like(silent)
    learned[1:] = np.logical_or.accumulate(~silent)[:-1]
    ended: Bool = silent & learned & (means <= lowest)
    return ended


def turning_back(cosines: Float64, norms: Float64, bound: float, steps_per_epoch: int) -> Bool:
    """Epochs in which a layer's successive gradients point against each other: (E,) each -> (E,).

    The mean cosine is at or below `bound`, the gradient is more than rounding, and it lasts: consecutive
    epochs with fewer than `FEWEST_TURNS` steps together do not count.
    """
    largest = np.fmax.accumulate(np.where(np.isfinite(norms), norms, 0)) if len(norms) else norms
    ill = (cosines <= bound) & (norms > ROUNDING * largest)
    for first, last in runs(ill):
        if (last - first) * steps_per_epoch < FEWEST_TURNS:
            ill[first:last] = False
    return ill


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


def runs(flags: Bool) -> list[tuple[int, int]]:
    """Where consecutive flags are true: (start, stop) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
