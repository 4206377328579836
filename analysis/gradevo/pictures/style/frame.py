"""What stands around the curves: headline, legend, and the mark of the first non-finite step."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gradevo.pictures.style.house import BAND_OPACITY, BLACK, GREY, PAGE
from gradevo.pictures.style.save import png
from gradevo.statistics.store import Statistics

HEADER, DETAIL_LINE = 0.42, 0.15  # heights of a headline of two lines, and of each further line, in inches
LEGEND_CHARACTERS = 130  # a legend with more of them gets a further row
LETTERS_PER_EM, USUAL_HANDLE = 1.7, 2.2  # of its handles, whose length is told in ems

SEPARATOR = " · "
"""Between the remarks of a headline."""


class ShownFigure(Figure):
    """A figure that Jupyter shows without pyplot, as its file would look."""

    def _repr_png_(self) -> bytes:
        return png(self)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, drawn by Agg without any display."""
    figure = ShownFigure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, runs: Sequence[Statistics], subject: str, *remarks: str) -> None:
    """Name experiment and subject; below in grey the seeds, the data's label and further remarks.

    The axes are laid out below it; the figure grows by what more than two lines take.
    """
    seeds = f"seed {runs[0].seed}" if len(runs) == 1 else f"{len(runs)} seeds"
    labels = sorted({run.data_label for run in runs if run.data_label})
    parts = SEPARATOR.join([seeds, *labels, *remarks]).split(SEPARATOR)
    look: dict[str, Any] = {"va": "top", "in_layout": False, "parse_math": False}
    title = figure.text(0, 0, f"{runs[0].experiment.heading}: {subject}", fontsize=9, weight="bold", **look)
    details = figure.text(0, 0, "", color=GREY, **look)
    width, height = figure.get_size_inches()
    lines = parts[:1]
    for part in parts[1:]:
        details.set_text(lines[-1] + SEPARATOR + part)
        if details.get_window_extent().width <= 0.93 * width * figure.dpi:  # a little wider at 300 dpi
            lines[-1] = details.get_text()
        else:
            lines.append(part)
    details.set_text("\n".join(lines))
    header = HEADER + DETAIL_LINE * (len(lines) - 1)
    height += header - HEADER
    figure.set_size_inches(width, height)
    for inches, text in ((0.06, title), (0.24, details)):
        text.set_position((0.06 / width, 1 - inches / height))
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, 1, 1 - header / height))


def nonfinite_text(run: Statistics) -> str:
    """Where a run became non-finite, in words; empty if it did not."""
    step = run.first_nonfinite_step
    return "" if step is None else f"non-finite from step {step} (epoch {run.first_nonfinite_epoch})"


def no_epochs(runs: Sequence[Statistics], subject: str) -> Figure:
    """The figure of runs that ended before their first epoch did."""
    steps = max(run.steps for run in runs)
    message = f"No complete epoch was recorded, only {steps} {'step' if steps == 1 else 'steps'}."
    bad = _first_nonfinite(runs)
    if bad:
        message += "\n" + bad[2].capitalize() + "."
    return nothing_to_draw(runs, subject, message)


def nothing_to_draw(runs: Sequence[Statistics], subject: str, message: str) -> Figure:
    """A figure that says in words why it is empty."""
    figure = new_figure(PAGE, 2.0)
    headline(figure, runs, subject)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.text(0.5, 0.5, message, ha="center", va="center", transform=axes.transAxes)
    return figure


def mark_nonfinite(axes: Axes, runs: Sequence[Statistics], per_step: bool = False) -> None:
    """Mark the first non-finite step of all runs by a dotted line; the legend names it."""
    bad = _first_nonfinite(runs)
    if bad:
        axes.axvline(bad[0] if per_step else bad[1], color=BLACK, linewidth=0.9, linestyle=":")


def legend(
    figure: Figure,
    runs: Sequence[Statistics],
    handles: Sequence[Any] = (),
    labels: Sequence[str] = (),
    *,
    bands: bool = True,
    **look: Any,
) -> None:
    """Draw the legend below all axes; it also explains the bands of several seeds and the non-finite mark.

    Without anything to name there is none.

    handles: without, those of the first axes. labels: without, the handles' own. bands: whether several
    seeds have a median and a band.
    """
    marks: list[Any] = list(handles or figure.axes[0].get_legend_handles_labels()[0])
    names = list(labels or (str(mark.get_label()) for mark in marks))
    if bands and len(runs) > 1:
        marks.append(several_seeds())
        names.append(f"median and range of {len(runs)} seeds")
    bad = _first_nonfinite(runs)
    if bad:
        marks.append(Line2D([], [], color=BLACK, linewidth=0.9, linestyle=":"))
        names.append(bad[2])
    if not names:
        return
    handle = 8 + LETTERS_PER_EM * max(look.get("handlelength", 0.0) - USUAL_HANDLE, 0)
    rows = -int(-sum(len(name) + handle for name in names) // LEGEND_CHARACTERS)
    look |= {"ncols": -(-len(names) // rows), "columnspacing": 1.4}
    figure.legend(marks, names, loc="outside lower center", **look)


def several_seeds() -> tuple[Patch, Line2D]:
    """The legend's mark of a band and its line."""
    return Patch(color=GREY, alpha=BAND_OPACITY, linewidth=0), Line2D([], [], color=GREY)


def _first_nonfinite(runs: Sequence[Statistics]) -> tuple[int, int, str] | None:
    """Step, epoch and description of the first non-finite step of all runs."""
    several = len(runs) > 1
    bad = [
        (step, run.first_nonfinite_epoch or 0, nonfinite_text(run) + several * f", seed {run.seed}")
        for run in runs
        if (step := run.first_nonfinite_step) is not None
    ]
    return min(bad, key=lambda found: found[0], default=None)
