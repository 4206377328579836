"""Small multiples: one panel per layer, in it one colour per role (kernel, bias, …).

Thirty tensors in one panel cannot be told apart; two or three can, and the panels share their axes,
so layers are still compared.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gradevo.layers import Layer, role
from gradevo.pictures.ranking import ranked
from gradevo.pictures.style.house import BLUE, GREEN, GREY, ORANGE, PAGE, SEQUENCE, VERMILION

ROLE_COLORS = {"kernel": BLUE, "weight": BLUE, "bias": ORANGE, "gamma": GREEN, "beta": VERMILION}
"""Colours of the roles that most networks have; a kernel is PyTorch's weight."""

WIDEST = 5  # the largest number of panels in a row
MOST = 30  # layers that have a panel each; more could not be read, and take minutes
HEADING = 0.14  # height of a section's heading, of that of a row of panels


def role_colors(tensors: Sequence[str]) -> dict[str, str]:
    """A colour for every role that occurs, in order of occurrence."""
    roles = dict.fromkeys(role(tensor) for tensor in tensors)
    taken = {ROLE_COLORS[name] for name in roles if name in ROLE_COLORS}
    free = itertools.cycle([color for color in SEQUENCE if color not in taken])
    return {name: ROLE_COLORS.get(name) or next(free) for name in roles}


def grid(panels: int) -> tuple[int, int]:
    """Rows and columns with few empty places and at most `WIDEST` columns."""
    if panels < WIDEST:
        return 1, panels
    columns = min(range(3, WIDEST + 1), key=lambda count: (-panels % count - (count > 3), -count))
    return -(-panels // columns), columns


def panels(figure: Figure, layers: Sequence[Layer], cells: GridSpec, first_row: int = 0) -> list[Axes]:
    """A panel per layer, its name above, in the cells from `first_row` on.

    The panels share their axes; numbers and labels stand at the outer panels only.
    """
    drawn: list[Axes] = []
    for place, layer in enumerate(layers):
        row, column = divmod(place, cells.ncols)
        first = drawn[0] if drawn else None
        axes = figure.add_subplot(cells[first_row + row, column], sharex=first, sharey=first)
        axes.set_title(wrapped(layer.id), fontsize=7.5, parse_math=False)
        lowest = place + cells.ncols >= len(layers)
        axes.tick_params(labelleft=column == 0, labelbottom=lowest)
        axes.xaxis.label.set_visible(lowest)
        if lowest and row < -(-len(layers) // cells.ncols) - 1:
            outside_layout(axes.xaxis)
        drawn.append(axes)
    return drawn


@dataclass(frozen=True)
class Section:
    """Layers that have a panel each, and why these have one; no heading where all layers have."""

    layers: list[Layer]
    heading: str = ""


def sections(
    layers: Sequence[Layer],
    size: Callable[[str], int],
    curve: Callable[[str], NDArray[np.float64]],
    over: str,
) -> tuple[list[Section], list[str]]:
    """The layers that are shown, and a remark on those that are not: of more than `MOST`, ranked ones.

    Args:
        layers: All of them.
        size: Tensor -> its number of elements.
        curve: Tensor -> (places,). Layers are ranked by that of their largest tensor.
        over: What the places are: ``"epochs"``.
    """
    if len(layers) <= MOST:
        return [Section(list(layers))], []
    known = {layer.id: layer for layer in layers}
    curves = {layer.id: curve(max(layer.tensors, key=size)) for layer in layers}
    groups = ranked(curves, WIDEST, over)
    found = [Section([known[name] for name in group.names], group.heading) for group in groups]
    shown = sum(len(section.layers) for section in found)
    others = len(layers) - shown
    return found, [f"{shown} of {len(layers)} layers, ranked by their largest tensor", f"{others} not shown"]


def shown_roles(colors: Mapping[str, str], parts: Sequence[Section]) -> dict[str, str]:
    """The colours of those roles that the sections show."""
    shown = {role(tensor) for part in parts for layer in part.layers for tensor in layer.tensors}
    return {name: color for name, color in colors.items() if name in shown}


def section_rows(parts: Sequence[Section], columns: int) -> list[float]:
    """Heights of the rows in which `section_panels` draws sections, as shares of a row of panels."""
    rows: list[float] = []
    for part in parts:
        rows += ([HEADING] if part.heading else []) + -(-len(part.layers) // columns) * [1.0]
    return rows


def section_panels(
    figure: Figure, parts: Sequence[Section], cells: GridSpec, first_row: int = 0
) -> list[list[Axes]]:
    """A panel per layer, section by section, each below its heading; a section's panels share their axes."""
    drawn, row = [], first_row
    for part in parts:
        if part.heading:
            above = figure.add_subplot(cells[row, :])
            above.set_axis_off()
            above.text(0, 0, part.heading, fontsize=7.5, color=GREY, va="bottom", transform=above.transAxes)
            row += 1
        drawn.append(panels(figure, part.layers, cells, row))
        row += -(-len(part.layers) // cells.ncols)
    return drawn


def outside_layout(axis: XAxis) -> None:
    """Let numbers stand in the empty place below a panel, instead of pushing a whole row down."""
    axis.get_tightbbox = lambda *_, **__: None  # type: ignore[method-assign]


def panel_width(columns: int) -> float:
    """About how wide the panels of a grid are on a page, in inches."""
    return (PAGE - 0.8) / columns - 0.15


def wrapped(name: str, width: int = 22) -> str:
    """Break a long name into lines of at most `width` characters, after ``/`` or ``_`` where possible."""
    lines = []
    while len(name) > width:
        cut = 1 + max(name.rfind(mark, 0, width) for mark in "/_") or width
        lines.append(name[:cut])
        name = name[cut:]
    return "\n".join([*lines, name])


def write_note(axes: Axes, words: str, y: float = 0.03) -> None:
    """Write words into a panel, at its lower left, above what is drawn there."""
    look: dict[str, Any] = {
        "fontsize": 7,
        "parse_math": False,
        "in_layout": False,  # the panels' widths shall not depend on it
        "bbox": {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.5},
    }
    axes.text(0.03, y, words, va="bottom", transform=axes.transAxes, **look)


def role_handles(colors: Mapping[str, str]) -> list[Line2D]:
    """Legend entries that name the roles' colours."""
    look: dict[str, Any] = {"linestyle": "", "marker": "s", "markersize": 5}
    return [Line2D([], [], color=color, label=name, **look) for name, color in colors.items()]
