"""The highest element of every tensor's gradient and accumulated gradient."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from gradevo.figures.frame import (
    epoch_axis,
    epochs_of,
    headline,
    legend,
    mark_nonfinite,
    new_figure,
    no_epochs,
)
from gradevo.figures.layers import grid, layers_of, panels, role, role_colors, role_handles
from gradevo.figures.series import draw_series, stack
from gradevo.figures.style import PAGE, house_style
from gradevo.statistics import Statistics

SUBJECT = "highest gradient elements"

STYLES: dict[str, Any] = {"highest": "-", "highest_acc": (0, (2.5, 1.2))}
"""Line styles of the gradient and of the accumulated gradient."""

WIDTHS = (1.9, 0.9)
"""Line widths of a layer's first and further tensors: where lines coincide, both are seen."""


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
    headline(figure, runs, SUBJECT, "per tensor, as a share of its largest accumulated element")
    drawn = panels(figure, layers, figure.add_gridspec(rows, columns))
    for axes, layer in zip(drawn, layers, strict=True):
        for place, tensor in enumerate(layer.tensors):
            color, width = colors[role(tensor)], WIDTHS[min(place, 1)]
            for statistic, style in STYLES.items():
                values = stack(runs, Statistics.epoch, statistic, tensor)
                draw_series(axes, epochs, values, color, linestyle=style, linewidth=width, markersize=2)
    drawn[0].set_ylim(bottom=0)
    for axes in drawn:
        epoch_axis(axes, len(epochs), most=min(30 // columns, 12))
        mark_nonfinite(axes, runs)
    figure.supylabel("share of largest |A|", fontsize=7.5)
    _paired_legend(figure, runs, colors)
    return figure


def _paired_legend(figure: Figure, runs: Sequence[Statistics], colors: dict[str, str]) -> None:
    gradient, accumulated = (
        tuple(Line2D([], [], color=color, linestyle=style) for color in colors.values())
        for style in STYLES.values()
    )
    legend(
        figure,
        runs,
        [gradient, accumulated, *role_handles(colors)],
        ["gradient", "accumulated gradient", *colors],
        handler_map={gradient: HandlerTuple(ndivide=None), accumulated: HandlerTuple(ndivide=None)},
        handlelength=max(2.2, len(colors)),
    )
