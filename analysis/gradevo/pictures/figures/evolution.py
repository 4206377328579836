"""The figure of all experiments: a panel per quantity, all over the training progress."""

from collections.abc import Sequence
from string import ascii_lowercase
from textwrap import fill, shorten

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gradevo.comparison.curves import Curve, curve
from gradevo.pictures.picture import Material, Picture
from gradevo.pictures.style.axes import draw_series, logarithmic, positive
from gradevo.pictures.style.experiments import Look, look, marked
from gradevo.pictures.style.frame import new_figure, several_seeds
from gradevo.pictures.style.house import GREY, PAGE, house_style
from gradevo.pictures.style.panels import write_note
from gradevo.pictures.style.save import save
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import Ensemble, open_ensembles
from gradevo.statistics.statistic import Statistic

COLUMNS = 3

PANEL_HEIGHT, LEGEND_LINE = 1.62, 0.125  # inches
LEGEND_CHARACTERS, NOTE_CHARACTERS = 32, 28  # what fits on a line; longer titles in notes are cut

DECADES = 6  # the most on a logarithmic axis: a zero but for rounding would squash all; it leaves the panel
NAMED = 3  # the most experiments without a value that are named in a panel


@house_style()
def draw(ensembles: Sequence[Ensemble]) -> Figure:
    """Draw all statistics by which experiments are compared, a panel per statistic, 7 inches wide.

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
    handles: list[Artist | tuple[Artist, ...]] = [
        Line2D([], [], linestyle=kind.line, linewidth=1.0, **kind.marks()) for kind in looks
    ]
    if any(len(ensemble.runs) > 1 for ensemble in ensembles):
        handles.append(several_seeds())
        entries.append("median and range of seeds")
    axes = figure.add_subplot(cells[rows - 1, COLUMNS - 1])
    axes.set_axis_off()
    legend = axes.legend(handles, entries, loc="center left", fontsize=7, borderaxespad=0, labelspacing=0.35)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _draw_panel(axes: Axes, quantity: Statistic, curves: Sequence[Curve], looks: Sequence[Look]) -> None:
    for place, (one, kind) in enumerate(zip(curves, looks, strict=True)):
        middle = one.spread()[1]
        draw_series(axes, one.progress, one.values, kind.color, few=0, linestyle=kind.line, linewidth=1.0)
        points = marked(one.progress, middle, place, len(curves))
        axes.plot(one.progress[points], middle[points], linestyle="", zorder=3, **kind.marks())
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    if quantity.logarithmic:
        drawn = positive(*(one.values for one in curves))
        logarithmic(axes, drawn[drawn >= drawn.max(initial=0.0) * 10.0**-DECADES])
    elif quantity.is_share:
        axes.set_ylim(-0.03, 1.03)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if quantity.reference is not None:
        axes.axhline(quantity.reference, color=GREY, linewidth=0.8, zorder=1)


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
    write_note(axes, fill("no value: " + ", ".join([*names, *more]), NOTE_CHARACTERS), y=0.04)


def _entry(ensemble: Ensemble) -> str:
    """An experiment in the legend: title, seeds, what must be said of its data, and where runs broke down."""
    seeds = len(ensemble.runs)
    parts = [
        ensemble.title + (f", {seeds} seeds" if seeds > 1 else ""),
        *sorted({run.data_label for run in ensemble.runs if run.data_label}),
        *(
            f"seed {run.seed}: non-finite from epoch {run.first_nonfinite_epoch}"
            for run in ensemble.runs
            if run.first_nonfinite_epoch is not None
        ),
    ]
    return "\n".join(fill(part, LEGEND_CHARACTERS, subsequent_indent="  ") for part in parts)


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


def _figure(material: Material) -> Figure:
    with open_ensembles(material.files) as ensembles:
        return draw(ensembles)


def _drawn(material: Material) -> None:
    save(_figure(material), material.folder, "evolution")


PICTURE = Picture(
    "evolution",
    needs="compared statistics",
    asked="comparison",
    files=("evolution.png", "evolution.pdf"),
    draw=_drawn,
    figure=_figure,
    heading="How gradients evolve, on common axes",
    link="Evolution",
    alt="Small multiples of all experiments over the training's progress from 0 to 1, a panel for each "
    "statistic.",
    seen=_caption(),
)
