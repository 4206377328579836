"""Rounding mantissas, so that what is left compresses better."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# Unsigned integers of the same width: floats of one sign are ordered as these are.
_BITS: dict[str, Any] = {"float32": np.uint32, "float64": np.uint64}


def round_mantissa(values: Array, keep_bits: int) -> Array:
    """The nearest values whose mantissa has only ``keep_bits`` bits (ties to even), in a new array.

    values: float32 or float64 of any shape; ``keep_bits`` is at least 1 and below the type's 23 or 52.
    A normal value moves by at most 2^-(keep_bits + 1) of itself, a subnormal one by as much of the smallest
    normal one. NaN and infinity stay as they are; a value that would be rounded to infinity is cut instead.
    """
    kind = _BITS[values.dtype.name]
    dropped = np.finfo(values.dtype).nmant - keep_bits
    bits = values.view(kind)
    mask = ~kind((1 << dropped) - 1)
    # Half of the last kept bit, less one where that bit is 0: a tie then goes to the even neighbour.
    rounded = bits >> kind(dropped)
    rounded &= kind(1)
    rounded += kind((1 << (dropped - 1)) - 1)
    rounded += bits
    rounded &= mask
    result: Array = rounded.view(values.dtype)
    finite, stayed = np.isfinite(values), np.isfinite(result)
    if finite.all() and stayed.all():
        return result
    cut = (bits & mask).view(values.dtype)
    return np.where(finite, np.where(stayed, result, cut), values)
