"""The highest element of every tensor's gradient and accumulated gradient."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from gradevo.figures.frame import epoch_axis, epochs_of, headline, mark_nonfinite, new_figure, no_epochs
from gradevo.figures.layers import grid, layers_of, panels, role, role_colors, role_handles
from gradevo.figures.series import draw_series, stack
from gradevo.figures.style import PAGE, house_style
from gradevo.statistics import Statistics

SUBJECT = "highest gradient elements"

STYLES = {"highest": "-", "highest_acc": (0, (2.5, 1.2))}
"""Line styles of the gradient and of the accumulated gradient."""


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
    band = ["median and range"] if len(runs) > 1 else []
    headline(figure, runs, SUBJECT, "per tensor, as a share of its largest accumulated element", *band)
    drawn = panels(figure, layers, list(figure.add_gridspec(rows, columns)), columns)
    for axes, layer in zip(drawn, layers, strict=True):
        for tensor in layer.tensors:
            for statistic, style in STYLES.items():
                values = stack(runs, lambda run, s=statistic, t=tensor: run.epoch(s, t))  # type: ignore[misc]
                draw_series(axes, epochs, values, colors[role(tensor)], linestyle=style, linewidth=1.0, markersize=2)
    drawn[0].set_ylim(bottom=0)
    for place, axes in enumerate(drawn):
        epoch_axis(axes, len(epochs), ticks=20 // columns)
        mark_nonfinite(axes, runs, text=place == 0)
    figure.supylabel("highest element (share of largest |A|)", fontsize=7.5)
    _paired_legend(figure, colors)
    return figure


def _paired_legend(figure: Figure, colors: dict[str, str]) -> None:
    gradient, accumulated = (
        tuple(Line2D([], [], color=color, linestyle=style) for color in colors.values())
        for style in STYLES.values()
    )
    roles = role_handles(colors)
    figure.legend(
        [gradient, accumulated, *roles],
        ["gradient", "accumulated gradient", *colors],
        handler_map={tuple: HandlerTuple(ndivide=None)},
        handlelength=2.2,
        loc="outside lower center",
        ncols=2 + len(roles),
    )
