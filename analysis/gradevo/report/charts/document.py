"""The Bokeh figures of explorers, in one document with one axis of x, without any data.

``charts.js`` fills the sources and finds them by name: ``<key>:lines``, ``:bands``, ``:points``. Further
names are ``<key>:cursor``, the line that shows the same place in all charts, ``<key>:y``, and ``x``.

Bokeh numbers models by a counter of the process, or at random if `BOKEH_SIMPLE_IDS` says so. Here the models
of a document are numbered anew, in the order in which they stand in it, so that its bytes depend on nothing
but what it shows.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from bokeh.document import Document
from bokeh.model import Model
from bokeh.models import (
    BasicTicker,
    BoxZoomTool,
    ColumnDataSource,
    CustomJSTickFormatter,
    HoverTool,
    InlineStyleSheet,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Span
from bokeh.plotting import figure

from gradevo.report.charts.explorer import Explorer

HEIGHT = 300
"""Height of a chart in CSS pixels."""

DIVIDER = ".bk-divider { background-color: var(--line, #e4e4e4); }"

FRAME: dict[str, Any] = {
    "toolbar_location": "above",
    "active_scroll": None,
    "background_fill_color": None,
    "border_fill_color": None,
    "outline_line_color": None,
    "min_border_left": 76,  # the epochs of charts below one another are in line
    "min_border_right": 12,
}
"""What all charts have around them."""

NUMBERS = "return window.gradevo.number(tick)"

TOOLTIP = """
<div class="gradevo-tip" style="font: 12px/1.4 system-ui, sans-serif; color: #111; max-width: 18rem">
<b>@name</b><br>@place<br>@text</div>
"""


def draw(
    explorers: Sequence[Explorer],
    start: float,
    end: float,
    interval: float,
    others: Sequence[Callable[[Range1d], Model]] = (),
) -> Document:
    """A document with a root for every explorer; all share the axis of x from `start` to `end`.

    Ticks there are at least `interval` apart. others: charts on that axis, which come last.
    """
    document = Document()
    x = Range1d(start=start, end=end, bounds=(start, end), name="x")
    for explorer in explorers:
        document.add_root(_figure(explorer, x, interval))
    for other in others:
        document.add_root(other(x))
    return document


def _figure(explorer: Explorer, x: Range1d, interval: float) -> figure:
    key = explorer.key
    hover = HoverTool(
        tooltips=TOOLTIP, point_policy="snap_to_data", limit=1, attachment="horizontal", visible=False
    )
    zoom = BoxZoomTool(name=f"{key}:drag")
    plot = figure(
        name=key,
        height=HEIGHT,
        sizing_mode="stretch_width",
        x_range=x,
        y_range=Range1d(start=0, end=1, name=f"{key}:y"),
        x_axis_label=explorer.axis,
        tools=[zoom, PanTool(), WheelZoomTool(), ResetTool(), SaveTool(filename=key), hover],
        active_drag=zoom,
        **FRAME,
    )
    style(plot, interval)
    lines, bands, points = (
        ColumnDataSource({column: [] for column in columns.split()}, name=f"{key}:{what}")
        for what, columns in (
            ("lines", "xs ys color dash width"),
            ("bands", "xs ys color alpha"),
            ("points", "x y color alpha name place text"),
        )
    )
    plot.patches("xs", "ys", source=bands, fill_color="color", fill_alpha="alpha", line_color=None)
    plot.multi_line(
        "xs", "ys", source=lines, line_color="color", line_dash="dash", line_width="width", line_join="round"
    )
    hover.renderers = [
        plot.scatter(
            "x",
            "y",
            source=points,
            size=5,
            fill_color="color",
            line_color=None,
            fill_alpha="alpha",
            hit_dilation=2.5,
        )
    ]
    plot.add_layout(Span(dimension="height", name=f"{key}:cursor", line_width=1, visible=False))
    for mark in explorer.marks:
        plot.add_layout(
            Span(dimension="height", location=mark.x, line_width=1.5, line_dash="dotted", name=f"{key}:mark")
        )
    return plot


def style(plot: figure, interval: float) -> None:
    """Lines and letters as in the figures; colours come from the page."""
    plot.toolbar.logo = None
    plot.toolbar.stylesheets = [InlineStyleSheet(css=DIVIDER)]
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "13px"
        axis.major_label_text_font_size = "12px"
        axis.axis_label_text_font = axis.major_label_text_font = "system-ui, sans-serif"
        axis.minor_tick_line_color = None
        axis.major_tick_in = 0
        axis.formatter = CustomJSTickFormatter(code=NUMBERS)
    plot.xgrid.grid_line_color = None
    plot.xaxis.ticker = BasicTicker(min_interval=interval, mantissas=[1, 2, 5])


def document_json(document: Document, prefix: str) -> dict[str, Any]:
    """The document, its models named ``<prefix>-1``, ``<prefix>-2``, …"""
    names: defaultdict[str, str] = defaultdict(lambda: f"{prefix}-{len(names) + 1}")
    text = json.dumps(document.to_json(deferred=False))
    text = re.sub(r'"id": "(.+?)"', lambda found: f'"id": "{names[found[1]]}"', text)
    content: dict[str, Any] = json.loads(text)
    return content
