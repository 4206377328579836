"""How alike the gradients of any two steps are, and the way of the weights, from folded vectors.

A folded vector (`gradevo.statistics.fold`) has at most 1020 numbers, whose products estimate those of the
vectors themselves: the cosine c of two gradients has a standard error of about (1 − c²)/√w, 0.03 for w = 1020
numbers, and none where the gradients have no more elements than that.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.fold import WIDTH

if TYPE_CHECKING:
    from gradevo.statistics.store import Statistics


def cosine_error(parameters: int) -> float:
    """The largest standard error of a cosine of vectors with so many elements.

    >>> round(cosine_error(25_474), 3), cosine_error(67)
    (0.031, 0.0)
    """
    return 0.0 if parameters <= WIDTH else WIDTH**-0.5


def directions(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Every row over its norm, (n, w); NaN where a row is zero or not finite."""
    values = np.asarray(rows, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        largest = np.abs(values).max(axis=1, keepdims=True, initial=0)  # no square over- or underflows
        scaled = values / np.where(np.isfinite(largest) & (largest > 0), largest, np.nan)
        unit: NDArray[np.float32] = (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(
            np.float32
        )
    return unit


def cosines(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """The cosine of every row with every other: (n, w) -> (n, n), within [−1, 1].

    NaN where a row is zero or not finite: it has no direction.

    >>> cosines(np.array([[2.0, 0.0], [-3.0, 0.0], [0.0, 0.0]])).tolist()
    [[1.0, -1.0, nan], [-1.0, 1.0, nan], [nan, nan, nan]]
    """
    unit = directions(rows)
    known = ~np.isnan(unit).any(axis=1)
    found = np.full((len(unit), len(unit)), np.nan, np.float32)
    found[np.ix_(known, known)] = np.clip(unit[known] @ unit[known].T, -1, 1)
    return found


def by_lag(found: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean cosine of rows that are 1, 2, … n − 1 apart, (n − 1,); NaN where no pair has a value.

    >>> by_lag(np.array([[1, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1]], np.float32)).tolist()
    [0.375, 0.0]
    """
    means = np.full(max(len(found) - 1, 0), np.nan)
    for lag in range(1, len(found)):
        pairs = np.diagonal(found, lag)
        known = pairs[~np.isnan(pairs)]
        if len(known):
            means[lag - 1] = known.mean(dtype=np.float64)
    return means


def block_means(
    rows: NDArray[np.floating], steps: NDArray[np.int64], edges: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The mean of the rows of each block of steps, the folded mean gradient: (n, w) -> (blocks, w).

    Args:
        rows: folded gradients.
        steps: (n,), ascending: which steps they are of.
        edges: (blocks + 1,), ascending: block b has the steps from edges[b] on, before edges[b + 1].

    Returns:
        The means; NaN for a block of which no step was kept.
    """
    means = np.full((len(edges) - 1, rows.shape[1]), np.nan)
    places = np.searchsorted(steps, edges)
    for block, (start, stop) in enumerate(pairwise(places.tolist())):
        if stop > start:
            with np.errstate(invalid="ignore", over="ignore"):
                means[block] = rows[start:stop].mean(axis=0, dtype=np.float64)
    return means


@dataclass(frozen=True)
class WeightPath:
    """The way of the weights in the two directions in which they spread most (principal components)."""

    points: NDArray[np.float64]
    """(epochs + 1, 2): where the weights are after every epoch, as seen from where they began; row 0 is 0"""
    shares: NDArray[np.float64]
    """(2,): of the spread Σ‖w[e] − mean‖² over the epochs; NaN where the weights do not move"""

    @classmethod
    def of(cls, changes: NDArray[np.floating]) -> Self | None:
        """From w[e] − w[0], folded or not, (epochs + 1, w); up to the first that is not finite.

        The first direction points to where the training ends, and so does the second as far as it can. None
        if there are fewer than two finite rows.
        """
        values = np.asarray(changes, dtype=np.float64)
        finite = np.isfinite(values).all(axis=1)
        values = values[: len(values) if finite.all() else int(np.argmin(finite))]
        if len(values) < 2:
            return None
        around = values - values.mean(axis=0)
        scale = np.abs(around).max() or 1.0  # no square over- or underflows
        _, spreads, axes = np.linalg.svd(around / scale, full_matrices=False)
        first_two = np.zeros((2, values.shape[1]))
        first_two[: len(axes)] = axes[:2]
        points = values @ first_two.T
        points *= np.where(points[-1] < 0, -1, 1)
        energies = np.zeros(2)
        energies[: len(spreads)] = np.square(spreads[:2])
        with np.errstate(invalid="ignore"):
            return cls(points, energies / np.square(spreads).sum())


def strongest_layers(run: "Statistics", most: int) -> list[str]:
    """The layers with the largest mean gradient norms over all epochs, at most so many, in the graph's order.

    They make up most of the gradient of all parameters together.
    """
    norms = {layer: run.layer("gradient_norm", layer) for layer in run.layers}
    means = {layer: float(np.sum(values[np.isfinite(values)])) for layer, values in norms.items()}
    chosen = sorted(run.layers, key=lambda layer: -means[layer])[:most]
    return [layer for layer in run.layers if layer in chosen]
