"""The 256 colours of every frame: a colour map for the levels, greys for text and paper.

One fixed palette makes GIF frames exact: nothing is quantised, and the MP4 shows the same colours.
"""

from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray

LEVELS = 208
"""Number of levels between low and high; they are the first indices of the palette."""

NONFINITE = LEVELS
"""Index of the colour of values that are not finite: a grey, which the colour map has not."""

BLACK = LEVELS + 1
"""Index of the darkest of the greys that follow each other up to `WHITE`."""

WHITE = 254
"""Index of the paper."""


def _colors() -> NDArray[np.uint8]:
    palette = np.zeros((256, 3), dtype=np.uint8)
    ramp = np.linspace(0, 1, LEVELS)
    palette[:LEVELS] = np.rint(255 * matplotlib.colormaps["viridis"](ramp)[:, :3])
    palette[NONFINITE] = 176
    palette[BLACK : WHITE + 1] = np.rint(np.linspace(0, 255, WHITE - BLACK + 1))[:, None]
    return palette


PALETTE = _colors()
"""(256, 3) uint8, red, green and blue. Viridis is perceptually uniform and safe for colour-blind readers."""


def greys(brightness: NDArray[Any]) -> NDArray[np.uint8]:
    """The palette's indices of grey values from 0 to 255, of any shape."""
    steps = WHITE - BLACK
    return (BLACK + (brightness.astype(np.uint32) * steps + 127) // 255).astype(np.uint8)
