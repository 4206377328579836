"""The HTML of explorers: labelled native controls, an empty place for the chart, its numbers as a table."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from gradevo.numbers import three_digits
from gradevo.report.charts.explorer import INK, Explorer, Series

STATIC = Path(__file__).parent / "static"

ROWS = 25
"""The largest number of rows of a table; `charts.js` has the same."""

_TEMPLATE: Any = (
    Environment(autoescape=True, loader=FileSystemLoader(STATIC, encoding="utf-8"), trim_blocks=False)
    .get_template("charts.html")
    .module
)


def section(identifier: str, explorer: Explorer) -> str:
    """The section of one explorer, with the numbers that it shows first."""
    return str(_TEMPLATE.chart(identifier, _view(explorer)))


def place(identifier: str, label: str, first: float, last: float, step: float) -> str:
    """The slider that moves the place at which all charts are read, and the button that shows all again."""
    return str(_TEMPLATE.place(identifier, label, *(f"{value:g}" for value in (first, last, step))))


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
