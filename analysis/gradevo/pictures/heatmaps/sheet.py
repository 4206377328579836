"""A sheet of 256 colours: a colour map for the levels of heatmaps, greys for the text that matplotlib writes.

One fixed palette makes GIF frames exact: nothing is quantised, and the MP4 shows the same colours.
"""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from gradevo.pictures.style.glyphs import readable

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


DPI = 100


class Sheet:
    """White paper on which matplotlib writes grey text at pixels counted from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self._figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        self._figure.set_layout_engine("none")
        self._canvas = FigureCanvasAgg(self._figure)
        self._width, self._height = width, height

    def text(self, x: float, y: float, words: str, size: float, **look: Any) -> Text:
        """Write at (x, middle y) in letters of that size."""
        return self._figure.text(
            x / self._width,
            1 - y / self._height,
            readable(words),
            fontsize=size * 72 / DPI,
            va="center_baseline",
            parse_math=False,
            **look,
        )

    def indices(self) -> NDArray[np.uint8]:
        """The paper as indices of the palette, (height, width) uint8."""
        canvas: Any = self._canvas  # matplotlib does not type its Agg canvas
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())
        brightness = pixels[:, :, 0].astype(np.uint32)
        return (BLACK + (brightness * (WHITE - BLACK) + 127) // 255).astype(np.uint8)


class Line:
    """A line of the header, drawn again only when its words change."""

    def __init__(self, width: int, height: int, size: float, **look: Any) -> None:
        self._width, self._words = width, ""
        self._sheet = Sheet(width, height)
        self._text = self._sheet.text(0, height / 2, "", size, **look)
        self._pixels = self._sheet.indices()

    def draw(self, words: str) -> NDArray[np.uint8]:
        """The line with these words, (height, width) uint8."""
        if words != self._words:
            self._words = words
            shorten(self._text, words, self._width)
            self._pixels = self._sheet.indices()
        return self._pixels


def shorten(text: Text, words: str, most: float) -> None:
    """Set the words of a text, with an ellipsis in their middle if they are wider than so many pixels."""
    words = readable(words)
    text.set_text(words)
    keep = len(words)
    while text.get_window_extent().width > most and keep > 2:
        keep -= 1
        text.set_text(words[: keep // 2] + "…" + words[len(words) - (keep - keep // 2) :])
