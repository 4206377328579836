"""Gradients through the time steps of recurrent layers: how much of them reaches the earliest ones."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gradevo.bands import spread, stack
from gradevo.errors import GradevoError
from gradevo.numbers import number
from gradevo.pictures.picture import figure_of_all_seeds
from gradevo.pictures.style.axes import draw_series, epoch_ticks, logarithmic
from gradevo.pictures.style.colormaps import (
    color_bar,
    colors_of,
    logarithms,
    shown_values,
    without_color,
)
from gradevo.pictures.style.frame import headline, legend, new_figure, no_epochs
from gradevo.pictures.style.house import BLUE, ORANGE, PAGE, SKY, house_style
from gradevo.pictures.style.panels import wrapped
from gradevo.statistics.store import Statistics

SUBJECT = "gradients through time"

LABEL = "gradient norm ‖∂L/∂xₜ‖₂"  # loss per unit of the layer's input at time step t
COLORS = (SKY, BLUE, ORANGE)  # of the first, a middle and the last epoch


@house_style()
def draw(runs: Sequence[Statistics]) -> Figure:
    """Draw every recurrent layer's norms: over the time steps, and over time steps and epochs.

    Several runs, one per seed, give median and range at the left, and the median at the right. Raises
    `GradevoError` if a run has no recurrent layer, or did not record its time steps.
    """
    for run in runs:
        if not run.through_time:
            raise GradevoError(
                f"{run.path}: expected a recurrent layer recorded time step by time step, found none; "
                "record a model with such a layer, its activation gradients included"
            )
    if not min(run.epochs for run in runs):
        return no_epochs(runs, SUBJECT)
    layers = list(runs[0].through_time)
    figure = new_figure(PAGE, 1.0 + 2.5 * len(layers))
    headline(figure, runs, SUBJECT, "x: input of the layer", "means over the batches of an epoch")
    cells = figure.add_gridspec(len(layers), 2)
    marks: list[Artist] = []
    for row, layer in enumerate(layers):
        values = stacked([run.gradient_through_time(layer) for run in runs])
        middle = spread(values.reshape(len(runs), -1))[1].reshape(values.shape[1:])
        profile, heatmap = (figure.add_subplot(cells[row, column]) for column in (0, 1))
        _draw_profile(profile, values)
        title = f"{wrapped(layer, 40)}, epoch {len(middle)}:\n{sentence(middle[-1])}"
        profile.set_title(title, parse_math=False)
        _draw_heatmap(figure, heatmap, middle)
        if not (middle > 0).all():
            marks = [without_color()]
    legend(figure, runs, [*profile.get_legend_handles_labels()[0], *marks])
    return figure


def stacked(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Norms of several runs, (epochs, T) each, as (runs, longest, T) float64; NaN where there is no value."""
    return stack([norms.ravel() for norms in values]).reshape(len(values), -1, values[0].shape[1])


def sentence(norms: NDArray[np.float64]) -> str:
    """How much of the latest time step's gradient reaches the earliest one, from norms (T,), in words."""
    earliest, latest = float(norms[0]), float(norms[-1])
    if not (np.isfinite(earliest) and np.isfinite(latest)):
        return "the gradient is not finite"
    if earliest == latest == 0:
        return "no gradient at the earliest and the latest step"
    if earliest == 0:
        return f"no gradient at the earliest of {len(norms)} steps"
    if latest == 0:
        return f"no gradient at the latest of {len(norms)} steps"
    factor, word = (latest / earliest, "smaller") if latest >= earliest else (earliest / latest, "larger")
    return f"earliest step's gradient {number(factor)} times {word} than latest's"


def shown_epochs(epochs: int) -> list[int]:
    """The first, the middle and the last epoch, from 1; fewer if there are fewer."""
    return sorted({1, (epochs + 1) // 2, epochs})


def _draw_profile(axes: Axes, values: NDArray[np.float64]) -> None:
    steps = np.arange(1.0, values.shape[2] + 1)
    epochs = shown_epochs(values.shape[1])
    colors = COLORS if len(epochs) == 3 else (COLORS[0], COLORS[2])[-len(epochs) :]
    for epoch, color in zip(epochs, colors, strict=True):
        draw_series(axes, steps, shown_values(values[:, epoch - 1]), color, label=f"epoch {epoch}")
    logarithmic(axes, *(values[:, epoch - 1] for epoch in epochs))
    _time_axis(axes, len(steps))
    axes.set_ylabel(LABEL)


def _draw_heatmap(figure: Figure, axes: Axes, norms: NDArray[np.float64]) -> None:
    """Draw norms, (epochs, T)."""
    epochs, steps = norms.shape
    picture = axes.imshow(
        shown_values(norms),
        norm=logarithms(norms),
        cmap=colors_of(),
        aspect="auto",
        origin="lower",
        extent=(0.5, steps + 0.5, 0.5, epochs + 0.5),
    )
    axes.grid(visible=False)
    axes.set_yticks(epoch_ticks(epochs, 10))
    axes.set_ylabel("epoch")
    _time_axis(axes, steps)
    color_bar(figure, picture, axes, LABEL)


def _time_axis(axes: Axes, steps: int) -> None:
    axes.set_xlim(0.5, steps + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    axes.set_xlabel("time step t (1: earliest)")


PICTURE = figure_of_all_seeds(
    "gradient_through_time",
    draw,
    asked="through_time",
    needs_activation_gradients=True,
    heading="Gradients through time",
    link="Through time",
    alt="Line chart and heatmap for {title}: norm of the gradient at every time step of the recurrent "
    "layer's input, over the time steps and over the epochs.",
    seen="How much of the gradient reaches each time step of the recurrent layer's input: left in the "
    "first, a middle and the last epoch, right over time steps and epochs. Where the earliest steps "
    "are many orders of magnitude below the latest, what happened early cannot be learned.",
    computed="‖∂L/∂xₜ‖₂ for the whole batch, x the layer's input at time step t, mean over the batches of an "
    "epoch.",
)
