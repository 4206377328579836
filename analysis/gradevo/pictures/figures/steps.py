"""Norms of single batches' gradients over the steps."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator
from numpy.typing import NDArray

from gradevo.bands import equal_bins, fitting_size, stack
from gradevo.layers import Layer, role
from gradevo.numbers import number
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.axes import draw_series, logarithmic, positive
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure
from gradevo.pictures.style.house import BLACK, PAGE, house_style
from gradevo.pictures.style.panels import grid, panel_width, panels, role_colors, role_handles, write_note
from gradevo.statistics.store import Statistics

SUBJECT = "norms of the batches' gradients"
STATISTIC = "l2_norm_individual"
LABEL = "L2 norm (loss / weight)"

POINTS_PER_INCH = 150  # more steps are drawn as median and min–max band of several successive steps
CHARACTERS_PER_INCH = 19  # letters of a note that fit

NEGLIGIBLE = 1e-6
"""Norms that all stay below this share of the largest are named, not drawn.

A bias before batch normalization has the gradient zero but for rounding, near 1e-8 of the others;
its line would press all others together.
"""


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the L2 norm of every batch's gradient, in total above and one panel per layer below."""
    steps = max(run.steps for run in runs)
    layers = runs[0].graph.layers_of(runs[0].tensors)
    rows, columns = grid(len(layers))
    figure = new_figure(PAGE, 2.6 + rows * (1.5 if rows == 1 else 1.2))
    if not steps:
        headline(figure, runs, SUBJECT, "no step was recorded")
        return figure
    per_epoch = runs[0].timeline.per_epoch
    wide = fitting_size(steps, per_epoch, int(POINTS_PER_INCH * panel_width(1)))
    narrow = fitting_size(steps, per_epoch, int(POINTS_PER_INCH * panel_width(columns)))
    headline(figure, runs, SUBJECT, f"total: {_binning(wide, runs)}; layers: {_binning(narrow, runs)}")
    cells = figure.add_gridspec(1 + rows, columns, height_ratios=[1.5 if rows > 1 else 1.2] + rows * [1.0])
    _draw_total(figure.add_subplot(cells[0, :]), runs, wide)
    note = int(CHARACTERS_PER_INCH * panel_width(columns))
    _draw_layers(panels(figure, layers, cells, first_row=1), layers, runs, narrow, note)
    figure.supylabel(LABEL, fontsize=7.5)
    legend(figure, runs, role_handles(role_colors(runs[0].tensors)), handlelength=1.5)
    return figure


def _draw_total(axes: Axes, runs: Sequence[Statistics], size: int) -> None:
    values = stack([run.step(STATISTIC) for run in runs])
    _draw_steps(axes, values, BLACK, size, ticks=10)
    logarithmic(axes, values)
    timeline = max((run.timeline for run in runs), key=lambda timeline: timeline.steps)
    epochs = axes.secondary_xaxis("top", functions=(timeline.epochs_by, timeline.steps_by))
    epochs.set_xticks(_integer_ticks(int(timeline.epochs_by(timeline.steps)), 10))
    epochs.set_xlabel("total of all tensors (upper axis: complete epochs)", loc="left")
    mark_nonfinite(axes, runs, per_step=True)


def _draw_layers(
    drawn: Sequence[Axes], layers: Sequence[Layer], runs: Sequence[Statistics], size: int, note: int
) -> None:
    """Draw every tensor in its layer's panel, by bins of `size` steps.

    What a logarithmic axis cannot show is said there in words, in lines of `note` characters.
    """
    colors = role_colors(runs[0].tensors)
    norms = {tensor: stack([run.step(STATISTIC, tensor) for run in runs]) for tensor in runs[0].tensors}
    highest = {tensor: float(positive(values).max(initial=0.0)) for tensor, values in norms.items()}
    least = NEGLIGIBLE * max(highest.values())
    for axes, layer in zip(drawn, layers, strict=True):
        notes = []
        for tensor in layer.tensors:
            if highest[tensor] <= least:
                notes.append(f"{role(tensor)} ≤ {number(highest[tensor])}, not\N{NO-BREAK SPACE}drawn")
                continue
            _draw_steps(axes, norms[tensor], colors[role(tensor)], size, ticks=4)
            zeros = int((norms[tensor] == 0).sum())
            if zeros:
                notes.append(f"{role(tensor)} = 0 in\N{NO-BREAK SPACE}{zeros}\N{NO-BREAK SPACE}steps")
        write_note(axes, "\n".join(fill(words, note) for words in notes))
        mark_nonfinite(axes, runs, per_step=True)
    logarithmic(drawn[0], *(values for tensor, values in norms.items() if highest[tensor] > least))


def _draw_steps(axes: Axes, values: NDArray[np.float64], color: str, size: int, ticks: int) -> None:
    """Draw norms, (runs, steps), by bins of `size` successive steps, over the steps counted from 0."""
    steps = values.shape[1]
    bins = equal_bins(steps, size)
    draw_series(axes, bins.middles, bins.columns(values), color, linewidth=0.7)
    axes.set_xlabel("step")
    margin = max(0.015 * steps, 0.5)
    axes.set_xlim(-margin, steps + margin)
    axes.set_xticks(_integer_ticks(steps, ticks))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def _integer_ticks(last: int, most: int) -> list[float]:
    """Round integers from 0 to `last`."""
    ticks = MaxNLocator(most, integer=True, steps=[1, 2, 2.5, 5, 10]).tick_values(0, max(last, 1))
    return [tick for tick in ticks if 0 <= tick <= last and tick == int(tick)]


def _binning(size: int, runs: Sequence[Statistics]) -> str:
    """What a point of a line stands for, in words."""
    if size == 1:
        return "every step" if len(runs) == 1 else "median and range of every step"
    epochs, rest = divmod(size, runs[0].timeline.per_epoch)
    if rest or not runs[0].timeline.regular:
        return f"median and range of {size} steps"
    return "median and range of " + ("every epoch" if epochs == 1 else f"{epochs} epochs")


PICTURE = figure_of_all_seeds(
    "batch_norms",
    draw,
    asked="figures",
    heading="Norms of the batches' gradients",
    link="Batch norms",
    alt="Line charts over all steps for {title}: L2 norm of every batch's gradient, above in total, below "
    "by layer and tensor.",
    seen="The norm of every single batch's gradient: above the total, below layer by layer. Where there are"
    " more steps than fit, a line is the median of several successive ones, and the band their range.",
    computed="‖g⁽ˢ⁾‖₂ at step s for every tensor, from the recorded gradients; the total is the sum over the "
    "tensors.",
)
