"""Norms of the gradient, of the accumulated gradient, and what dissolves between the two."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradevo.bands import spread, stack
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.axes import draw_series, epoch_axis, epochs_of, from_zero
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, no_epochs
from gradevo.pictures.style.house import BLUE, GREEN, GREY, LIGHT, PAGE, VERMILION, house_style
from gradevo.statistics.store import Statistics

REMARK = "sums over all tensors; g[e]: gradient of epoch e, A[e] = Σ g[i], i ≤ e"

PANELS = (
    (1, "_standardized", "L1 norm per element (loss / weight)"),
    (2, "", "L2 norm (loss / weight)"),
)
"""Order of the norm, suffix of its statistics, label of the axis."""


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the totals over the epochs: L1 divided by the tensors' sizes, as in the article, and L2."""
    if not len(epochs_of(runs)):
        return no_epochs(runs, "gradient norms")
    figure = new_figure(PAGE, 3.3)
    headline(figure, runs, "gradient norms", REMARK)
    for place, (order, suffix, label) in enumerate(PANELS, start=1):
        axes = figure.add_subplot(1, len(PANELS), place)
        _draw_norms(axes, runs, order, suffix)
        axes.set_ylabel(label)
    legend(figure, runs, handlelength=1.5)
    return figure


def _draw_norms(axes: Axes, runs: Sequence[Statistics], order: int, suffix: str) -> None:
    epochs = epochs_of(runs)
    gradient, accumulated, path = (
        stack([run.epoch(name + suffix) for run in runs])
        for name in (f"l{order}_norm", f"l{order}_norm_acc", f"acc_l{order}_norm")
    )
    bottom, top = spread(accumulated)[1], spread(path)[1]
    gap = axes.fill_between(epochs, bottom, top, color=LIGHT, linewidth=0)
    draw_series(axes, epochs, path, VERMILION, label="accumulated norm Σ‖g[i]‖")
    gap.set_label("dissolving gap")
    draw_series(axes, epochs, accumulated, BLUE, label="norm of accumulated gradient ‖A[e]‖")
    draw_series(axes, epochs, gradient, GREEN, label="norm of gradient ‖g[e]‖")
    from_zero(axes)
    epoch_axis(axes, len(epochs))
    mark_nonfinite(axes, runs)
    measurable = np.flatnonzero(np.isfinite(bottom) & np.isfinite(top) & (top > 0))
    if len(measurable):
        last = measurable[-1]
        _measure_gap(axes, epochs[last], bottom[last], top[last])


def _measure_gap(axes: Axes, epoch: float, bottom: float, top: float) -> None:
    """Write beside the end of the gap which share of the accumulated norm has dissolved by then."""
    share = max(1 - bottom / top, 0)  # rounding may leave a little less
    axes.vlines(epoch, bottom, top, color=GREY, linewidth=1)
    axes.annotate(
        f"{100 * share:.0f} %\ndissolved",
        (epoch, (bottom + top) / 2),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=7,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


PICTURE = figure_of_all_seeds(
    "gradient_norms",
    draw,
    asked="figures",
    heading="Gradient norms",
    link="Gradient norms",
    alt="Two line charts over the epochs for {title}, L1 and L2: norm of the epoch gradient, norm of the "
    "accumulated gradient, and accumulated norm, with the dissolving gap between the last two.",
    seen="The norm of each epoch's gradient (green), the norm of the sum of all gradients so far (blue), "
    "and the sum of the norms so far (vermilion). The gap between the last two is what dissolved: the "
    "part of the way that the gradients took back from each other.",
    computed="g[e] is the sum of the gradients of epoch e's batches, A[e] = Σ g[i] over i ≤ e. Shown are "
    "‖g[e]‖, ‖A[e]‖ and Σ‖g[i]‖, summed over the tensors; left L1, divided by each tensor's number of "
    "elements, right L2.",
)
