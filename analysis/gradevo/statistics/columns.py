"""From values per tensor to the columns of the files: one per tensor, and their total."""

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def with_total(values: Float64) -> Float64:
    """Append the sum over the tensors: (…, T) -> (…, T+1) float64."""
    with np.errstate(invalid="ignore"):  # infinities of both signs
        total = values.sum(axis=-1, keepdims=True)
    return np.concatenate([values, total], axis=-1)


def ratio(numerator: Float64, denominator: Float64) -> Float64:
    """The quotient, element by element; NaN wherever the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    with np.errstate(invalid="ignore"):  # inf/inf
        np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient
