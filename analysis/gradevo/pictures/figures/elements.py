"""The highest element of every tensor's gradient and accumulated gradient."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from gradevo.bands import equal_bins, round_size, spread, stack
from gradevo.layers import role
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.axes import draw_series, epoch_axis, epochs_of, from_zero
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, no_epochs
from gradevo.pictures.style.house import PAGE, house_style
from gradevo.pictures.style.panels import (
    WIDEST,
    grid,
    panel_width,
    role_colors,
    role_handles,
    section_panels,
    section_rows,
    sections,
    shown_roles,
)
from gradevo.statistics.store import Statistics

SUBJECT = "highest gradient elements"

STYLES: dict[str, Any] = {"highest": "-", "highest_acc": (0, (2.5, 1.2))}
"""Line styles of the gradient and of the accumulated gradient."""

WIDTHS = (1.9, 0.9)  # of a layer's first and further tensors: where lines coincide, both are seen
POINTS_PER_INCH = 70  # more epochs are drawn as median and min–max band of several successive ones


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw max|g[e]| (solid) and max|A[e]| (dashed) per tensor, as shares of the largest max|A[e]|.

    One panel per layer; the legend pairs all solid and all dashed lines and names the roles' colours.
    """
    epochs = epochs_of(runs)
    if not len(epochs):
        return no_epochs(runs, SUBJECT)
    layers = runs[0].graph.layers_of(runs[0].tensors)
    parts, remarks = sections(
        layers,
        runs[0].size,
        lambda tensor: spread(stack([run.epoch("highest", tensor) for run in runs]))[1],
        "epochs",
    )
    colors = shown_roles(role_colors(runs[0].tensors), parts)
    columns = WIDEST if remarks else grid(len(layers))[1]
    rows = section_rows(parts, columns)
    figure = new_figure(PAGE, 1.0 + sum(rows) * (1.9 if len(rows) == 1 else 1.25))
    size = round_size(len(epochs), POINTS_PER_INCH * panel_width(columns))
    bins = equal_bins(len(epochs), size)
    binning = [f"median and range of {size} epochs"] if size > 1 else []
    headline(
        figure, runs, SUBJECT, "per tensor, as a share of its largest accumulated element", *binning, *remarks
    )
    cells = figure.add_gridspec(len(rows), columns, height_ratios=rows)
    drawn = section_panels(figure, parts, cells)
    every = [
        pair for part, axes in zip(parts, drawn, strict=True) for pair in zip(axes, part.layers, strict=True)
    ]
    for axes, layer in every:
        for place, tensor in enumerate(layer.tensors):
            color, width = colors[role(tensor)], WIDTHS[min(place, 1)]
            for statistic, style in STYLES.items():
                values = bins.columns(stack([run.epoch(statistic, tensor) for run in runs]))
                look = {"linestyle": style, "linewidth": width, "markersize": 2, "few": 30 // columns}
                draw_series(axes, 1 + bins.middles, values, color, **look)
    for first, *_ in drawn:
        from_zero(first)
    for axes, _ in every:
        epoch_axis(axes, len(epochs), most=min(30 // columns, 12))
        mark_nonfinite(axes, runs)
    figure.supylabel("share of largest |A|", fontsize=7.5)
    gradient, accumulated = (
        tuple(Line2D([], [], color=color, linestyle=style) for color in colors.values())
        for style in STYLES.values()
    )
    blank = Line2D([], [], linestyle="")
    squares = [(*[blank] * (len(colors) - 1), square) for square in role_handles(colors)]  # near their names
    handles = [gradient, accumulated, *squares]
    names = ["gradient", "accumulated gradient", *colors]
    handlers = dict.fromkeys(handles, HandlerTuple(ndivide=None))
    legend(figure, runs, handles, names, handler_map=handlers, handlelength=max(2.2, len(colors)))
    return figure


PICTURE = figure_of_all_seeds(
    "highest_elements",
    draw,
    asked="figures",
    heading="Highest gradient elements",
    link="Highest elements",
    alt="Line charts over the epochs for {title}, one panel a layer: highest element of each tensor's "
    "gradient (solid) and accumulated gradient (dashed), as shares of the largest accumulated element.",
    seen="The largest element of the epoch's gradient (solid) and of the accumulated gradient (dashed), a "
    "panel for each layer, a colour for each role of a tensor.",
    computed="max|g[e]| and max|A[e]| over the elements of a tensor, both divided by the tensor's largest "
    "max|A[e]| over all epochs, so that in every run the dashed lines reach 1. "
    "Of more than 30 layers, 15 are shown: the largest, the smallest and the most unusual by their largest "
    "tensor.",
)
