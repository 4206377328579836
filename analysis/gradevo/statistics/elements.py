"""The highest elements of the gradients, and the elements that dissolve."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.columns import with_total

Float64 = NDArray[np.float64]


def highest(maxima: Float64, maxima_acc: Float64) -> tuple[Float64, Float64]:
    """`highest` and `highest_acc` of all epochs, (epochs, T+1) float64 each.

    `maxima` and `maxima_acc` are max|g[e]| and max|A[e]| per epoch and tensor, (epochs, T). As in the
    article, both are divided by the tensor's largest max|A[e]|, or by 1 where that is 0, and the total
    is the sum over the tensors. Beyond the article, only finite max|A[e]| count, and 1 where there is none.
    """
    largest = np.max(maxima_acc, axis=0, initial=0, where=np.isfinite(maxima_acc))
    divisor = np.where(largest > 0, largest, 1)
    return with_total(maxima / divisor), with_total(maxima_acc / divisor)


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
