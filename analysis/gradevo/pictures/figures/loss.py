"""Loss and metrics, training and validation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from gradevo.bands import stack
from gradevo.metrics import SPLITS, metric_of
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.axes import draw_series, epoch_axis, epochs_of, logarithmic, positive
from gradevo.pictures.style.frame import (
    headline,
    legend,
    mark_nonfinite,
    new_figure,
    no_epochs,
    nothing_to_draw,
)
from gradevo.pictures.style.house import BLUE, ORANGE, PAGE, house_style
from gradevo.statistics.store import Statistics

COLORS = {"train": BLUE, "validation": ORANGE}  # of the splits
LOGARITHMIC_FROM = 1.5  # decades; a loss that spans more gets a logarithmic axis


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the loss at the left and every further metric at its right, over the epochs."""
    told = [name for split in SPLITS for name in runs[0].metrics(split) if _is_told(runs, split, name)]
    names = sorted(dict.fromkeys(told), key=lambda name: name != "loss")
    subject = "loss and metric" if len(names) > 1 else "loss"
    if not len(epochs_of(runs)):
        return no_epochs(runs, subject)
    if not names:
        return nothing_to_draw(runs, subject, "No loss and no metric of an epoch was recorded.")
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = new_figure(PAGE if len(names) > 1 else 0.6 * PAGE, 0.75 + 2.25 * rows)
    headline(figure, runs, subject)
    for place, name in enumerate(names, start=1):
        _draw_metric(figure.add_subplot(rows, columns, place), runs, name)
    legend(figure, runs)
    return figure


def _draw_metric(axes: Axes, runs: Sequence[Statistics], name: str) -> None:
    epochs, drawn = epochs_of(runs), []
    for split, words in SPLITS.items():
        if _is_told(runs, split, name):
            drawn.append(stack([run.metrics(split)[name] for run in runs]))
            draw_series(axes, epochs, drawn[-1], COLORS[split], label=words)
    shown = positive(*drawn)
    if name == "loss" and len(shown) and np.log10(shown.max() / shown.min()) > LOGARITHMIC_FROM:
        logarithmic(axes, shown)
    metric = metric_of(name, runs[0].experiment.loss)
    if metric.is_share:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g}"))
    axes.set_ylabel(metric.label)
    epoch_axis(axes, len(epochs))
    mark_nonfinite(axes, runs)


def _is_told(runs: Sequence[Statistics], split: str, name: str) -> bool:
    return all(name in run.metrics(split) for run in runs)


PICTURE = figure_of_all_seeds(
    "loss",
    draw,
    asked="figures",
    heading="Loss and metrics",
    link="Loss",
    alt="Line charts over the epochs for {title}: loss and metrics of the training and the validation set.",
    seen="Loss and metrics of the training set (blue) and, where there is one, of the validation set "
    "(orange).",
    computed="Both sets are evaluated in full after every epoch, with the weights at its end; the loss has a "
    "logarithmic axis where it spans more than 1.5 decades.",
)
