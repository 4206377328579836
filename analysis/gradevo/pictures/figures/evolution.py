"""The figure of all experiments: a panel a quantity, all over the training progress."""

from collections.abc import Sequence
from string import ascii_lowercase
from textwrap import fill, shorten

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from gradevo.comparison.curves import Curve, curve
from gradevo.pictures.figures.steps import NOTE
from gradevo.pictures.picture import Material, Picture
from gradevo.pictures.style.axes import logarithmic
from gradevo.pictures.style.experiments import Look, look, marked, wrapped
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import BAND_OPACITY, GREY, PAGE, house_style
from gradevo.pictures.style.save import save
from gradevo.pictures.style.series import draw_series
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import Ensemble, open_ensembles
from gradevo.statistics.statistic import Statistic

COLUMNS = 3

PANEL_HEIGHT = 1.62
LEGEND_LINE = 0.125
"""Inches."""

LEGEND_CHARACTERS = 32
"""What fits on a line of the legend."""

DECADES = 6
"""A logarithmic axis reaches at most so far down: a value that is zero but for rounding would squash all."""

NAMED = 3
"""The most experiments without a value that are named in a panel."""

NOTE_CHARACTERS = 28
"""What fits on a line of a note; longer titles are cut."""


@house_style()
def draw(ensembles: Sequence[Ensemble]) -> Figure:
    """Draw all statistics by which experiments are compared, of the experiments, 7 inches wide.

    An experiment without a value of a quantity is named in its panel, not drawn.
    """
    quantities = compared()
    entries = [_entry(ensemble) for ensemble in ensembles]
    lines = 2 + sum(entry.count("\n") + 1 for entry in entries)
    height = max(PANEL_HEIGHT, LEGEND_LINE * lines)
    rows = -(-(len(quantities) + 1) // COLUMNS)  # and a cell for the legend
    figure = new_figure(PAGE, 0.35 + (rows - 1) * PANEL_HEIGHT + height)
    cells = figure.add_gridspec(rows, COLUMNS, height_ratios=[*[PANEL_HEIGHT] * (rows - 1), height])
    looks = [look(place) for place in range(len(ensembles))]
    for place, quantity in enumerate(quantities.values()):
        axes = figure.add_subplot(cells[divmod(place, COLUMNS)])
        axes.set_title(f"({ascii_lowercase[place]}) {quantity.label}", fontsize=7.5)
        axes.set_ylabel(quantity.symbol, fontsize=7)
        curves = [curve(ensemble, quantity) for ensemble in ensembles]
        _draw_panel(axes, quantity, curves, looks)
        _name_absent(axes, ensembles, curves)
    figure.supxlabel("training progress (share of the epochs)", fontsize=7.5)
    _legend(figure, figure.add_subplot(cells[rows - 1, COLUMNS - 1]), entries, looks, ensembles)
    return figure


def _draw_panel(axes: Axes, quantity: Statistic, curves: Sequence[Curve], looks: Sequence[Look]) -> None:
    for place, (one, kind) in enumerate(zip(curves, looks, strict=True)):
        middle = one.spread()[1]
        style = {"linestyle": kind.line, "linewidth": 1.0}
        draw_series(axes, one.progress, one.values, kind.color, few=0, **style)
        points = marked(one.progress, middle, place, len(curves))
        marks = {"color": kind.color, **kind.marks()}
        axes.plot(one.progress[points], middle[points], linestyle="", zorder=3, **marks)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    if quantity.logarithmic:
        _limit(axes, curves)
    elif quantity.is_share:
        axes.set_ylim(-0.03, 1.03)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if quantity.reference is not None:
        axes.axhline(quantity.reference, color=GREY, linewidth=0.8, zorder=1)


def _limit(axes: Axes, curves: Sequence[Curve]) -> None:
    """Make y logarithmic, over at most `DECADES` decades; smaller values leave the panel at its bottom."""
    drawn = np.concatenate([one.values.ravel() for one in curves])
    with np.errstate(invalid="ignore"):
        logarithmic(axes, drawn[drawn >= np.nanmax(drawn, initial=0.0) * 10.0**-DECADES])


def _name_absent(axes: Axes, ensembles: Sequence[Ensemble], curves: Sequence[Curve]) -> None:
    """Say of which experiments there is nothing to draw; ``summary.csv`` says why."""
    pairs = zip(ensembles, curves, strict=True)
    absent = [ensemble.title for ensemble, one in pairs if not np.isfinite(one.values).any()]
    if not absent:
        return
    if len(absent) == len(ensembles):
        axes.set_yticks([])
    more = [f"{len(absent) - NAMED} more"] if len(absent) > NAMED else []
    names = [shorten(title, NOTE_CHARACTERS, placeholder="…") for title in absent[:NAMED]]
    words = "no value: " + ", ".join([*names, *more])
    axes.text(0.03, 0.04, fill(words, NOTE_CHARACTERS), va="bottom", transform=axes.transAxes, **NOTE)


def _entry(ensemble: Ensemble) -> str:
    """An experiment in the legend: title, seeds, what must be said of its data, and where runs broke down."""
    seeds = len(ensemble.runs)
    title = ensemble.title + (f", {seeds} seeds" if seeds > 1 else "")
    labels = sorted({run.data_label for run in ensemble.runs if run.data_label})
    broken = [
        f"seed {run.seed}: non-finite from epoch {run.first_nonfinite_epoch}"
        for run in ensemble.runs
        if run.first_nonfinite_epoch is not None
    ]
    return wrapped([title, *labels, *broken], LEGEND_CHARACTERS)


def _legend(
    figure: Figure,
    axes: Axes,
    entries: Sequence[str],
    looks: Sequence[Look],
    ensembles: Sequence[Ensemble],
) -> None:
    axes.set_axis_off()
    handles: list[Artist | tuple[Artist, ...]] = [
        Line2D([], [], color=kind.color, linestyle=kind.line, linewidth=1.0, **kind.marks()) for kind in looks
    ]
    names = list(entries)
    if any(len(ensemble.runs) > 1 for ensemble in ensembles):
        handles.append((Patch(color=GREY, alpha=BAND_OPACITY, linewidth=0), Line2D([], [], color=GREY)))
        names.append("median and range of seeds")
    legend = axes.legend(handles, names, loc="center left", fontsize=7, borderaxespad=0, labelspacing=0.35)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _caption() -> str:
    panels = list(zip(ascii_lowercase, compared().values(), strict=False))
    *most, last = [f"({letter})" for letter, one in panels if one.logarithmic]
    return " ".join(
        [
            "How gradients evolve in several experiments, over the share of the epochs that is over. Each "
            "line is the median of an experiment's seeds, each band reaches from their minimum to their "
            "maximum; markers only tell the lines apart. All panels have a value for every epoch.",
            *(f"({letter}) {one.caption or one.meaning}" for letter, one in panels),
            f"{', '.join(most)} and {last} have logarithmic axes, of at most six decades: smaller "
            "values leave them at the bottom.",
        ]
    )


def _drawn(material: Material) -> None:
    with open_ensembles(material.files) as ensembles:
        save(draw(ensembles), material.folder, "evolution")


PICTURE = Picture(
    "evolution",
    needs="compared statistics",
    asked="comparison",
    files=("evolution.png", "evolution.pdf"),
    draw=_drawn,
    heading="How gradients evolve, on common axes",
    link="Evolution",
    alt="Small multiples of all experiments over the training's progress from 0 to 1, a panel for each "
    "statistic.",
    seen=_caption(),
)
