"""Frames: where every tensor's heatmaps stand, what stays and is drawn once, and the pixels that change.

Three columns of kinds, one row a tensor; all lengths are in pixels.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.layers import LayerGraph, matrix_shape, outputs_last, sides
from gradevo.pictures.heatmaps.sheet import LEVELS, NONFINITE, Line, Sheet, shorten
from gradevo.pictures.ranking import Group, ranked
from gradevo.pictures.style.frame import nonfinite_text
from gradevo.statistics.store import Statistics

WIDTH = 1300
"""Width of a frame, in pixels like all lengths here."""

MARGIN = 20
LABELS = 264
"""Width of the tensors' names."""

COLUMN = 320
"""Width of a heatmap."""

CELL = 2
"""The smallest side of a heatmap's cell: less is a speck, and H.264 halves the resolution of colours."""

SPACE = 18
"""Between two heatmaps side by side."""

HEADER = 122
FOOTER = 60

THIN = 18
"""Height of a vector's heatmap."""

LOWEST = 48
HIGHEST = 192
"""Limits of a matrix's height."""

BUDGET = 900
"""Matrices give way, down to `LOWEST`, where all heatmaps together would be higher."""

WITHIN_LAYER = 6
BETWEEN_LAYERS = 14
BELOW_HEADING = 26
"""Height of the heading above some of the tensors."""

MOST = 48
"""So many tensors are all shown. Of more it is three groups of `EACH`, see `ranked`."""

EACH = 8


@dataclass(frozen=True)
class Row:
    """A tensor's heatmaps: the upper edge and the height of all three."""

    tensor: str
    top: int
    height: int


def lefts() -> tuple[int, int, int]:
    """The left edges of the three columns."""
    first = MARGIN + LABELS
    return first, first + COLUMN + SPACE, first + 2 * (COLUMN + SPACE)


def groups_of(statistics: Statistics) -> list[Group]:
    """The tensors that are shown: all of them without a heading, or those that are ranked by ‖g[e]‖₂."""
    tensors = statistics.tensors
    if len(tensors) <= MOST:
        return [Group("", tensors)]
    norms = {tensor: statistics.epoch("l2_norm", tensor) for tensor in tensors}
    return ranked(norms, EACH, "epochs")


def rows_of(
    shapes: Mapping[str, tuple[int, ...]], graph: LayerGraph, headed: Collection[str] = ()
) -> list[Row]:
    """Place the tensors below each other, closer within a layer than between layers.

    headed: tensors above which there is room for a heading. A matrix is as wide as its column. Its cells are
    square where limits and budget allow, else wide or tall.
    """
    heights = {tensor: _wanted(shape) for tensor, shape in shapes.items()}
    thin = sum(height for height in heights.values() if height == THIN)
    tall = sum(heights.values()) - thin
    squeeze = min(1.0, max(BUDGET - thin, 0) / tall) if tall else 1.0
    layers = {tensor: layer.id for layer in graph.layers_of(list(shapes)) for tensor in layer.tensors}
    rows: list[Row] = []
    bottom = HEADER
    for tensor, wanted in heights.items():
        if rows:
            bottom += WITHIN_LAYER if layers[tensor] == layers[rows[-1].tensor] else BETWEEN_LAYERS
        bottom += BELOW_HEADING if tensor in headed else 0
        height = wanted if wanted == THIN else max(LOWEST, round(wanted * squeeze / CELL) * CELL)
        rows.append(Row(tensor, bottom, height))
        bottom += height
    return rows


def frame_height(rows: list[Row]) -> int:
    """The height of the frame, even as H.264 wants it."""
    bottom = rows[-1].top + rows[-1].height + FOOTER
    return bottom + bottom % 2


def _wanted(shape: tuple[int, ...]) -> int:
    rows, columns = matrix_shape(shape)
    return THIN if len(shape) < 2 else min(max(COLUMN * rows // columns, LOWEST), HIGHEST) // CELL * CELL


PALE = "0.4"
"""The grey of all text that explains."""

HEADINGS = (
    ("gradient", "|g[e]|, the sum of the epoch's batches"),
    ("dissolving gradient", "Σ |g[i]| − |A[e]|"),
    ("accumulated gradient", "|A[e]|, A[e] = Σ g[i], i ≤ e"),
)
NOTES = (
    "Every tensor of every kind is scaled by its own largest magnitude over all epochs (high); "
    "zero is low. Shades compare within a heatmap and over time, to 4 %.",
    "Inputs run down (↓), outputs across (→): dense kernels as inputs × outputs, convolutions as "
    "kernel·input × output channels. Tensors larger than their heatmap are shown by the means of blocks.",
)
LINE = 900
"""Width of the header's lines, left of the colour bar."""

TITLE = (16, 30)
DETAILS = (46, 20)
"""Top and height of the header's two lines."""

BAR = (28, 12)
"""Top and height of the colour bar."""


class Canvas:
    """The picture of one run's animation.

    `sizes` tells, for every tensor, how many (rows, columns) of cells its heatmaps have room for.
    """

    def __init__(self, statistics: Statistics) -> None:
        graph = statistics.graph
        groups = groups_of(statistics)
        shown = [tensor for group in groups for tensor in group.names]
        shapes = {
            tensor: outputs_last(statistics.shape(tensor), graph.outputs_of(tensor)) for tensor in shown
        }
        self._statistics = statistics
        self._headings = {group.names[0]: group.heading for group in groups if group.heading}
        self._rows = rows_of(shapes, graph, self._headings)
        self.width, self.height = WIDTH, frame_height(self._rows)
        self.sizes = {row.tensor: (row.height // CELL, COLUMN // CELL) for row in self._rows}
        self._background = self._draw_background(shapes)
        self._lines = (Line(LINE, TITLE[1], 20, weight="bold"), Line(LINE, DETAILS[1], 13, color=PALE))

    def frame(self, epoch: int, levels: Mapping[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """The frame of an epoch, (height, width) uint8, from each tensor's (3, rows, columns) levels."""
        frame = self._background.copy()
        for (top, height), line, words in zip((TITLE, DETAILS), self._lines, self._words(epoch), strict=True):
            frame[top : top + height, MARGIN : MARGIN + LINE] = line.draw(words)
        for row in self._rows:
            for left, level in zip(lefts(), levels[row.tensor], strict=True):
                area = np.s_[row.top : row.top + row.height, left : left + COLUMN]
                frame[area] = enlarged(level, row.height, COLUMN)
        return frame

    def _words(self, epoch: int) -> tuple[str, str]:
        """Title and subtitle of an epoch's frame; epoch 0 stands for a run without a complete one."""
        run = self._statistics
        title = run.experiment.heading
        title += f" · epoch {epoch} of {run.epochs}" if epoch else " · no complete epoch"
        details = [f"seed {run.seed}", *([run.data_label] if run.data_label else [])]
        if len(self._rows) < len(run.tensors):
            details.append(f"{len(self._rows)} of {len(run.tensors)} tensors, chosen by ‖g[e]‖₂")
        bad = run.first_nonfinite_epoch
        if bad is not None and not epoch:
            details.append(nonfinite_text(run))
        elif bad is not None and epoch >= bad:
            details.append(f"{nonfinite_text(run)}, drawn in grey")
        return title, " · ".join(details)

    def _draw_background(self, shapes: Mapping[str, tuple[int, ...]]) -> NDArray[np.uint8]:
        sheet = Sheet(self.width, self.height)
        for left, (heading, formula) in zip(lefts(), HEADINGS, strict=True):
            sheet.text(left, HEADER - 36, heading, 14, weight="bold")
            sheet.text(left, HEADER - 17, formula, 11, color=PALE)
        for row in self._rows:
            _draw_label(sheet, row, sides(shapes[row.tensor]))
            if row.tensor in self._headings:
                sheet.text(MARGIN, row.top - 13, self._headings[row.tensor], 12, weight="bold")
        for place, note in enumerate(NOTES):
            sheet.text(MARGIN, self.height - 34 + 16 * place, note, 11, color=PALE)
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
    across: NDArray[np.uint8] = np.take(level, np.arange(width) * columns // width, axis=1)
    down: NDArray[np.uint8] = np.take(across, np.arange(height) * rows // height, axis=0)
    return down


def _draw_label(sheet: Sheet, row: Row, words: str) -> None:
    """A tensor's name and sides: on two lines, or on one beside a thin heatmap."""
    middle, most = row.top + row.height / 2, LABELS - 12.0
    if row.height == THIN:
        size = sheet.text(MARGIN + most, middle, words, 11, color=PALE, ha="right")
        shorten(sheet.text(MARGIN, middle, "", 12), row.tensor, most - 12 - size.get_window_extent().width)
    else:
        shorten(sheet.text(MARGIN, middle - 8, "", 12), row.tensor, most)
        shorten(sheet.text(MARGIN, middle + 9, "", 11, color=PALE), words, most)
