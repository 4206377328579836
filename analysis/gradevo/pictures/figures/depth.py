"""Layers over time as a map: the first thing to look at of a network of 50 layers and more."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradevo.bands import Bins, equal_bins, round_size, spread, stack, step_bins
from gradevo.layers import Layer
from gradevo.pictures.figures.updates import CUSTOMARY
from gradevo.pictures.figures.updates import SHOWN as UPDATES
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.axes import epochs_above, positive, step_axis
from gradevo.pictures.style.colormaps import (
    color_bar,
    colors_of,
    logarithms,
    shown_values,
    without_color,
)
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, nothing_to_draw
from gradevo.pictures.style.house import PAGE, house_style
from gradevo.statistics.store import Statistics
from gradevo.timeline import Timeline

SUBJECT = "layers over time"

COLUMNS = 200  # the most bins of steps; a map is 2.3 inches wide
ROWS = 500  # the most rows: with more layers a row is the median of several successive ones

ROW = 0.115  # height of a row with its name, in inches
LOWEST, HIGHEST = 1.3, 7.2  # heights of a map, in inches
BAR = 0.09  # width of a colour bar, in inches
NAME = 26  # letters of a name that fit

FURTHEST = 3  # decades up and down from `CUSTOMARY` that the colours tell apart, at most


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw every layer's gradient norm over the steps, and beside it how far they moved its weights.

    Rows are the layers with tensors in the order of computation, the first one above. Left: the norm of all
    tensors of the layer as one vector; right: update-to-weight of its largest tensor, of every step if the
    runs recorded their updates, else of every epoch. Colours are medians over the steps of a bin and over
    the runs.
    """
    timeline = max((run.timeline for run in runs), key=lambda timeline: timeline.steps)
    if not timeline.steps:
        return nothing_to_draw(runs, SUBJECT, "No step was recorded.")
    layers = runs[0].graph.layers_of(runs[0].tensors)
    rows = equal_bins(len(layers), round_size(len(layers), ROWS))
    steps = step_bins(timeline, COLUMNS)
    norms = _medians([[_norms(run, layer) for run in runs] for layer in layers], rows, steps)
    maps = [(norms, steps.edges, "gradient norm of the layer ‖∂L/∂w‖₂")]
    moved, edges = _updates(runs, layers, rows, steps, timeline)
    by_step = edges is steps.edges
    if moved.size:
        unit = "a step" if by_step else "an epoch"
        maps.append((moved, edges, f"update of {unit} / weight, ‖Δw‖₂ / ‖w‖₂"))

    height = float(np.clip(ROW * (len(rows.edges) - 1), LOWEST, HIGHEST))
    figure = new_figure(PAGE, 1.25 + height)
    headline(figure, runs, SUBJECT, *_remarks(rows, steps, moved.size > 0, len(runs) > 1))
    first: Axes | None = None
    for place, (values, bounds, label) in enumerate(maps, start=1):
        axes = figure.add_subplot(1, len(maps), place, sharey=first)
        scale = _around_customary(values) if place == 2 else logarithms(values)
        picture = axes.pcolormesh(
            bounds.astype(float),
            np.arange(len(values) + 1) - 0.5,
            shown_values(values),
            norm=scale,
            cmap=colors_of("PuOr_r" if place == 2 else "viridis"),
            rasterized=True,
        )
        axes.grid(visible=False)
        step_axis(axes, timeline.steps, 5)
        epochs_above(axes, timeline, 5, "complete epochs")
        mark_nonfinite(axes, runs, per_step=True)
        axes.set_title(label)
        color_bar(figure, picture, axes, "", height / BAR, _beyond(values, scale))
        axes.tick_params(labelleft=first is None)
        first = first or axes
    assert first is not None
    _name_rows(first, layers, rows, height)
    without = not all((values > 0).all() for values, *_ in maps)
    legend(figure, runs, [without_color()] if without else [], bands=False)
    return figure


def _norms(run: Statistics, layer: Layer) -> NDArray[np.float64]:
    """‖G‖₂ of every step, G: the gradients of all tensors of the layer as one vector, (steps,)."""
    norms = np.zeros(run.steps)
    for tensor in layer.tensors:
        norms = np.hypot(norms, run.step("l2_norm_individual", tensor))  # squares might overflow
    return norms


def _updates(
    runs: Sequence[Statistics], layers: Sequence[Layer], rows: Bins, steps: Bins, timeline: Timeline
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Update-to-weight of the layers' largest tensors, (rows, bins), and the bins' edges among the steps.

    Steps that moved nothing do not count, as where an optimizer only summed up the gradient.
    """
    largest = [max(layer.tensors, key=runs[0].size) for layer in layers]
    if not timeline.epochs and not all(UPDATES.statistic in run.step_series for run in runs):
        return np.empty((0, 0)), steps.edges
    if all(UPDATES.statistic in run.step_series for run in runs):
        values = [[shown_values(run.step(UPDATES.statistic, one)) for run in runs] for one in largest]
        return _medians(values, rows, steps), steps.edges
    values = [[run.epoch("update_to_weight", one) for run in runs] for one in largest]
    return _medians(values, rows, equal_bins(timeline.epochs, 1)), np.append(0, timeline.stops)


def _medians(
    values: Sequence[Sequence[NDArray[np.float64]]], rows: Bins, columns: Bins
) -> NDArray[np.float64]:
    """Medians of every layer's and run's series in the bins, (rows, columns); NaN where none is finite."""
    of_layers = np.array([spread(columns.columns(stack(runs)))[1] for runs in values])
    cells = rows.columns(of_layers.T).reshape(of_layers.shape[1], rows.widest, -1).swapaxes(0, 1)
    return spread(cells.reshape(rows.widest, -1))[1].reshape(of_layers.shape[1], -1).T


def _around_customary(ratios: NDArray[np.float64]) -> LogNorm:
    """A logarithmic scale whose middle is the customary ratio, as wide as the values need."""
    apart = np.abs(np.log10(positive(ratios) / CUSTOMARY)).max(initial=0)
    factor = 10.0 ** min(max(int(np.ceil(apart)), 1), FURTHEST)
    return LogNorm(CUSTOMARY / factor, CUSTOMARY * factor)


def _beyond(values: NDArray[np.float64], scale: LogNorm) -> str:
    """At which ends of the scale there are further values, in matplotlib's words."""
    known = positive(values)
    assert scale.vmin is not None
    assert scale.vmax is not None
    below, above = bool((known < scale.vmin).any()), bool((known > scale.vmax).any())
    return {(True, True): "both", (True, False): "min", (False, True): "max"}.get((below, above), "neither")


def _remarks(rows: Bins, steps: Bins, moved: bool, several: bool) -> list[str]:
    remarks = ["layers in the order of computation"]
    if rows.widest > 1:
        remarks.append(f"a row: median of {rows.widest} successive layers")
    if steps.widest > 1:
        remarks.append(f"medians of {steps.widest} successive steps" + several * " and of the seeds")
    elif several:
        remarks.append("medians of the seeds")
    if moved:
        remarks.append("right: the largest tensor of each layer")
    return remarks


def _name_rows(axes: Axes, layers: Sequence[Layer], rows: Bins, height: float) -> None:
    """Put the first row above, and names at as many rows as there is room for in `height` inches."""
    count = len(rows.edges) - 1
    every = round_size(count, height / ROW)
    places = [*range(0, count - every, every), count - 1]
    axes.set_ylim(count - 0.5, -0.5)
    names = [_name(layers[rows.edges[place]].id) for place in places]
    axes.set_yticks(places, names, parse_math=False)


def _name(name: str) -> str:
    """A name in at most `NAME` letters, an ellipsis in its middle if it has more."""
    return name if len(name) <= NAME else f"{name[: NAME // 2 - 1]}…{name[-NAME // 2 :]}"


PICTURE = figure_of_all_seeds(
    "depth",
    draw,
    asked="figures",
    heading="Layers over time",
    link="Depth",
    alt="Two maps for {title}, layers from the first above to the last below, over all steps: the norm of "
    "each layer's gradient, and how far the updates moved its weights relative to their size.",
    seen="Every layer is a row, the first one above, every column a step or several successive ones. Left, "
    "the norm of the layer's gradient: rows that darken upwards say that the gradient vanishes on its way "
    "to the first layers, rows that brighten that it grows. Right, how far the weights moved, relative to "
    "their size: white is 10⁻³, a rule of thumb, orange more and violet less.",
    computed="‖∂L/∂w‖₂ of every batch's gradient, all tensors of a layer as one vector; update-to-weight "
    "‖Δw‖₂ / ‖w‖₂ of the layer's largest tensor, of every step where updates were recorded, else of every "
    "epoch. Colours are medians over successive steps and over seeds, and logarithmic. Where there are more "
    "than 500 layers, a row is the median of several successive ones.",
)
