"""The way of the weights in the two directions in which they spread most, and the loss along it."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gradevo.numbers import percent
from gradevo.pictures.picture import figure_of_first_seed
from gradevo.pictures.style.axes import epoch_axis, logarithmic, positive
from gradevo.pictures.style.frame import (
    headline,
    legend,
    mark_nonfinite,
    new_figure,
    no_epochs,
    nothing_to_draw,
)
from gradevo.pictures.style.house import BLACK, GREY, PAGE, house_style
from gradevo.statistics.similarity import WeightPath, cosine_error
from gradevo.statistics.store import Statistics

SUBJECT = "path of the weights"

COLORS = matplotlib.colormaps["viridis"]
LOGARITHMIC_FROM = 1.5  # decades; a loss that spans more gets a logarithmic axis
MANY = 60  # with more epochs than this, points on the path are smaller
STYLES = ("-", "--")  # of the two coordinates


@house_style()
def draw(run: Statistics) -> Figure:
    """Draw the path at the left, at the right the loss and both coordinates over the epochs."""
    if not run.epochs:
        return no_epochs([run], SUBJECT)
    path = WeightPath.of(run.folded_weights())
    if path is None:
        return nothing_to_draw([run], SUBJECT, "The weights are not finite after the first epoch.")
    figure = new_figure(PAGE, 3.5)
    headline(figure, [run], SUBJECT, *_remarks(run))
    cells = figure.add_gridspec(2, 2, width_ratios=[1.15, 1])
    _draw_path(figure.add_subplot(cells[:, 0]), path, run.epochs)
    losses = run.metrics("train").get("loss", np.full(run.epochs, np.nan))
    over_epochs = figure.add_subplot(cells[0, 1])
    _draw_loss(over_epochs, losses)
    mark_nonfinite(over_epochs, [run])
    coordinates = figure.add_subplot(cells[1, 1], sharex=over_epochs)
    _draw_coordinates(coordinates, path)
    epoch_axis(coordinates, run.epochs)
    coordinates.set_xlim(min(-0.02 * run.epochs, -0.1), coordinates.get_xlim()[1])
    over_epochs.tick_params(labelbottom=False)
    over_epochs.set_xlabel("")
    legend(figure, [run], *coordinates.get_legend_handles_labels())
    return figure


def _remarks(run: Statistics) -> list[str]:
    error = cosine_error(run.size())
    exact = f"lengths within about {100 * error:.0f} %" if error else "exact"
    return ["principal components of the weights after every epoch", exact]


def _draw_path(axes: Axes, path: WeightPath, epochs: int) -> None:
    points = path.points
    colors = COLORS(np.arange(len(points)) / epochs)  # those of the losses, also where the path ends earlier
    pieces = list(np.stack([points[:-1], points[1:]], axis=1))
    axes.add_collection(LineCollection(pieces, colors=colors[1:], linewidths=1.1))
    x, y = points.T
    axes.scatter(x, y, s=14 if len(points) <= MANY else 6, c=colors, linewidths=0, zorder=3)
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 7, "va": "top", "zorder": 4}
    axes.annotate("before training", points[0], xytext=(4, -4), **look)
    axes.annotate(f"after epoch {len(points) - 1}", points[-1], xytext=(4, -6), ha="right", **look)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)
    for axis, share, name in zip((axes.xaxis, axes.yaxis), path.shares, ("first", "second"), strict=True):
        axis.set_label_text(f"{name} direction, {percent(float(share))} of the spread")
        axis.set_major_locator(MaxNLocator(6))


def _draw_loss(axes: Axes, losses: NDArray[np.float64]) -> None:
    epochs = np.arange(1, len(losses) + 1)
    axes.plot(epochs, losses, color=GREY, linewidth=0.7)
    axes.scatter(epochs, losses, s=9, c=COLORS(epochs / max(len(losses), 1)), linewidths=0, zorder=3)
    shown = positive(losses)
    if len(shown) and np.log10(shown.max() / shown.min()) > LOGARITHMIC_FROM:
        logarithmic(axes, losses)
    axes.set_ylabel("training loss")


def _draw_coordinates(axes: Axes, path: WeightPath) -> None:
    epochs = np.arange(len(path.points))
    for values, style, name in zip(path.points.T, STYLES, ("first", "second"), strict=True):
        axes.plot(epochs, values, style, color=BLACK, linewidth=0.9, label=f"along the {name} direction")
    axes.set_ylabel("distance (weight)")


PICTURE = figure_of_first_seed(
    "path",
    draw,
    asked="figures",
    heading="Path of the weights",
    link="Path",
    alt="Line chart for {title}: the weights after every epoch in their two main directions, coloured "
    "by epoch, beside the training loss and both coordinates over the epochs.",
    seen="Where the weights went, seen in the two directions in which they spread most, from violet "
    "before training to yellow at its end; at the right the loss in the same colours, and both "
    "coordinates. A straight line goes on without a turn, a bend is a phase that ended. Of the "
    "first seed.",
    computed="Principal components of w[e] − w[0], all weights as one vector after every epoch e, folded "
    "into at most 1020 numbers; shares are of Σ‖w[e] − mean‖². A random walk in many dimensions "
    "has 61 % and 15 %, too, and a bend like half a wave: the shares alone say nothing of a "
    "valley.",
)
