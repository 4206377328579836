"""Where every tensor's heatmaps stand: three columns of kinds, one row a tensor."""

from collections.abc import Mapping
from dataclasses import dataclass

from gradevo.pictures.heatmaps.layout import matrix_shape

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


def rows_of(shapes: Mapping[str, tuple[int, ...]]) -> list[Row]:
    """Place the tensors below each other, closer within a layer than between layers.

    A matrix is as wide as its column. Its cells are square where limits and budget allow, else wide or tall.
    """
    heights = {tensor: _wanted(shape) for tensor, shape in shapes.items()}
    thin = sum(height for height in heights.values() if height == THIN)
    tall = sum(heights.values()) - thin
    squeeze = min(1.0, max(BUDGET - thin, 0) / tall) if tall else 1.0
    rows: list[Row] = []
    top, layer = HEADER, None
    for tensor, wanted in heights.items():
        name = tensor.rpartition("/")[0]
        if rows:
            top += WITHIN_LAYER if name == layer else BETWEEN_LAYERS
        height = wanted if wanted == THIN else max(LOWEST, round(wanted * squeeze / CELL) * CELL)
        rows.append(Row(tensor, top, height))
        top, layer = top + height, name
    return rows


def frame_height(rows: list[Row]) -> int:
    """The height of the frame, even as H.264 wants it."""
    bottom = rows[-1].top + rows[-1].height + FOOTER
    return bottom + bottom % 2


def _wanted(shape: tuple[int, ...]) -> int:
    rows, columns = matrix_shape(shape)
    return THIN if len(shape) < 2 else min(max(COLUMN * rows // columns, LOWEST), HIGHEST) // CELL * CELL
