"""What stands around the curves: headline, axes over time, and the mark of the first non-finite step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from gradevo.figures.style import BLACK, GREY, PAGE
from gradevo.statistics import Statistics


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, drawn by Agg without any display."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


HEADER = 0.42
"""Height of the headline, in inches."""


def headline(figure: Figure, runs: Sequence[Statistics], subject: str, *remarks: str) -> None:
    """Name experiment and subject; below in grey the seeds, the data's label and further remarks.

    The axes are laid out below it.
    """
    seeds = f"seed {runs[0].seed}" if len(runs) == 1 else f"{len(runs)} seeds"
    labels = sorted({run.data_label for run in runs if run.data_label})
    width, height = figure.get_size_inches()
    for inches, text, look in (
        (0.06, f"{experiment_title(runs[0])}: {subject}", {"fontsize": 9, "weight": "bold"}),
        (0.24, " · ".join([seeds, *labels, *remarks]), {"color": GREY}),
    ):
        figure.text(0.06 / width, 1 - inches / height, text, va="top", in_layout=False, **look)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, 1 - HEADER / height))


def experiment_title(run: Statistics) -> str:
    """The experiment's title, else its name, else "recording"."""
    return str(run.experiment.get("title") or run.experiment.get("name") or "recording")


def no_epochs(runs: Sequence[Statistics], subject: str) -> Figure:
    """The figure of runs that ended before their first epoch did."""
    figure = new_figure(PAGE, 2.0)
    headline(figure, runs, subject)
    axes = figure.add_subplot()
    axes.set_axis_off()
    steps = max(run.steps for run in runs)
    message = f"No complete epoch was recorded, only {steps} {'step' if steps == 1 else 'steps'}."
    bad = _first_nonfinite(runs)
    if bad:
        message += "\n" + bad[1].capitalize()
    axes.text(0.5, 0.5, message, ha="center", va="center", transform=axes.transAxes)
    return figure


def epochs_of(runs: Sequence[Statistics]) -> NDArray[np.float64]:
    """The epochs 1, 2, … of the longest run."""
    return np.arange(1.0, 1 + max(run.epochs for run in runs))


def epoch_axis(axes: Axes, epochs: int, ticks: int = 10) -> None:
    """Make x an axis over the epochs 1 to `epochs`, with ticks at whole epochs."""
    margin = max(0.02 * (epochs - 1), 0.5 if epochs == 1 else 0.1)
    axes.set_xlim(1 - margin, epochs + margin)
    axes.xaxis.set_major_locator(_WholeEpochs(epochs, ticks))
    axes.set_xlabel("epoch")


class _WholeEpochs(MaxNLocator):
    """Ticks at round epochs, beginning with the first instead of zero."""

    def __init__(self, epochs: int, ticks: int) -> None:
        super().__init__(nbins=ticks, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
        self._epochs = epochs

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """The first epoch and the round ones after it."""
        ticks = [tick for tick in super().tick_values(vmin, vmax) if 1 <= tick <= self._epochs]
        return np.array(sorted({1.0, *ticks}))


def logarithmic(axes: Axes, *values: NDArray[np.float64]) -> None:
    """Make y logarithmic with limits around the positive values; it stays linear if there are none."""
    every = np.concatenate([np.ravel(array) for array in values]) if values else np.empty(0)
    positive = every[np.isfinite(every) & (every > 0)]
    if not len(positive):
        return
    low, high = np.log10([positive.min(), positive.max()])
    margin = max(0.06 * (high - low), (1.05 - (high - low)) / 2)  # at least a decade, for its labels
    axes.set_yscale("log")
    axes.set_ylim(10 ** (low - margin), 10 ** (high + margin))
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(LogFormatterSciNotation())


def mark_nonfinite(axes: Axes, runs: Sequence[Statistics], per_step: bool = False, text: bool = True) -> None:
    """Mark the first non-finite step of all runs by a vertical line, at its step or its epoch."""
    bad = _first_nonfinite(runs)
    if bad is None:
        return
    run, words = bad
    step = run.first_nonfinite_step or 0
    axes.axvline(
        step if per_step else step // run.steps_per_epoch + 1, color=BLACK, linewidth=0.8, linestyle=":"
    )
    if text:
        left, right = axes.get_xlim()
        at = axes.lines[-1].get_xdata()[0]  # type: ignore[index]
        late = (at - left) > (right - left) / 2
        axes.annotate(
            words,
            (at, 0.98),
            xycoords=("data", "axes fraction"),
            xytext=(-3 if late else 3, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="top",
            fontsize=7,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
        )


def _first_nonfinite(runs: Sequence[Statistics]) -> tuple[Statistics, str] | None:
    bad = [run for run in runs if run.first_nonfinite_step is not None]
    if not bad:
        return None
    run = min(bad, key=lambda run: run.first_nonfinite_step or 0)
    step = run.first_nonfinite_step or 0
    words = f"non-finite from step {step} (epoch {step // run.steps_per_epoch + 1})"
    return run, words + (f", seed {run.seed}" if len(runs) > 1 else "")
