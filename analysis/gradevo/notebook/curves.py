"""Loss and gradient norm of every step, of a training that may go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gradevo.bands import equal_bins, round_size
from gradevo.metrics import SPLITS
from gradevo.numbers import count, number
from gradevo.pictures.style.axes import draw_series, logarithmic, positive
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import BLACK, BLUE, GREY, ORANGE, PAGE, house_style

COLORS = {"train": BLUE, "validation": ORANGE}
MOST = 400
"""Points on a line; of more steps it is the median of successive ones, and a band is their range."""

LOGARITHMIC_FROM = 1.5  # decades


@dataclass
class Curves:
    """Of the steps so far: losses and norms, (steps,); None where they are not known.

    stops: steps by the end of every epoch. metrics: split -> name -> (epochs,).
    """

    losses: NDArray[np.floating] | None = None
    norms: NDArray[np.floating] | None = None
    stops: Sequence[int] = ()
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@house_style()
def draw_curves(curves: Curves, title: str) -> Figure:
    """Draw the loss of steps and epochs at the left, the gradient's norm at the right, where it is known."""
    panels = 1 if curves.norms is None else 2
    figure = new_figure(PAGE, 2.4)
    known = next((len(one) for one in (curves.losses, curves.norms) if one is not None), 0)
    epochs = len(curves.stops)
    told = [count(epochs, "epoch"), count(known, "step")]
    for split, words in SPLITS.items():
        values = curves.metrics.get(split, {}).get("loss", ())
        if len(values):
            told.append(f"{words} loss {number(values[-1])}")
    figure.suptitle(f"{title}: {', '.join(told)}", fontsize=8, x=0.01, ha="left", parse_math=False)
    axes = figure.add_subplot(1, panels, 1)
    _draw_losses(axes, curves)
    if curves.norms is not None:
        axes = figure.add_subplot(1, panels, 2)
        _draw_steps(axes, curves.norms, BLACK, "gradient norm")
        axes.set_ylabel("‖g‖₂ of a batch, all parameters")
        logarithmic(axes, curves.norms.astype(np.float64))
    return figure


def _draw_losses(axes: Axes, curves: Curves) -> None:
    shown = []
    if curves.losses is not None:
        _draw_steps(axes, curves.losses, GREY, "batch")
        shown.append(curves.losses.astype(np.float64))
    for split, words in SPLITS.items():
        values = np.array(curves.metrics.get(split, {}).get("loss", ()), dtype=np.float64)
        if len(values):
            ends = np.array(curves.stops[: len(values)], dtype=np.float64) - 1
            draw_series(axes, ends, values[None], COLORS[split], label=words)
            shown.append(values)
    found = positive(*shown)
    if len(found) and np.log10(found.max() / found.min()) > LOGARITHMIC_FROM:
        logarithmic(axes, found)
    axes.set(xlabel="step", ylabel="loss")
    if axes.get_legend_handles_labels()[1]:
        axes.legend()


def _draw_steps(axes: Axes, values: NDArray[np.floating], color: str, label: str) -> None:
    finite = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    bins = equal_bins(len(finite), round_size(len(finite), MOST))
    if len(finite):
        draw_series(axes, bins.middles, bins.columns(finite[None]), color, linewidth=0.7, label=label)
    axes.set_xlabel("step")
