"""How large the elements of gradients are: a histogram of log₂|g| for every tensor, epoch by epoch."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MultipleLocator

from gradevo.bands import Bins, epoch_bins
from gradevo.numbers import SUPERSCRIPT
from gradevo.pictures.picture import figure_of_first_seed
from gradevo.pictures.style.axes import epoch_ticks
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, no_epochs
from gradevo.pictures.style.house import BLUE, GREY, LIGHT, ORANGE, PAGE, SKY, VERMILION, house_style
from gradevo.pictures.style.panels import outside_layout, wrapped
from gradevo.statistics.distributions import FORMATS, QUANTILES, Elements, quantiles
from gradevo.statistics.exponents import BIAS
from gradevo.statistics.store import Statistics

SUBJECT = "distributions of gradient elements"

MOST_TENSORS = 16
"""Tensors that get a panel: those with the smallest elements (the lowest 5 % quantile of all epochs)."""
COLUMNS = 4
MOST_EPOCHS = 150
"""More epochs are put into bins of several."""
FAINTEST, FAINT = 1e-4, 1e-3
"""A share that is not told from none; one that the axis has to reach."""
NORM = PowerNorm(0.4, 0, 0.5)
COLORS = LinearSegmentedColormap.from_list("share", ["#f7fafc", SKY, BLUE, "#00203a"]).with_extremes(
    bad="white"
)
WIDTHS = (0.7, 1.3, 0.7)
"""Of the lines of the quantiles."""
MOST_TICKS = 6
DASHES = (0, (4, 2))
NAME = 0.13  # height of the name of a limit, in inches
SPAN = 12
"""Powers of two that the axis shows at least."""
PANEL = 1.55
"""Height of a row of panels in inches."""


@house_style()
def draw(run: Statistics) -> Figure:
    """Draw a panel per tensor: shares of elements over epochs and log₂|g|, quantiles, and the zeros above."""
    if not run.epochs:
        return no_epochs([run], SUBJECT)
    bins = epoch_bins(run.epochs, MOST_EPOCHS)
    shown = _smallest({tensor: Elements.of(run, tensor, bins) for tensor in run.tensors})
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure = new_figure(PAGE, 0.95 + rows * PANEL if rows > 1 else 3.2)
    headline(figure, [run], SUBJECT, *_remarks(run, bins, len(shown)))
    cells = figure.add_gridspec(rows, columns + 1, width_ratios=[*columns * [1.0], 0.035])
    low, high = _limits(shown)
    first: Axes | None = None
    for place, (tensor, elements) in enumerate(shown.items()):
        row, column = divmod(place, columns)
        axes = _draw_tensor(figure, cells[row, column], tensor, elements, bins, first)
        first = first or axes
        mark_nonfinite(axes, [run])
        axes.set_ylim(low, high)
        spacing = next(size for size in (5, 10, 20, 50) if high - low <= MOST_TICKS * size)
        axes.yaxis.set_major_locator(MultipleLocator(spacing))
        lowest = place + columns >= len(shown)
        axes.tick_params(labelleft=column == 0, labelbottom=lowest)
        axes.set_xlabel("epoch" if lowest else "")
        if lowest and row < rows - 1:
            outside_layout(axes.xaxis)
        is_last = column == columns - 1 or place == len(shown) - 1
        for name in _mark_limits(axes, named=is_last * (PANEL - 0.6 if rows > 1 else 2.0)):
            name.set_in_layout(column == columns - 1)
    ticks = [0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5]
    bar = figure.colorbar(
        ScalarMappable(NORM, COLORS), cax=figure.add_subplot(cells[:, columns]), ticks=ticks
    )
    bar.ax.set_yticklabels([f"{100 * tick:g} %" for tick in ticks])
    bar.set_label("of the elements in a power of two")
    bar.outline.set_linewidth(0)
    figure.supylabel("size of an element |g|", fontsize=7.5)
    legend(figure, [run], _handles(), handlelength=1.8)
    return figure


def _smallest(every: dict[str, Elements]) -> dict[str, Elements]:
    """Those that get a panel, in the model's order; tensors that are zero everywhere come first."""
    chosen = sorted(every, key=lambda tensor: every[tensor].overall(QUANTILES[0]))[:MOST_TENSORS]
    return {tensor: of for tensor, of in every.items() if tensor in chosen}


def _remarks(run: Statistics, bins: Bins, shown: int) -> list[str]:
    remarks = ["all elements of all batches' gradients, by powers of two"]
    if bins.widest > 1:
        remarks.append(f"{bins.widest} epochs together")
    if shown < len(run.tensors):
        remarks.append(f"the {shown} of {len(run.tensors)} tensors with the smallest elements")
    return remarks


def _limits(shown: dict[str, Elements]) -> tuple[float, float]:
    """Exponents at the ends of the axis: of all but faint shares, at least `SPAN` apart."""
    there = [np.flatnonzero((one.shares >= FAINT).any(axis=0)) for one in shown.values()]
    known = np.concatenate(there)
    if not len(known):
        return -SPAN / 2, SPAN / 2
    low, high = known.min() - BIAS - 1.0, known.max() - BIAS + 2.0
    room = max(0.0, SPAN - (high - low)) / 2
    return low - room, high + room


def _draw_tensor(
    figure: Figure, cell: SubplotSpec, tensor: str, elements: Elements, bins: Bins, first: Axes | None
) -> Axes:
    axes = figure.add_subplot(cell, sharex=first, sharey=first)
    edges = bins.edges + 0.5
    powers = np.arange(elements.sizes.shape[1] + 1) - BIAS
    found = elements.shares.T
    axes.pcolormesh(
        edges,
        powers,
        np.ma.masked_less(found, FAINTEST),
        norm=NORM,
        cmap=COLORS,
        rasterized=True,
    )
    axes.grid(visible=False)
    for values, width in zip(quantiles(elements.sizes).T, WIDTHS, strict=True):
        axes.plot(1 + bins.middles, values, color=ORANGE, linewidth=width, marker="o" * (len(values) == 1))
    epochs = int(bins.edges[-1])
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xticks(epoch_ticks(epochs, 5))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda power, _: f"2{f'{power:.0f}'.translate(SUPERSCRIPT)}")
    )
    above = axes.inset_axes((0, 1.03, 1, 0.1))
    above.stairs(elements.zero_shares, edges, fill=True, color=GREY)
    above.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), xticks=[], yticks=[], facecolor=LIGHT)
    above.grid(visible=False)
    above.spines[:].set_visible(False)
    above.set_title(wrapped(tensor, 20), fontsize=7.5, parse_math=False)
    return axes


def _mark_limits(axes: Axes, named: float) -> list[Annotation]:
    """Mark below which size formats of lower precision have zero, and from which they overflow.

    Names stand at the right if `named`, the height of the panel in inches, leaves room for them; they are
    returned.
    """
    low, high = axes.get_ylim()
    limits: dict[int, list[str]] = {}
    for one in FORMATS:
        short = one.name.removeprefix("float8 ")
        for power, becomes in ((one.flush, "0"), (one.overflow, "∞")):
            if low < power < high and not one.scaled:
                limits.setdefault(power, [f"{becomes} in"]).append(short)
    drawn: list[Annotation] = []
    free = high
    look: dict[str, Any] = {"xytext": (2, 0), "textcoords": "offset points", "fontsize": 7, "va": "center"}
    for power in sorted(limits, reverse=True):
        axes.axhline(power, color=VERMILION, linewidth=0.6, linestyle=DASHES)
        room = NAME / named * (high - low) if named else np.inf
        if free - power >= room / 2 and power - low >= room / 2:
            words = limits[power][0] + " " + ", ".join(limits[power][1:])
            drawn.append(axes.annotate(words, (axes.get_xlim()[1], power), color=VERMILION, **look))
            free = power - room / 2
    return drawn


def _handles() -> list[Line2D | Patch]:
    words = ", ".join(f"{100 * level:g}" for level in QUANTILES)
    return [
        Line2D([], [], color=ORANGE, linewidth=1.3, label=f"{words} % of what is not zero are smaller"),
        Line2D(
            [], [], color=VERMILION, linewidth=0.6, linestyle=DASHES, label="beyond: 0 or ∞ in that format"
        ),
        Patch(color=GREY, linewidth=0, label="exact zeros, of all elements"),
    ]


PICTURE = figure_of_first_seed(
    "distributions",
    draw,
    asked="figures",
    heading="Distributions of gradient elements",
    link="Distributions",
    alt="Heatmaps for {title}, one a tensor: which share of the gradient's elements has which size, "
    "over the epochs, with lines of the 5, 50 and 95 % quantiles and the limits of formats of "
    "lower precision.",
    seen="How large single elements of the gradients are, by powers of two, epoch by epoch: the "
    "darker, the more elements. Orange: below these lines lie 5, 50 and 95 % of those that are "
    "not zero; grey above: the share of exact zeros. What lies below a dashed line is zero in "
    "that format, unless the loss is scaled. Of the first seed.",
    computed="Exact counts of the exponents of all elements of all recorded batches' gradients. Quantiles "
    "are exact to the power of two, within it elements are taken to be spread evenly over "
    "log₂|g|. At most 16 tensors, those with the smallest elements.",
)
