"""Frames: everything that stays is drawn once, then only pixels change."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradevo.animation.encode import Frame
from gradevo.animation.layout import sides
from gradevo.animation.palette import LEVELS, NONFINITE, greys
from gradevo.animation.placement import (
    COLUMN,
    HEADER,
    LABELS,
    MARGIN,
    THIN,
    WIDTH,
    Row,
    frame_height,
    lefts,
    rows_of,
)
from gradevo.figures.frame import experiment_title, nonfinite_text
from gradevo.figures.style import house_style
from gradevo.statistics import Statistics

DPI = 100
HEADINGS = (
    ("gradient", "|g[e]|, the sum of the epoch's batches"),
    ("dissolving gradient", "Σ |g[i]| − |A[e]|"),
    ("accumulated gradient", "|A[e]|, A[e] = Σ g[i], i ≤ e"),
)
NOTES = (
    "Every tensor of every kind is scaled by its own largest magnitude over all epochs (high); "
    "zero is low. Shades compare within a heatmap and over time.",
    "The longer side of a tensor runs horizontally (→), the shorter vertically (↓). "
    "Tensors larger than their heatmap are shown by the means of blocks.",
)
CAPTION = (HEADER - 52, 900)
"""Height and width of the changing part of the header."""

BAR = (28, 12)
"""Top and height of the colour bar."""


class Canvas:
    """The picture of one run's animation.

    `sizes` tells, for every tensor, the (rows, columns) of pixels of its heatmaps.
    """

    def __init__(self, statistics: Statistics) -> None:
        shapes = {tensor: statistics.shape(tensor) for tensor in statistics.tensors}
        self._statistics = statistics
        self._rows = rows_of(shapes)
        self.width, self.height = WIDTH, frame_height(self._rows)
        self.sizes = {row.tensor: (row.height, COLUMN) for row in self._rows}
        self._background = self._draw_background(shapes)
        self._caption = _Caption()

    def frame(self, epoch: int, levels: Mapping[str, NDArray[np.uint8]]) -> Frame:
        """The frame of an epoch, (height, width) uint8, from each tensor's (3, rows, columns) levels."""
        frame = self._background.copy()
        height, width = CAPTION
        frame[:height, MARGIN : MARGIN + width] = self._caption.draw(*self._words(epoch))
        for row in self._rows:
            for left, level in zip(lefts(), levels[row.tensor], strict=True):
                frame[row.top : row.top + row.height, left : left + COLUMN] = enlarged(
                    level, row.height, COLUMN
                )
        return frame

    def _words(self, epoch: int) -> tuple[str, str]:
        """Title and subtitle of an epoch's frame; epoch 0 stands for a run without a complete one."""
        run = self._statistics
        title = experiment_title(run)
        title += f" · epoch {epoch} of {run.epochs}" if epoch else " · no complete epoch"
        details = [f"seed {run.seed}", *([run.data_label] if run.data_label else [])]
        bad = run.first_nonfinite_step
        if bad is not None and (not epoch or epoch > bad // run.steps_per_epoch):
            details.append(f"{nonfinite_text(run)}, drawn in grey")
        return title, " · ".join(details)

    @house_style()
    def _draw_background(self, shapes: Mapping[str, tuple[int, ...]]) -> Frame:
        sheet = _Sheet(self.width, self.height)
        for left, (heading, formula) in zip(lefts(), HEADINGS, strict=True):
            sheet.text(left, HEADER - 36, heading, 14, weight="bold")
            sheet.text(left, HEADER - 17, formula, 11, brightness=0.4)
        for row in self._rows:
            _draw_label(sheet, row, sides(shapes[row.tensor]))
        for place, note in enumerate(NOTES):
            sheet.text(MARGIN, self.height - 34 + 16 * place, note, 11, brightness=0.4)
        left, (top, height) = lefts()[2], BAR
        for at, name, align in ((0.0, "low", "left"), (0.5, "medium", "center"), (1.0, "high", "right")):
            sheet.text(left + at * COLUMN, top + height + 11, name, 12, ha=align)
        frame = sheet.indices()
        frame[top : top + height, left : left + COLUMN] = np.arange(COLUMN) * LEVELS // COLUMN
        for row in self._rows:
            for left in lefts():  # a thin outline; the heatmap covers its inside
                frame[row.top - 1 : row.top + row.height + 1, left - 1 : left + COLUMN + 1] = NONFINITE
        return frame


def enlarged(level: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Repeat the cells of a map, (rows, columns), to fill (height, width) pixels."""
    rows, columns = level.shape
    across = level[:, np.arange(width) * columns // width]
    return across[np.arange(height) * rows // height]


def _draw_label(sheet: "_Sheet", row: Row, words: str) -> None:
    """A tensor's name and sides: on two lines, or on one beside a thin heatmap."""
    middle = row.top + row.height / 2
    if row.height == THIN:
        taken = sheet.text(MARGIN + LABELS - 12, middle, words, 11, brightness=0.4, ha="right")
        sheet.text(MARGIN, middle, row.tensor, 12, most=LABELS - 24 - taken)
    else:
        sheet.text(MARGIN, middle - 8, row.tensor, 12, most=LABELS - 12)
        sheet.text(MARGIN, middle + 9, words, 11, brightness=0.4, most=LABELS - 12)


class _Sheet:
    """White paper on which matplotlib writes grey text at pixels counted from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self._figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout="none")
        self._canvas = FigureCanvasAgg(self._figure)
        self._width, self._height = width, height

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        brightness: float = 0.0,
        most: float = 0,
        **look: Any,
    ) -> float:
        """Write at (x, middle y), shortened in the middle to at most so many pixels; returns the width."""
        text = self._figure.text(
            x / self._width,
            1 - y / self._height,
            words,
            fontsize=size * 72 / DPI,
            color=str(brightness),
            va="center_baseline",
            parse_math=False,
            **look,
        )
        keep = len(words)
        while (width := text.get_window_extent().width) > most > 0 and keep > 2:
            keep -= 1
            text.set_text(words[: keep // 2] + "…" + words[len(words) - (keep - keep // 2) :])
        return float(width)

    def indices(self) -> Frame:
        """The paper as indices of the palette, (height, width) uint8."""
        self._canvas.draw()
        return greys(np.asarray(self._canvas.buffer_rgba())[:, :, 0])


class _Caption:
    """The changing part of the header: title with the epoch, and details below it."""

    @house_style()
    def __init__(self) -> None:
        height, width = CAPTION
        self._sheet = _Sheet(width, height)
        self._sheet.text(0, 30, "", 20, weight="bold")
        self._sheet.text(0, 56, "", 13, brightness=0.4)

    def draw(self, title: str, details: str) -> Frame:
        for text, words in zip(self._sheet._figure.texts, (title, details), strict=True):
            text.set_text(words)
        return self._sheet.indices()
