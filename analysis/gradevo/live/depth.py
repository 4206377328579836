"""The map of depth: layers × time, coloured by the logarithm of the gradient's norm."""

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CustomJSTickFormatter,
    FixedTicker,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
)
from bokeh.models.annotations import ColorBar, Span
from bokeh.models.glyphs import Image
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

from gradevo.live.bins import bins_of_steps, epochs_together, parts_of_epoch
from gradevo.live.growing import GrowingRun
from gradevo.numbers import shortened
from gradevo.report.charts.charts import packed
from gradevo.report.charts.document import FRAME, style

KEY = "depth"
ROW, LEAST, MOST = 22, 160, 620
"""Height of a layer in pixels, and of all of them."""
LABELS = 30
"""More layers than this have every n-th named."""
LETTERS = 11
NO_VALUE = "#8a8a8a"


def depth_chart(run: GrowingRun, x: Range1d) -> figure:
    """The map without its data; ``live.js`` fills ``depth:image`` and ``depth:colors``."""
    count = len(run.groups)
    zoom = BoxZoomTool(name=f"{KEY}:drag")
    plot = figure(
        name=KEY,
        height=min(MOST, max(LEAST, ROW * count)) + 80,
        sizing_mode="stretch_width",
        x_range=x,
        y_range=Range1d(start=count, end=0, bounds=(0, count), name=f"{KEY}:y"),
        x_axis_label="epoch",
        tools=[zoom, PanTool(), ResetTool(), SaveTool(filename=KEY)],
        active_drag=zoom,
        **FRAME,
    )
    style(plot, 1)
    every = -(-count // LABELS)
    named = list(range(0, count, every))
    plot.yaxis.ticker = FixedTicker(ticks=[place + 0.5 for place in named])
    names = {place + 0.5: shortened(run.groups[place].id, LETTERS) for place in named}
    plot.yaxis.formatter = CustomJSTickFormatter(args={"names": names}, code="return names.get(tick) ?? ''")
    plot.yaxis.major_label_text_font_size = "11px"
    plot.ygrid.grid_line_color = None
    colors = LinearColorMapper(palette=Viridis256, low=-1, high=0, nan_color=NO_VALUE, name=f"{KEY}:colors")
    image = ColumnDataSource({"image": [], "x": [], "width": []}, name=f"{KEY}:image")
    glyph = Image(image="image", x="x", y=value(0), dw="width", dh=value(count), color_mapper=colors)
    plot.add_glyph(image, glyph)
    plot.add_layout(Span(dimension="height", name=f"{KEY}:cursor", line_width=1, visible=False))
    bar = ColorBar(
        color_mapper=colors,
        name=f"{KEY}:bar",
        height=10,
        padding=6,
        title="‖g‖₂ (loss / weight)",
        title_text_font_style="normal",
        title_text_font_size="12px",
        title_standoff=4,
        major_label_text_font_size="11px",
        background_fill_color=None,
        formatter=CustomJSTickFormatter(code="return window.gradevo.number(10 ** tick)"),
    )
    plot.add_layout(bar, "above")
    return plot


def depth_news(run: GrowingRun, since: int) -> dict[str, object]:
    """The columns from `since` on: norms of all layers, in bins of steps, one bin after the other."""
    norms = np.sqrt(run.squares_of_layers(bins_of_steps(run.timeline).edges[since:]))
    parts = parts_of_epoch(run.timeline)
    return {
        "layers": len(run.groups),
        "since": since,
        "width": 1 / parts if parts else epochs_together(run.epochs),  # epochs
        "norms": packed(norms.T.ravel()),
    }
