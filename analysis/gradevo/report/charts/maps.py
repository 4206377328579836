"""Maps that one asks: the cosine of any two steps, layer by layer, and how large a tensor's elements are.

``maps.js`` draws them and answers. What a browser test can hold on to:

* ``html[data-gradevo-maps="ready"]``: all are drawn.
* ``section[data-map="similarity"]`` with ``data-shown`` (``total`` or a layer), ``data-steps="320 1600"``; in
  it ``select``, ``input[data-end="0"]`` and ``"1"`` (the two steps), ``tr[data-row]`` with a cosine each.
* ``section[data-map="distributions"]`` with ``data-shown`` and ``data-epoch``; in it ``select``,
  ``input[data-end="0"]`` (the epoch), ``tr[data-row]`` with the numbers of that epoch.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    Image,
    LinearColorMapper,
    Range1d,
    SaveTool,
)
from bokeh.plotting import figure
from jinja2 import Environment, FileSystemLoader
from numpy.typing import NDArray

from gradevo.bands import epoch_bins
from gradevo.numbers import grouped
from gradevo.report.charts.charts import STATIC, packed
from gradevo.report.charts.document import FRAME, document_json, style
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.distributions import FORMATS, Elements, quantiles
from gradevo.statistics.exponents import BIAS
from gradevo.statistics.similarity import cosine_error, cosines, strongest_layers
from gradevo.statistics.store import Statistics

MOST_STEPS = 160
"""Steps of a map."""
MOST_EPOCHS = 120
"""More epochs are put into bins of several."""
MOST_SERIES = 40
"""Layers, and tensors, that can be chosen: those with the largest gradients, or elements."""
FAINTEST, STRONGEST, GAMMA = 1e-5, 0.5, 0.4
"""A share is drawn by (share / strongest)^gamma; what is fainter is not told from none."""
HEIGHT = 420
"""Of a map in CSS pixels."""
UNKNOWN = -128
"""Where a cosine has no value; the others are in hundredths."""

_TEMPLATE: Any = (
    Environment(autoescape=True, loader=FileSystemLoader(STATIC, encoding="utf-8"))
    .get_template("maps.html")
    .module
)


@dataclass(frozen=True)
class Maps:
    """The maps of a page, as HTML that needs no escaping; empty where there is nothing to show."""

    html: str
    """the sections"""
    script: str
    """the data: a script element that runs nothing"""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.html)


def experiment_maps(run: Statistics) -> Maps:
    """The maps of an experiment, of its first seed."""
    shown = [found for found in (_similarity(run), _distributions(run)) if found]
    if not shown:
        return Maps("", "")
    document = Document()
    for one in shown:
        document.add_root(_figure(one["key"], one["axes"]))
    described = document_json(document, "maps")
    for one, root in zip(shown, described["roots"], strict=True):
        one["root"] = root["id"]
    content = {"document": described, "maps": shown}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # no text may close the element
    script = f'<script type="application/json" data-gradevo-maps>{text}</script>'
    return Maps("".join(str(_TEMPLATE.section(one)) for one in shown), script)


def _similarity(run: Statistics) -> dict[str, Any] | None:
    """What the map of cosines shows: of steps of which the layers' gradients were kept, too."""
    folded = run.folded()
    layers = strongest_layers(run, MOST_SERIES) if len(run.layers) > 1 else []
    kept = run.folded(layers[0]).steps if layers else folded.steps
    if len(kept) < 2:  # of a network with very many layers, of which single steps are kept
        layers, kept = [], folded.steps
    steps = kept[:: max(1, -(-len(kept) // MOST_STEPS))]
    if len(steps) < 2:
        return None
    rows = {TOTAL: folded.rows[np.searchsorted(folded.steps, steps)]}
    rows |= {layer: run.folded(layer).rows[np.searchsorted(kept, steps)] for layer in layers}
    error = cosine_error(run.size())
    every = int(steps[1] - steps[0])
    notes = [
        f"Seed {run.seed}; {f'1 of {every} of' if every > 1 else 'all'} {grouped(run.steps)} steps.",
        f"Cosines have a standard error of up to {error:.2f}, less near ±1."
        if error
        else "Cosines are exact.",
        _chosen(len(layers), len(run.layers), "layers", "gradients"),
    ]
    losses = run.step("loss")[steps]
    epochs = [run.timeline.epoch_of(step) for step in steps.tolist()]
    return {
        "key": "similarity",
        "title": "Cosine of any two steps",
        "label": "Gradient of",
        "ends": ["One step", "Other step"],
        "first": [len(steps) // 4, len(steps) - 1],
        "places": steps.tolist(),
        "names": [f"step {step}, epoch {epoch}" for step, epoch in zip(steps.tolist(), epochs, strict=True)],
        "losses": packed(losses),
        "heads": ["Gradient of", "Cosine"],
        "rows": list(rows),
        "series": {name: _hundredths(values) for name, values in rows.items()},
        "axes": ["step", "step"],
        "range": [[int(steps[0]) - every / 2, int(steps[-1]) + every / 2]] * 2,
        "note": " ".join(filter(None, notes)),
        "how": "Click on the map, or move the two sliders.",
    }


def _hundredths(rows: NDArray[np.floating]) -> str:
    """Cosines above the diagonal, row by row, in hundredths as int8, in base64."""
    found = cosines(rows)
    above = found[np.triu_indices(len(found), 1)]
    whole = np.where(np.isnan(above), UNKNOWN, np.rint(100 * np.nan_to_num(above))).astype(np.int8)
    return b64encode(whole.tobytes()).decode("ascii")


def _distributions(run: Statistics) -> dict[str, Any] | None:
    """What the map of elements shows."""
    if not run.epochs:
        return None
    bins = epoch_bins(run.epochs, MOST_EPOCHS)
    every = {tensor: Elements.of(run, tensor, bins) for tensor in run.tensors}
    largest = sorted(every, key=lambda tensor: -every[tensor].overall(0.95))[:MOST_SERIES]
    shown = {tensor: of for tensor, of in every.items() if tensor in largest}
    there = np.flatnonzero(sum(of.sizes.sum(axis=0) for of in shown.values()))
    if not len(there):
        return None
    low, high = int(there[0]), int(there[-1]) + 1
    firsts, lasts = bins.edges[:-1] + 1, bins.edges[1:]
    notes = [
        f"Seed {run.seed}; exact counts of all elements of all recorded batches' gradients.",
        f"{bins.widest} epochs together." if bins.widest > 1 else "",
        _chosen(len(shown), len(run.tensors), "tensors", "elements"),
    ]
    return {
        "key": "distributions",
        "title": "Sizes of gradient elements",
        "label": "Gradient of",
        "ends": ["Epoch"],
        "first": [len(firsts) - 1],
        "places": lasts.tolist(),
        "names": [
            f"epoch {first}" if first == last else f"epochs {first} to {last}"
            for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        ],
        "heads": ["In this epoch", ""],
        "rows": [
            "5 % are smaller than",
            "half are smaller than",
            "95 % are smaller than",
            "exactly zero",
            *(f"lost in {one.name}{', loss scaled by 2¹⁶' if one.scaled else ''}" for one in FORMATS),
        ],
        "series": {
            tensor: {
                "shares": _levels(of.shares[:, low:high]),
                "numbers": [
                    *(packed(values) for values in quantiles(of.sizes).T),
                    packed(of.zero_shares),
                    *(packed(one.lost(of.sizes)) for one in FORMATS),
                ],
            }
            for tensor, of in shown.items()
        },
        "axes": ["epoch", "size of an element"],
        "range": [[0.5, run.epochs + 0.5], [low - BIAS, high - BIAS]],
        "scale": [STRONGEST, GAMMA],
        "note": " ".join(filter(None, notes)),
        "how": "Shares lost are of the elements that are not zero. Click on the map, or move the slider.",
    }


def _levels(shares: NDArray[np.float64]) -> str:
    """Shares of all elements as 0 to 255, an epoch after the other, in base64."""
    levels = np.rint(255 * np.minimum(shares / STRONGEST, 1) ** GAMMA)
    return b64encode(np.where(shares < FAINTEST, 0, levels).astype(np.uint8).tobytes()).decode("ascii")


def _chosen(shown: int, of: int, noun: str, largest: str) -> str:
    return f"The {shown} of {of} {noun} with the largest {largest}." if 0 < shown < of else ""


def _figure(key: str, axes: Sequence[str]) -> figure:
    """An image of one cell, which the page replaces; nothing but its place is known here."""
    plot = figure(
        name=key,
        height=HEIGHT,
        sizing_mode="stretch_width",
        x_range=Range1d(start=0, end=1),
        y_range=Range1d(start=0, end=1),
        x_axis_label=axes[0],
        y_axis_label=axes[1],
        tools=[SaveTool(filename=key)],
        **FRAME,
    )
    style(plot, interval=1)
    plot.ygrid.grid_line_color = None
    if key == "distributions":
        plot.yaxis.formatter = CustomJSTickFormatter(code="return window.gradevo.powerOfTwo(tick)")
    image = ColumnDataSource(
        {"image": [np.zeros((1, 1), np.float32)], "x": [0], "y": [0], "dw": [1], "dh": [1]},
        name=f"{key}:image",
    )
    mapper = LinearColorMapper(
        palette=["#ffffff"], low=0, high=1, nan_color="rgba(0,0,0,0)", name=f"{key}:colors"
    )
    plot.add_glyph(image, Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=mapper))
    marks = ColumnDataSource({"xs": [], "ys": []}, name=f"{key}:marks")
    plot.multi_line("xs", "ys", source=marks, line_width=1.2, line_alpha=0.8, name=f"{key}:lines")
    quantile_lines = ColumnDataSource({"xs": [], "ys": [], "width": []}, name=f"{key}:quantiles")
    plot.multi_line("xs", "ys", source=quantile_lines, line_width="width", line_color="#e69f00")
    return plot
