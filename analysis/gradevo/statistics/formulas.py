"""The formulas of the statistics, on arrays; ``docs/statistics.md`` gives the notation and the sources.

Arrays have a column per tensor in their last axis, and results one more in the end, the total.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.statistic import EpochValues, LayerValues, RunValues, StepValues, with_total


def batch_norm(values: StepValues, order: int, per_element: bool) -> NDArray[np.float64]:
    """‖g⁽ˢ⁾‖ₖ of every step, divided by n if asked for; total: the sum over the tensors."""
    norms = values.sums.absolute if order == 1 else values.norms
    return with_total(norms / values.sizes if per_element else norms)


def successive_cosine(values: StepValues) -> NDArray[np.float64]:
    """`cosine` of every step's gradient with the one before; total: all parameters as one vector."""
    return cosine(with_total(values.sums.dots), values.squares, values.previous_squares)


def sign_flip_rate(values: StepValues) -> NDArray[np.float64]:
    """Share of elements whose sign is opposite to that in the step before; zeros never flip."""
    return ratio(with_total(values.sums.flips), values.elements)


def step_density(values: StepValues) -> NDArray[np.float64]:
    """`density` of every step's gradient; total: all parameters as one vector."""
    return density(values.absolute, values.squares, values.elements)


def update_norm(values: StepValues) -> NDArray[np.float64]:
    """‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂ of every step, as recorded; total: the sum over the tensors."""
    return with_total(values.recorded["updates"])


def step_update_to_weight(values: StepValues) -> NDArray[np.float64]:
    """‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂ / ‖w[e−1]‖₂, e: the step's epoch; total: all weights as one vector.

    NaN where w[e−1] = 0.
    """
    with np.errstate(over="ignore"):
        moved = np.sqrt(with_total(np.square(values.recorded["updates"])))
    return ratio(moved, np.sqrt(with_total(values.weight_squares)))


def applied_to_gradient(values: StepValues) -> NDArray[np.float64]:
    """‖a‖₂ / ‖g‖₂, a: the gradient that the optimizer applied; total: all parameters as one vector.

    NaN where nothing was applied, or g = 0. The total is that of the tensors of which a norm was applied.
    """
    applied = values.recorded["applied"]
    known = ~np.isnan(applied)
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.square(np.where(known, applied, 0))
        gradients = values.sums.squares * known  # 0 of others, but NaN where they are not finite
    return ratio(np.sqrt(with_total(squares)), np.sqrt(with_total(gradients)))


def cosine(
    dots: NDArray[np.float64], squares: NDArray[np.float64], squares_before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cosine of the angle between a gradient g and its predecessor p: g·p / (‖g‖₂‖p‖₂).

    NaN if either is zero, not finite or missing. What rounding leaves outside of [−1, 1] is put on its ends.

    >>> cosine(np.array([3.0]), np.array([9.0]), np.array([4.0]))
    array([0.5])
    """
    with np.errstate(invalid="ignore"):  # zero after infinity
        lengths = np.sqrt(squares) * np.sqrt(squares_before)
    return np.clip(ratio(dots, lengths), -1, 1)


def density(
    absolute: NDArray[np.float64], squares: NDArray[np.float64], sizes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How evenly a gradient is spread over its n elements: ‖g‖₁² / (n‖g‖₂²).

    1 if all elements are equally large, 1/n if only one is not zero; NaN for a zero gradient.
    """
    with np.errstate(over="ignore"):
        return np.minimum(ratio(absolute**2, sizes * squares), 1)  # rounding


def epoch_norm(values: EpochValues, kind: str, order: int, per_element: bool) -> NDArray[np.float64]:
    """A norm of the epochs' gradient sums, as in the article; total: the sum over the tensors.

    kind: ``"norms"`` ‖g[e]‖ₖ, ``"norms_acc"`` ‖A[e]‖ₖ, ``"acc_norms"`` Σ_{i≤e} ‖g[i]‖ₖ, or ``"dissolving"``,
    exactly the difference of the last two. That is ≥ 0 but for their rounding (some 1e-16 of the accumulated
    norm), which is not clipped away: a negative value beyond that would show an error. Infinite norms
    dissolve to NaN.
    """
    if kind == "dissolving":
        with np.errstate(invalid="ignore"):
            return epoch_norm(values, "acc_norms", order, per_element) - epoch_norm(
                values, "norms_acc", order, per_element
            )
    norms: NDArray[np.float64] = getattr(values, kind)[order]
    return with_total(norms / values.sizes if per_element else norms)


def update_to_weight(values: EpochValues) -> NDArray[np.float64]:
    """‖w[e] − w[e−1]‖₂ / ‖w[e−1]‖₂; total: all weights as one vector. NaN where w[e−1] = 0."""
    return ratio(np.sqrt(with_total(values.change_squares)), np.sqrt(with_total(values.weight_squares)))


def highest(values: RunValues) -> NDArray[np.float64]:
    """max|g[e]| over the tensor's largest max|A|: see `_largest`; total: the sum over the tensors."""
    return with_total(values.maxima / _largest(values))


def highest_acc(values: RunValues) -> NDArray[np.float64]:
    """max|A[e]| over the tensor's largest: see `_largest`; total: the sum over the tensors."""
    return with_total(values.maxima_acc / _largest(values))


def _largest(values: RunValues) -> NDArray[np.float64]:
    """Each tensor's largest max|A[e]|, or 1 where that is 0, as in the article.

    Beyond the article, only finite max|A[e]| count, and 1 where there is none.
    """
    maxima = values.maxima_acc
    largest = np.max(maxima, axis=0, initial=0, where=np.isfinite(maxima))
    return np.where(largest > 0, largest, 1)


def mean_norm(values: LayerValues) -> NDArray[np.float64]:
    """Mean of ‖G‖₂ over the epoch's steps."""
    with np.errstate(invalid="ignore"):
        return values.norms / values.steps


def mean_cosine(values: LayerValues) -> NDArray[np.float64]:
    """Mean over the epoch's steps of the cosines that have a value; NaN without any."""
    with np.errstate(invalid="ignore"):
        return ratio(values.cosines, values.defined)


def dissolving(
    gradients: Iterable[NDArray[np.floating]],
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """For every epoch's gradient g[e] of one tensor: |g[e]|, the dissolving elements and |A[e]|.

    `gradients` yields arrays of one shape in the epochs' order; the three arrays of that shape are float64.
    The dissolving elements are Σ_{i≤e} |g[i]| − |A[e]| with A[e] = Σ_{i≤e} g[i], as in the article.
    """
    absolute_sum = accumulated = np.zeros(())
    for gradient in gradients:
        magnitude = np.abs(gradient, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            absolute_sum = absolute_sum + magnitude
            accumulated = accumulated + gradient
            magnitude_acc = np.abs(accumulated)
            elements = absolute_sum - magnitude_acc
        yield magnitude, elements, magnitude_acc


def ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotient, element by element; NaN wherever the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    with np.errstate(invalid="ignore"):  # inf/inf
        np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
