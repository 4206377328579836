"""Loss and metrics, training and validation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from gradevo.pictures.style.axes import epoch_axis, epochs_of, logarithmic
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure, no_epochs
from gradevo.pictures.style.house import BLUE, ORANGE, PAGE, house_style
from gradevo.pictures.style.series import Array, draw_series, stack
from gradevo.statistics import Statistics

SPLITS = {"train": ("training", BLUE), "validation": ("validation", ORANGE)}

LOSSES = {
    "binary_crossentropy": "cross-entropy loss (nats)",
    "categorical_crossentropy": "cross-entropy loss (nats)",
    "sparse_categorical_crossentropy": "cross-entropy loss (nats)",
    "mean_squared_error": "mean squared error (target unit²)",
    "mse": "mean squared error (target unit²)",
}
"""Names and units of losses, as axis labels."""

ACCURACIES = (
    "accuracy",
    "acc",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "top_k_categorical_accuracy",
)
"""Metrics that are shares of the samples; their axis shows per cent."""

METRICS = {
    **dict.fromkeys(ACCURACIES, "accuracy: correct classifications (%)"),
    "top_k_categorical_accuracy": "top-k accuracy: class among k guesses (%)",
    "mean_absolute_error": "mean absolute error (target unit)",
    "mae": "mean absolute error (target unit)",
    "root_mean_squared_error": "root mean squared error (target unit)",
    **LOSSES,
}
"""Names and units of metrics, as axis labels."""

LOGARITHMIC_FROM = 1.5
"""The loss gets a logarithmic axis where it spans more decades than this."""


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw the loss at the left and every further metric at its right, over the epochs."""
    epochs = epochs_of(runs)
    metrics = [name for name in runs[0].metrics("train") if name != "loss"]
    subject = "loss and metric" if metrics else "loss"
    if not len(epochs):
        return no_epochs(runs, subject)
    names = ["loss", *metrics]
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = new_figure(PAGE if len(names) > 1 else 0.6 * PAGE, 0.75 + 2.25 * rows)
    headline(figure, runs, subject)
    for place, name in enumerate(names, start=1):
        axes = figure.add_subplot(rows, columns, place)
        _draw_metric(axes, runs, name, epochs)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    legend(figure, runs, handles, labels)
    return figure


def _draw_metric(axes: Axes, runs: Sequence[Statistics], name: str, epochs: Array) -> None:
    drawn = []
    for split, (words, color) in SPLITS.items():
        if not all(name in run.metrics(split) for run in runs):
            continue
        values = stack(runs, _metric, split, name)
        draw_series(axes, epochs, values, color, label=words)
        drawn.append(values)
    if name == "loss" and drawn and _decades(drawn) > LOGARITHMIC_FROM:
        logarithmic(axes, *drawn)
    if name in ACCURACIES:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.4g}"))
    axes.set_ylabel(_label(runs[0], name))
    epoch_axis(axes, len(epochs))
    mark_nonfinite(axes, runs)


def _metric(run: Statistics, split: str, name: str) -> Array:
    return run.metrics(split)[name]


def _label(run: Statistics, name: str) -> str:
    if name == "loss":
        return LOSSES.get(str(run.experiment.get("loss", "")), "loss")
    return METRICS.get(name, name.replace("_", " "))


def _decades(drawn: Sequence[Array]) -> float:
    every = np.concatenate([np.ravel(values) for values in drawn])
    positive = every[np.isfinite(every) & (every > 0)]
    return float(np.log10(positive.max() / positive.min())) if len(positive) else 0.0
