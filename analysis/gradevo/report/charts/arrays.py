"""Arrays in few characters, for pages that hold thousands of them."""

from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST, LARGEST = 1e-37, 1e38
"""Magnitudes that float32 keeps with all its digits."""


def packed(values: NDArray[Any]) -> str:
    """``"f4:"``, ``"f8:"`` or ``"u1:"`` and the little-endian numbers in base64.

    Integers from 0 to 255 take a byte. Other numbers are rounded to float32, seven digits, unless one of them
    is out of its range.
    """
    if np.issubdtype(values.dtype, np.integer) and values.min(initial=0) >= 0 and values.max(initial=0) < 256:
        return "u1:" + b64encode(values.astype("u1").tobytes()).decode("ascii")
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    kind = "f4" if not len(sizes) or (sizes.min() > SMALLEST and sizes.max() < LARGEST) else "f8"
    return f"{kind}:" + b64encode(np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()).decode("ascii")
