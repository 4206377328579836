"""How a statistic of steps is drawn: the total over all steps above, a panel per layer below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from gradevo.bands import equal_bins, fitting_size, spread, stack
from gradevo.layers import role
from gradevo.numbers import number
from gradevo.pictures.style.axes import (
    draw_series,
    epochs_above,
    from_zero,
    logarithmic,
    positive,
    step_axis,
)
from gradevo.pictures.style.frame import headline, legend, mark_nonfinite, new_figure
from gradevo.pictures.style.house import BLACK, GREY, PAGE
from gradevo.pictures.style.panels import (
    WIDEST,
    Section,
    grid,
    panel_width,
    role_colors,
    role_handles,
    section_panels,
    section_rows,
    sections,
    shown_roles,
    write_note,
)
from gradevo.statistics.catalogue import LEARNING_RATE
from gradevo.statistics.store import Statistics

POINTS_PER_INCH = 150  # more steps are drawn as median and min–max band of several successive steps
CHARACTERS_PER_INCH = 19  # letters of a note that fit
RANKED_POINTS = 250  # layers are ranked by medians of about so many bins of steps
RATES_HEIGHT = 0.65  # of the panel of learning rates, in inches
LOGARITHMIC_FROM = 1.5  # decades; learning rates that span more get a logarithmic axis
GUIDE: dict[str, Any] = {"color": GREY, "linewidth": 0.9, "linestyle": (0, (4, 2))}

NEGLIGIBLE = 1e-6
"""Values that all stay below this share of the largest are named, not drawn.

A bias before batch normalization has the gradient zero but for rounding, near 1e-8 of the others;
its line would press all others together.
"""


@dataclass(frozen=True)
class PerStep:
    """A figure of a step statistic."""

    statistic: str
    subject: str
    label: str
    """of the y axes"""
    total: str
    """what the total is of"""
    guide: tuple[float, str] | None = None
    """a value that every panel marks, and its name"""
    counts_zeros: bool = True
    """whether steps with the value 0 count in medians and ranges"""
    learning_rate: bool = False
    """whether a panel shows the learning rate where it varies"""

    def draw(self, runs: Sequence[Statistics]) -> Figure:
        """Draw the statistic on logarithmic axes, in total above and one panel per layer below."""
        steps, per_epoch = max(run.steps for run in runs), runs[0].timeline.per_epoch
        layers = runs[0].graph.layers_of(runs[0].tensors)
        every = {
            tensor: stack([run.step(self.statistic, tensor) for run in runs]) for tensor in runs[0].tensors
        }
        parts, remarks = sections(layers, runs[0].size, lambda tensor: self._course(every[tensor]), "steps")
        columns = WIDEST if remarks else grid(len(layers))[1]
        rows = section_rows(parts, columns)
        rates = _varying_rates(runs) if self.learning_rate else None
        between = [] if rates is None else [RATES_HEIGHT]
        figure = new_figure(PAGE, 2.6 + sum(between) + sum(rows) * (1.5 if len(rows) == 1 else 1.2))
        if not steps:
            headline(figure, runs, self.subject, "no step was recorded")
            return figure
        wide = fitting_size(steps, per_epoch, int(POINTS_PER_INCH * panel_width(1)))
        narrow = fitting_size(steps, per_epoch, int(POINTS_PER_INCH * panel_width(columns)))
        binning = f"total: {_binning(wide, runs)}; layers: {_binning(narrow, runs)}"
        headline(figure, runs, self.subject, binning, *remarks)
        heights = [1.5 if len(rows) > 1 else 1.2, *between, *rows]
        cells = figure.add_gridspec(len(heights), columns, height_ratios=heights)
        above = figure.add_subplot(cells[0, :])
        self._draw_total(above, runs, wide)
        if rates is not None:
            _draw_rates(figure.add_subplot(cells[1, :], sharex=above), runs, rates, wide)
            above.tick_params(labelbottom=False)
            above.set_xlabel("")
        note = int(CHARACTERS_PER_INCH * panel_width(columns))
        colors = shown_roles(role_colors(runs[0].tensors), parts)
        drawn = section_panels(figure, parts, cells, 1 + len(between))
        for part, axes in zip(parts, drawn, strict=True):
            shown = {tensor: every[tensor] for layer in part.layers for tensor in layer.tensors}
            self._draw_layers(axes, part, runs, shown, colors, narrow, note)
        figure.supylabel(self.label, fontsize=7.5)
        handles = role_handles(colors)
        if self.guide:
            handles.append(Line2D([], [], label=self.guide[1], **GUIDE))
        legend(figure, runs, handles, handlelength=1.5)
        return figure

    def _draw_total(self, axes: Axes, runs: Sequence[Statistics], size: int) -> None:
        values = stack([run.step(self.statistic) for run in runs])
        self._draw_values(axes, values, BLACK, size, ticks=10)
        self._scale(axes, values)
        self._mark_guide(axes)
        timeline = max((run.timeline for run in runs), key=lambda timeline: timeline.steps)
        epochs_above(axes, timeline, 10, f"{self.total} (upper axis: complete epochs)")
        mark_nonfinite(axes, runs, per_step=True)

    def _draw_layers(
        self,
        drawn: Sequence[Axes],
        part: Section,
        runs: Sequence[Statistics],
        every: Mapping[str, NDArray[np.float64]],
        colors: Mapping[str, str],
        size: int,
        note: int,
    ) -> None:
        """Draw every tensor, of values (runs, steps), in its layer's panel, by bins of `size` steps.

        What a logarithmic axis cannot show is said there in words, in lines of `note` characters.
        """
        highest = {tensor: float(positive(values).max(initial=0.0)) for tensor, values in every.items()}
        least = NEGLIGIBLE * max(highest.values())
        for axes, layer in zip(drawn, part.layers, strict=True):
            notes = []
            for tensor in layer.tensors:
                name, values = role(tensor), every[tensor]
                if not np.isfinite(values).any():
                    notes.append(f"{name}: no\N{NO-BREAK SPACE}value")
                    continue
                if highest[tensor] <= least:
                    notes.append(f"{name} ≤ {number(highest[tensor])}, not\N{NO-BREAK SPACE}drawn")
                    continue
                self._draw_values(axes, values, colors[name], size, ticks=4)
                zeros = int((values == 0).sum())
                if zeros:
                    unit = "step" if zeros == 1 else "steps"
                    notes.append(f"{name} = 0 in\N{NO-BREAK SPACE}{zeros}\N{NO-BREAK SPACE}{unit}")
            write_note(axes, "\n".join(fill(words, note) for words in notes))
            mark_nonfinite(axes, runs, per_step=True)
            self._mark_guide(axes)
        shown = (values for tensor, values in every.items() if highest[tensor] > least)
        self._scale(drawn[0], *shown, ticks=5 if part.heading else 8)

    def _course(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Medians of values, (runs, steps), in bins of successive steps, (bins,)."""
        bins = equal_bins(values.shape[1], max(1, -(-values.shape[1] // RANKED_POINTS)))
        return spread(bins.columns(self._counted(values)))[1]

    def _counted(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values if self.counts_zeros else np.where(values == 0, np.nan, values)

    def _draw_values(
        self, axes: Axes, values: NDArray[np.float64], color: str, size: int, ticks: int
    ) -> None:
        _draw_steps(axes, self._counted(values), color, size, ticks)

    def _mark_guide(self, axes: Axes) -> None:
        if self.guide:
            axes.axhline(self.guide[0], zorder=1, **GUIDE)

    def _scale(self, axes: Axes, *values: NDArray[np.float64], ticks: int = 8) -> None:
        """Make y logarithmic, around the values and the guide."""
        logarithmic(axes, *values, *([np.array(self.guide[0])] if self.guide else []), ticks=ticks)


def _varying_rates(runs: Sequence[Statistics]) -> NDArray[np.float64] | None:
    """The runs' learning rates, (runs, steps); None if one has none, or if all stay what they are."""
    if not all(LEARNING_RATE in run.step_series for run in runs):
        return None
    rates = stack([run.step(LEARNING_RATE) for run in runs])
    varies = any(len(np.unique(of_run[np.isfinite(of_run)])) > 1 for of_run in rates)
    return rates if varies else None


def _draw_rates(axes: Axes, runs: Sequence[Statistics], rates: NDArray[np.float64], size: int) -> None:
    _draw_steps(axes, rates, BLACK, size, ticks=10)
    axes.set_title("learning rate")
    shown = positive(rates)
    if len(shown) and np.log10(shown.max() / shown.min()) > LOGARITHMIC_FROM:
        logarithmic(axes, rates)
        axes.yaxis.set_major_locator(LogLocator(numticks=4))
    else:
        from_zero(axes)
    mark_nonfinite(axes, runs, per_step=True)


def _draw_steps(axes: Axes, values: NDArray[np.float64], color: str, size: int, ticks: int) -> None:
    """Draw values, (runs, steps), by bins of `size` successive steps, over the steps counted from 0."""
    steps = values.shape[1]
    bins = equal_bins(steps, size)
    draw_series(axes, bins.middles, bins.columns(values), color, linewidth=0.7)
    step_axis(axes, steps, ticks, margin=max(0.015 * steps, 0.5))


def _binning(size: int, runs: Sequence[Statistics]) -> str:
    """What a point of a line stands for, in words."""
    if size == 1:
        return "every step" if len(runs) == 1 else "median and range of every step"
    epochs, rest = divmod(size, runs[0].timeline.per_epoch)
    if rest or not runs[0].timeline.regular:
        return f"median and range of {size} steps"
    return "median and range of " + ("every epoch" if epochs == 1 else f"{epochs} epochs")
