"""Norms of the gradient, of the accumulated gradient, and what dissolves between the two."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradevo.pictures.style.axes import epoch_axis, epochs_of, from_zero
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, no_epochs
from gradevo.pictures.style.house import BLUE, GREEN, GREY, LIGHT, PAGE, VERMILION, house_style
from gradevo.pictures.style.series import Array, draw_series, spread, stack
from gradevo.statistics import Statistics

SUBJECT = "gradient norms"

PANELS = (
    (1, "_standardized", "L1 norm per element (loss / weight)"),
    (2, "", "L2 norm (loss / weight)"),
)
"""Order of the norm, suffix of its statistics, label of the axis."""


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the totals over the epochs: L1 divided by the tensors' sizes, as in the article, and L2."""
    epochs = epochs_of(runs)
    if not len(epochs):
        return no_epochs(runs, SUBJECT)
    figure = new_figure(PAGE, 3.3)
    headline(figure, runs, SUBJECT, "sums over all tensors; g[e]: gradient of epoch e, A[e] = Σ g[i], i ≤ e")
    for place, (order, suffix, label) in enumerate(PANELS, start=1):
        axes = figure.add_subplot(1, len(PANELS), place)
        _draw_norms(axes, runs, epochs, order, suffix)
        axes.set_ylabel(label)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    legend(figure, runs, handles, labels, handlelength=1.5)
    return figure


def _draw_norms(axes: Axes, runs: Sequence[Statistics], epochs: Array, order: int, suffix: str) -> None:
    gradient, accumulated, path = (
        stack(runs, Statistics.epoch, name + suffix)
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
    _measure_gap(axes, epochs, bottom, top)


def _measure_gap(axes: Axes, epochs: Array, bottom: Array, top: Array) -> None:
    """Write beside the end of the gap which share of the accumulated norm has dissolved by then."""
    known = np.isfinite(bottom) & np.isfinite(top) & (top > 0)
    if not known.any():
        return
    last = int(np.flatnonzero(known)[-1])
    share = max(1 - bottom[last] / top[last], 0)  # rounding may leave a little less
    axes.vlines(epochs[last], bottom[last], top[last], color=GREY, linewidth=1)
    axes.annotate(
        f"{100 * share:.0f} %\ndissolved",
        (epochs[last], (bottom[last] + top[last]) / 2),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=7,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )
