"""Norms of the gradient, of the accumulated gradient, and what dissolves between the two."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradevo.figures.frame import epoch_axis, epochs_of, headline, mark_nonfinite, new_figure, no_epochs
from gradevo.figures.series import draw_series, spread, stack
from gradevo.figures.style import BLUE, GREEN, GREY, LIGHT, PAGE, VERMILION, house_style
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
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), columnspacing=1.4, handlelength=1.5)
    return figure


def _draw_norms(axes: Axes, runs: Sequence[Statistics], epochs: np.ndarray, order: int, suffix: str) -> None:
    gradient, accumulated, path = (
        stack(runs, lambda run, name=name: run.epoch(name + suffix))  # type: ignore[misc]
        for name in (f"l{order}_norm", f"l{order}_norm_acc", f"acc_l{order}_norm")
    )
    bottom, top = spread(accumulated)[1], spread(path)[1]
    gap = axes.fill_between(epochs, bottom, top, color=LIGHT, linewidth=0)
    draw_series(axes, epochs, path, VERMILION, label="accumulated norm Σ‖g[i]‖")
    gap.set_label("dissolving gap")
    draw_series(axes, epochs, accumulated, BLUE, label="norm of accumulated gradient ‖A[e]‖")
    draw_series(axes, epochs, gradient, GREEN, label="norm of gradient ‖g[e]‖")
    axes.set_ylim(bottom=0)
    epoch_axis(axes, len(epochs))
    mark_nonfinite(axes, runs)
    _measure_gap(axes, epochs, bottom, top)


def _measure_gap(axes: Axes, epochs: np.ndarray, bottom: np.ndarray, top: np.ndarray) -> None:
    """Write into the gap, where it is widest, which share of the accumulated norm has dissolved there."""
    known = np.isfinite(bottom) & np.isfinite(top) & (top > 0)
    if not known.any():
        return
    last = int(np.flatnonzero(known)[-1])
    share = 1 - bottom[last] / top[last]
    axes.annotate(
        "",
        (epochs[last], top[last]),
        (epochs[last], bottom[last]),
        arrowprops={"arrowstyle": "<->", "color": GREY, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
    )
    low, high = axes.get_ylim()
    narrow = top[last] - bottom[last] < 0.1 * (high - low)
    axes.annotate(
        f"{100 * share:.0f} % dissolved",
        (epochs[last], bottom[last] if narrow else (bottom[last] + top[last]) / 2),
        xytext=(-5, -3 if narrow else 0),
        textcoords="offset points",
        ha="right",
        va="top" if narrow else "center",
        fontsize=7,
    )
