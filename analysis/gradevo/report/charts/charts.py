"""From ensembles to what a page needs: HTML, data, scripts and style."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import bokeh
import numpy as np
from bokeh.model import Model
from bokeh.models import Range1d
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from numpy.typing import NDArray

from gradevo.numbers import three_digits
from gradevo.report.charts.document import document_json, draw
from gradevo.report.charts.explorer import (
    INK,
    Explorer,
    Points,
    Quantity,
    Series,
    is_logarithmic,
    may_be_logarithmic,
)

STATIC = Path(__file__).parent / "static"

ROWS = 25
"""The largest number of rows of a table; `charts.js` has the same."""

_TEMPLATE: Any = (
    Environment(autoescape=True, loader=FileSystemLoader(STATIC, encoding="utf-8"), trim_blocks=False)
    .get_template("charts.html")
    .module
)


SMALLEST, LARGEST = 1e-37, 1e38
"""Magnitudes that float32 keeps with all its digits."""


@dataclass(frozen=True)
class Charts:
    """The charts of one page, as HTML that needs no escaping."""

    place: str
    """Slider over the epochs at which all charts are read; goes above them. Empty without charts."""
    divs: Mapping[str, str]
    """Key of a chart (loss, metric, epochs, steps, layers; comparison) -> its section."""
    script: str
    """The data: a script element that runs nothing, anywhere in the body."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.divs)

    @property
    def html(self) -> str:
        """Slider and sections together, in a grid."""
        if not self.divs:
            return ""
        return f'{self.place}<div class="gradevo-charts">{"".join(self.divs.values())}\n</div>'


def bokeh_scripts() -> dict[str, str]:
    """File name -> JavaScript, in the order in which a page loads them: BokehJS, then the charts' own."""
    folder = Path(bokeh.__file__).parent / "server" / "static" / "js"
    return {
        f"bokeh-{bokeh.__version__}.min.js": (folder / "bokeh.min.js").read_text(encoding="utf-8"),
        **{name: (STATIC / name).read_text(encoding="utf-8") for name in ("charts.js", "maps.js")},
    }


def charts_style() -> str:
    """The style sheet of the controls."""
    return "".join((STATIC / name).read_text(encoding="utf-8") for name in ("charts.css", "maps.css"))


def charts_of(
    identifier: str,
    explorers: Sequence[Explorer],
    slider: tuple[str, float, float, float],
    ends: tuple[float, float],
    others: Mapping[str, Callable[[Range1d], Model]] | None = None,
) -> Charts:
    """The charts of any explorers, and other charts on the same axis, for which the page has a script.

    slider: label, first and last place, and the step between places. ends: those of the axis of x. others:
    key -> from that axis to the chart, which is put into the page's element ``<identifier>-<key>``.
    """
    if not explorers:
        return Charts("", {}, "")
    label, *places = slider
    unit = places[-1]
    drawn = draw(explorers, *ends, interval=1 if unit == 1 else 0.1, others=list((others or {}).values()))
    document = document_json(drawn, identifier)
    roots = [root["id"] for root in document["roots"]]
    content = {
        "id": identifier,
        "unit": unit,
        "explorers": [_content(one, root) for one, root in zip(explorers, roots, strict=False)],
        "others": dict(zip(others or {}, roots[len(explorers) :], strict=True)),
        "document": document,
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # no text may close the element
    script = f'<script type="application/json" data-gradevo-charts="{identifier}">{text}</script>'
    return Charts(
        str(_TEMPLATE.place(identifier, label, *(f"{place:g}" for place in places))),
        {one.key: str(_TEMPLATE.chart(identifier, _view(one))) for one in explorers},
        script,
    )


def _content(explorer: Explorer, root: str) -> dict[str, Any]:
    names = [series.name for series in explorer.series]
    return {
        "key": explorer.key,
        "root": root,
        "many": explorer.many,
        "axis": explorer.axis,
        "seeds": explorer.seeds,
        "quantities": [
            {
                **{key: getattr(quantity, key) for key in ("name", "label", "formula", "axis", "zero")},
                **_scales(explorer, quantity),
            }
            for quantity in explorer.quantities
        ],
        "series": [vars(series) for series in explorer.series],
        "x": _once(packed(explorer.x[name]) for name in names),
        "places": _once(explorer.places[name] for name in names),
        "curves": _curves(explorer, names),
    }


def growth(explorer: Explorer, names: Sequence[str], since: int) -> dict[str, Any]:
    """What `charts.js` puts in place of all points from `since` on; names: series that share their points."""
    curves = {
        key: Points(*(values[since:] for values in vars(points).values()))
        for key, points in explorer.curves.items()
        if key[1] in names
    }
    return {
        "series": [index for index, one in enumerate(explorer.series) if one.name in names],
        "since": since,
        "x": packed(explorer.x[names[0]][since:]),
        "places": explorer.places[names[0]][since:],
        "curves": _curves(replace(explorer, curves=curves), names),
    }


def scales(explorer: Explorer) -> list[dict[str, bool]]:
    """Of every quantity, whether its axis may be logarithmic, and whether it is at first."""
    return [_scales(explorer, quantity) for quantity in explorer.quantities]


def _scales(explorer: Explorer, quantity: Quantity) -> dict[str, bool]:
    return {"positive": may_be_logarithmic(explorer, quantity), "log": is_logarithmic(explorer, quantity)}


def _curves(explorer: Explorer, names: Sequence[str]) -> dict[str, list[list[str] | None]]:
    return {
        quantity.name: [_curve(explorer.curves.get((quantity.name, name)), explorer.seeds) for name in names]
        for quantity in explorer.quantities
    }


def _once(values: Iterable[Any]) -> list[Any]:
    """What all series have, or else what each of them has."""
    every = list(values)
    return every[:1] if all(value == every[0] for value in every) else every


def _curve(points: Points | None, seeds: int) -> list[str] | None:
    """Median, lowest, highest (empty where they are the median), and runs (empty where they are all)."""
    if points is None:
        return None
    flat = np.array_equal(points.low, points.high, equal_nan=True)
    band = ["", ""] if flat else [packed(points.low), packed(points.high)]
    return [packed(points.middle), *band, "" if (points.seeds == seeds).all() else packed(points.seeds)]


def packed(values: NDArray[Any]) -> str:
    """``"f4:"``, ``"f8:"`` or ``"u1:"`` and the little-endian numbers in base64.

    Integers from 0 to 255 take a byte. Other numbers are rounded to float32, seven digits, unless one of them
    is out of its range.
    """
    if np.issubdtype(values.dtype, np.integer) and values.min(initial=0) >= 0 and values.max(initial=0) < 256:
        return "u1:" + b64encode(values.astype("u1").tobytes()).decode("ascii")
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    kind = "f4" if not len(sizes) or (sizes.min() > SMALLEST and sizes.max() < LARGEST) else "f8"
    return f"{kind}:" + b64encode(np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()).decode("ascii")


def _view(explorer: Explorer) -> Mapping[str, Any]:
    chosen = next(quantity for quantity in explorer.quantities if quantity.name == explorer.chosen)
    several = any(not np.array_equal(p.low, p.high, equal_nan=True) for p in explorer.curves.values())
    return {
        **vars(explorer),
        "formula": chosen.formula,
        "caption": chosen.label + (", medians" if several else ""),
        "groups": [
            (group, list(quantities))
            for group, quantities in groupby(explorer.quantities, lambda quantity: quantity.group)
        ],
        "note": " ".join(filter(None, [explorer.note, *(mark.text for mark in explorer.marks)])),
        "rows": _rows(explorer),
        "series": [{**vars(series), **_stroke(series)} for series in explorer.series],
    }


def _stroke(series: Series) -> dict[str, str]:
    dashes = Markup(' stroke-dasharray="{}"').format(series.dash) if series.dash != "solid" else ""
    return {"stroke": "currentColor" if series.color == INK else series.color, "dasharray": dashes}


def _rows(explorer: Explorer) -> Sequence[tuple[str, list[str]]]:
    """Up to `ROWS` places, evenly chosen, with the medians there of the series that are shown first."""
    if not explorer.shown:
        return []
    first = explorer.shown[0]
    rows = []
    for index in np.unique(np.linspace(0, len(explorer.x[first]) - 1, ROWS).round().astype(int)).tolist():
        values = []
        for name in explorer.shown:
            points = explorer.curves.get((explorer.chosen, name))
            near = int(np.argmin(np.abs(explorer.x[name] - explorer.x[first][index])))
            known = points is not None and np.isfinite(points.middle[near])
            values.append(three_digits(float(points.middle[near])) if points is not None and known else "–")
        rows.append((explorer.places[first][index], values))
    return rows
