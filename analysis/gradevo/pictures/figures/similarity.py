"""How alike the gradients of any two steps are: maps of cosines, and how they fade with the distance."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.image import AxesImage
from matplotlib.ticker import EngFormatter, MaxNLocator
from numpy.typing import NDArray

from gradevo.bands import epoch_bins, equal_bins, step_bins
from gradevo.pictures.picture import figure_of_first_seed
from gradevo.pictures.style.axes import draw_series, logarithmic, positive
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, nothing_to_draw
from gradevo.pictures.style.house import BLACK, BLUE, DIVERGING, GREY, LIGHT, PAGE, VERMILION, house_style
from gradevo.pictures.style.panels import wrapped
from gradevo.statistics.similarity import block_means, by_lag, cosine_error, cosines, strongest_layers
from gradevo.statistics.store import Folded, Statistics

SUBJECT = "similarity of gradients"

MOST_ROWS = 200
"""Rows of a map: more steps are drawn as mean gradients of blocks of successive ones, where blocks are
shorter than epochs, and the last steps one by one."""
MOST_BLOCKS = 100
CLOSE_UP = 60, 240
"""So many steps at the end are drawn one by one: two epochs, if these are not fewer or more."""
MOST_LAYERS = 10
"""Layers that get a map of their own: those with the largest gradients."""
LAYERS_IN_A_ROW = 5
MOST_OF_LAYER = 100
"""Rows of a layer's map, every n-th step."""
LOGARITHMIC_FROM = 1.5  # decades; a loss that spans more gets a logarithmic axis
POINTS = 300  # of the loss above a map; of the distances
LOSS, MAP, LAGS, LAYER = 0.6, 2.7, 1.4, 1.32  # heights in inches
COLORS = DIVERGING.with_extremes(bad=LIGHT)


@dataclass(frozen=True)
class Map:
    """Cosines of gradients that lie evenly in time."""

    values: NDArray[np.float32]
    """(n, n)"""
    ends: tuple[float, float]
    """where the axes begin and end"""
    words: str
    """of the axes"""
    losses: NDArray[np.float64]
    """along the map, of any number of places that lie evenly in it"""
    loss: str
    """what they are, in words"""

    @property
    def by_step(self) -> bool:
        """Whether the axes count steps, not epochs."""
        return self.words.startswith("step")


@house_style()
def draw(run: Statistics) -> Figure:
    """Draw the cosine of any two steps, of any two epochs, by distance, and of single layers."""
    folded = run.folded()
    if len(folded.rows) < 2:
        return nothing_to_draw([run], SUBJECT, "It takes two recorded steps to compare them.")
    found = cosines(folded.rows)
    maps = list(_maps(run, folded, found))
    layers = strongest_layers(run, MOST_LAYERS) if len(run.layers) > 1 else []
    rows = -(-len(layers) // LAYERS_IN_A_ROW)
    below = [LAGS] if len(maps) == 2 else [MAP] * (len(maps) == 3)
    heights = [LOSS, MAP, *below, *rows * [LAYER]]
    figure = new_figure(PAGE, 0.9 + sum(heights))
    headline(figure, [run], SUBJECT, *_remarks(run, int(folded.steps[1]), len(layers)))
    cells = figure.add_gridspec(len(heights), 3, height_ratios=heights, width_ratios=[1, 1, 0.035])
    for column, one in enumerate(maps[:2]):
        mark_nonfinite(_draw_loss(figure, cells[0, column], one), [run], per_step=one.by_step)
        picture = _draw_map(figure, cells[1, column], one)
    for one in maps[2:]:
        _draw_map(figure, cells[2, 0], one)
    lags = figure.add_subplot({1: cells[:2, 1], 2: cells[-1 - rows, :2], 3: cells[-1 - rows, 1]}[len(maps)])
    _draw_lags(lags, by_lag(found), int(folded.steps[1]), run)
    bar = figure.colorbar(picture, cax=figure.add_subplot(cells[1, 2]), ticks=[-1, -0.5, 0, 0.5, 1])
    bar.outline.set_linewidth(0)
    bar.ax.set_title("cosine", fontsize=7)
    for row in range(rows):
        _draw_layers(figure, cells[2 + len(below) + row, :2], run, layers[row * LAYERS_IN_A_ROW :])
    legend(figure, [run], *lags.get_legend_handles_labels(), handlelength=1.5)
    return figure


def _maps(run: Statistics, folded: Folded, found: NDArray[np.float32]) -> Iterator[Map]:
    """Up to three maps: of the whole run by steps or blocks, by epochs, and of its last steps."""
    every, steps, losses = int(folded.steps[1]), run.steps, run.step("loss")
    whole = (-0.5, steps - 0.5)
    few = len(found) <= MOST_ROWS
    bins = step_bins(run.timeline, MOST_BLOCKS)
    if not run.timeline.regular:  # blocks lie evenly in time
        bins = equal_bins(steps, -(-steps // MOST_BLOCKS))
    if few:
        yield Map(found, whole, "step", losses, "loss of the batch")
    elif len(bins.edges) - 1 > run.epochs:
        words = f"step (mean gradients of up to {bins.widest} steps)"
        blocks = cosines(block_means(folded.rows, folded.steps, bins.edges))
        yield Map(blocks, whole, words, losses, "loss of the batch")
    if 1 < run.epochs < len(found):
        epochs = epoch_bins(run.epochs, MOST_ROWS)
        edges = np.append(0, run.timeline.stops)[epochs.edges]
        means = cosines(block_means(folded.rows, folded.steps, edges))
        means_of_losses = run.metrics("train").get("loss", np.full(run.epochs, np.nan))
        ends = (0.5, run.epochs + 0.5)
        of = "its mean gradient" if epochs.widest == 1 else f"mean gradients of {epochs.widest} epochs"
        yield Map(means, ends, f"epoch ({of})", means_of_losses, "training loss")
    if not few:
        last = min(_last_steps(run.timeline.per_epoch / every), len(found))
        first = int(folded.steps[-last])
        ends = (first - 0.5, first + every * last - 0.5)
        words = f"step (the last {last}{' kept' if every > 1 else ''}, one by one)"
        yield Map(found[-last:, -last:], ends, words, losses[first:], "loss of the batch")


def _last_steps(per_epoch: float) -> int:
    """How many steps the close-up has: whole epochs, at least two, as far as the bounds let it."""
    fewest, most = CLOSE_UP
    return min(int(per_epoch * max(2, np.ceil(fewest / per_epoch))), most)


def _remarks(run: Statistics, every: int, layers: int) -> list[str]:
    error = cosine_error(run.size())
    exact = f"cosines have a standard error of up to {error:.2f}" if error else "cosines are exact"
    chosen = [f"the {layers} of {len(run.layers)} layers with the largest gradients"]
    kept = f", 1 of {every} kept" if every > 1 else ""
    return [f"{run.steps} steps{kept}", exact, *(chosen if 0 < layers < len(run.layers) else [])]


def _draw_map(figure: Figure, cell: SubplotSpec, one: Map) -> AxesImage:
    axes = figure.add_subplot(cell)
    picture = _draw_cosines(axes, one.values, one.ends)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        axis.set_major_formatter(EngFormatter(sep=""))
    axes.set(xlabel=one.words, ylabel=one.words.split(" (")[0])
    return picture


def _draw_cosines(axes: Axes, values: NDArray[np.float32], ends: tuple[float, float]) -> AxesImage:
    axes.grid(visible=False)
    return axes.imshow(
        values,
        cmap=COLORS,
        vmin=-1,
        vmax=1,
        interpolation="nearest",
        origin="lower",
        extent=(*ends, *ends),
        aspect="auto",
    )


def _draw_loss(figure: Figure, cell: SubplotSpec, one: Map) -> Axes:
    """Draw the losses above a map, by bins where they are many."""
    axes = figure.add_subplot(cell)
    start, end = one.ends
    bins = equal_bins(len(one.losses), -(-len(one.losses) // POINTS))
    x = start + (bins.middles + 0.5) * (end - start) / len(one.losses)
    draw_series(axes, x, bins.columns(one.losses[None]), BLACK, linewidth=0.7)
    shown = positive(one.losses)
    if len(shown) and np.log10(shown.max() / shown.min()) > LOGARITHMIC_FROM:
        logarithmic(axes, one.losses)
    axes.set_xlim(start, end)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    axes.tick_params(labelbottom=False)
    axes.set_title(one.loss, fontsize=7.5)
    return axes


def _draw_lags(axes: Axes, means: NDArray[np.float64], every: int, run: Statistics) -> None:
    """Draw the mean cosine by distance in steps; whole epochs, after which a fixed order repeats, apart."""
    distances = every * np.arange(1.0, len(means) + 1)
    whole = np.zeros(len(means), dtype=np.bool_)
    if run.timeline.regular and run.timeline.per_epoch > 1:
        whole = distances % run.timeline.per_epoch == 0
    axes.axhline(0, color=GREY, linewidth=0.6)
    others, label = np.where(whole, np.nan, means), "any two steps so far apart"
    bins = equal_bins(len(means), -(-len(means) // POINTS))
    draw_series(
        axes, every * (1 + bins.middles), bins.columns(others[None]), BLUE, linewidth=0.8, label=label
    )
    if whole.any():
        label = "whole epochs apart: the same batches, where their order is fixed"
        draw_series(axes, distances[whole], means[whole][None], VERMILION, few=200, label=label)
    axes.set_xlim(0, 1.01 * distances[-1])
    known = means[np.isfinite(means)]
    axes.set_ylim(max(-1.05, min(0.0, known.min(initial=0)) - 0.08), 1.05)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set(xlabel="distance in steps", ylabel="mean cosine")


def _draw_layers(figure: Figure, row: SubplotSpec, run: Statistics, layers: list[str]) -> None:
    """Draw the maps of one row of layers."""
    cells = row.subgridspec(1, LAYERS_IN_A_ROW)
    for place, layer in enumerate(layers[:LAYERS_IN_A_ROW]):
        axes = figure.add_subplot(cells[0, place])
        ends = (-0.5, run.steps - 0.5)
        rows = run.folded(layer).rows
        _draw_cosines(axes, cosines(rows[:: -(-len(rows) // MOST_OF_LAYER)]), ends)
        axes.set_title(wrapped(layer), fontsize=7, parse_math=False)
        axes.set_xticks([])
        axes.set_yticks([])


PICTURE = figure_of_first_seed(
    "similarity",
    draw,
    asked="figures",
    heading="Similarity of gradients",
    link="Similarity",
    alt="Maps for {title}: the cosine between the gradients of any two steps, of any two epochs' mean "
    "gradients and of single layers, with the loss above, and a line chart of the mean cosine by "
    "distance.",
    seen="Orange where two steps' gradients point the same way, white where they are at right angles, "
    "blue where they point against each other; time goes to the right and up, the loss stands "
    "above. Blocks are phases of training; lines beside the diagonal are batches that come again; "
    "where the colour fades with the distance, the direction is forgotten. Below, the mean cosine "
    "by distance, and the maps of single layers. Of the first seed.",
    computed="g·h / (‖g‖₂‖h‖₂) of the recorded gradients g and h of two steps, at the left and per layer, "
    "and of the means of two epochs' gradients, at the right; all parameters, or the layer's, as "
    "one vector, folded into at most 1020 numbers. Layers are shown by every n-th step, ten "
    "layers at most, those with the largest gradients.",
)
