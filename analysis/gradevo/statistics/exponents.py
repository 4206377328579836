"""How large single elements are: an exact histogram of their exponents, which costs one look at each."""

import numpy as np
from numpy.typing import NDArray

BINS = 256
"""The exponents of float32."""
BIAS = 127
"""Bin b holds 2^(b − 127) ≤ |g| < 2^(b − 126); bin 0 zeros and all that is less than 2⁻¹²⁶, bin 255 what is
not finite."""
TILE = 2**17


def exponent_counts(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """How many elements have which sign and exponent: (2, 256), + before −.

    A NaN counts with the sign that its bits have. float64 is rounded to float32 first.

    >>> counts = exponent_counts(np.array([1.5, -1.0, 0.25, 0.0], np.float32))
    >>> np.argwhere(counts).tolist()
    [[0, 0], [0, 125], [0, 127], [1, 127]]
    """
    flat = values.reshape(-1)
    counts = np.zeros(2 * BINS, np.int64)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        for start in range(0, flat.size, TILE):
            bits = flat[start : start + TILE].astype(np.float32, copy=False).view(np.uint32)
            counts += np.bincount(bits >> 23, minlength=2 * BINS)
    return counts.reshape(2, BINS)
