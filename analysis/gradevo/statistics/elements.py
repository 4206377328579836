"""The highest elements of the gradients, and the elements that dissolve."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def highest(maxima: Float64, maxima_acc: Float64) -> tuple[Float64, Float64]:
    """`highest` and `highest_acc` of all epochs, (epochs, T+1) float64 each, as in the article.

    `maxima` and `maxima_acc` are max|g[e]| and max|A[e]| per epoch and tensor, (epochs, T). Both are
    divided by the tensor's largest finite max|A[e]|, or by 1 where that is 0 or where there is none.
    The total is the largest over the tensors.
    """
    largest = np.max(maxima_acc, axis=0, initial=0, where=np.isfinite(maxima_acc))
    divisor = np.where(largest > 0, largest, 1)
    return _with_largest(maxima / divisor), _with_largest(maxima_acc / divisor)


def _with_largest(values: Float64) -> Float64:
    return np.concatenate([values, values.max(axis=-1, keepdims=True)], axis=-1)


def dissolving(gradients: Iterable[NDArray[np.floating]]) -> Iterator[tuple[Float64, Float64, Float64]]:
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
