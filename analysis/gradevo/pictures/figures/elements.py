"""The highest element of every tensor's gradient and accumulated gradient."""

import itertools
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from gradevo.pictures.style.axes import epoch_axis, epochs_of, from_zero
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, no_epochs
from gradevo.pictures.style.house import PAGE, house_style
from gradevo.pictures.style.panels import (
    grid,
    layers_of,
    panel_width,
    panels,
    role,
    role_colors,
    role_handles,
)
from gradevo.pictures.style.series import binned, draw_series, middles, stack
from gradevo.statistics import Statistics

SUBJECT = "highest gradient elements"

STYLES: dict[str, Any] = {"highest": "-", "highest_acc": (0, (2.5, 1.2))}
"""Line styles of the gradient and of the accumulated gradient."""

WIDTHS = (1.9, 0.9)
"""Line widths of a layer's first and further tensors: where lines coincide, both are seen."""


POINTS_PER_INCH = 70
"""More epochs than this in an inch are drawn as median and min–max band of several successive ones."""


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw max|g[e]| (solid) and max|A[e]| (dashed) per tensor, as shares of the largest max|A[e]|.

    One panel a layer; the legend pairs all solid and all dashed lines and names the roles' colours.
    """
    epochs = epochs_of(runs)
    if not len(epochs):
        return no_epochs(runs, SUBJECT)
    layers = layers_of(runs[0].tensors)
    colors = role_colors(runs[0].tensors)
    rows, columns = grid(len(layers))
    figure = new_figure(PAGE, 1.0 + rows * (1.9 if rows == 1 else 1.25))
    size = bin_size(len(epochs), panel_width(columns))
    binning = [f"median and range of {size} epochs"] if size > 1 else []
    headline(figure, runs, SUBJECT, "per tensor, as a share of its largest accumulated element", *binning)
    drawn = panels(figure, layers, figure.add_gridspec(rows, columns))
    for axes, layer in zip(drawn, layers, strict=True):
        for place, tensor in enumerate(layer.tensors):
            color, width = colors[role(tensor)], WIDTHS[min(place, 1)]
            for statistic, style in STYLES.items():
                values = binned(stack(runs, Statistics.epoch, statistic, tensor), size)
                look = {"linestyle": style, "linewidth": width, "markersize": 2, "few": 30 // columns}
                draw_series(axes, 1 + middles(len(epochs), size), values, color, **look)
    from_zero(drawn[0])
    for axes in drawn:
        epoch_axis(axes, len(epochs), most=min(30 // columns, 12))
        mark_nonfinite(axes, runs)
    figure.supylabel("share of largest |A|", fontsize=7.5)
    _paired_legend(figure, runs, colors)
    return figure


def bin_size(epochs: int, inches: float) -> int:
    """How many successive epochs make one point: a round number, 1 where there is room for all."""
    sizes = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    size: int = next(size for size in sizes if epochs <= size * POINTS_PER_INCH * inches)
    return size


def _paired_legend(figure: Figure, runs: Sequence[Statistics], colors: dict[str, str]) -> None:
    gradient, accumulated = (
        tuple(Line2D([], [], color=color, linestyle=style) for color in colors.values())
        for style in STYLES.values()
    )
    blank = Line2D([], [], linestyle="")
    squares = [(*[blank] * (len(colors) - 1), square) for square in role_handles(colors)]  # near their names
    legend(
        figure,
        runs,
        [gradient, accumulated, *squares],
        ["gradient", "accumulated gradient", *colors],
        handler_map=dict.fromkeys((gradient, accumulated, *squares), HandlerTuple(ndivide=None)),
        handlelength=max(2.2, len(colors)),
    )
