"""From ensembles to what a page needs: HTML, data, scripts and style."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bokeh
import numpy as np

from gradevo.report.charts import markup
from gradevo.report.charts.arrays import packed
from gradevo.report.charts.comparison import comparison_explorers
from gradevo.report.charts.embedded import document_json
from gradevo.report.charts.experiment import experiment_explorers, last_epoch
from gradevo.report.charts.explorer import Explorer, is_logarithmic, may_be_logarithmic
from gradevo.report.charts.picture import draw
from gradevo.report.charts.points import Points
from gradevo.statistics.ensembles import Ensemble


@dataclass(frozen=True)
class Charts:
    """The charts of one page, as HTML that needs no escaping."""

    place: str
    """Slider over the epochs at which all charts are read; goes above them. Empty without charts."""
    divs: Mapping[str, str]
    """Key of a chart (loss, metric, epochs, steps, layers; comparison) -> its section."""
    script: str
    """The data: a script element that runs nothing, anywhere in the body."""

    @property
    def html(self) -> str:
        """Slider and sections together, in a grid."""
        if not self.divs:
            return ""
        return f'{self.place}<div class="gradevo-charts">{"".join(self.divs.values())}\n</div>'


def experiment_charts(ensemble: Ensemble) -> Charts:
    """Linked charts of an experiment: loss, metrics, statistics of epochs, steps and layers, of all seeds."""
    last = last_epoch(ensemble.runs)
    explorers = experiment_explorers(ensemble.runs)
    place = markup.place("experiment", "Epoch", 1, last, 1)
    return _charts("experiment", explorers, place, (0.5, last + 0.5), 1)


def comparison_charts(ensembles: Sequence[Ensemble]) -> Charts:
    """A chart of all experiments on common axes, every quantity of the comparison."""
    place = markup.place("comparison", "Training progress", 0, 1, 0.01)
    return _charts("comparison", comparison_explorers(ensembles), place, (0, 1), 0.01)


def bokeh_scripts() -> dict[str, str]:
    """File name -> JavaScript, in the order in which a page loads them: BokehJS, then the charts' own."""
    folder = Path(bokeh.__file__).parent / "server" / "static" / "js"
    return {
        f"bokeh-{bokeh.__version__}.min.js": (folder / "bokeh.min.js").read_text(encoding="utf-8"),
        "charts.js": (markup.STATIC / "charts.js").read_text(encoding="utf-8"),
    }


def charts_style() -> str:
    """The style sheet of the controls."""
    return (markup.STATIC / "charts.css").read_text(encoding="utf-8")


def _charts(
    identifier: str, explorers: Sequence[Explorer], place: str, ends: tuple[float, float], unit: float
) -> Charts:
    if not explorers:
        return Charts("", {}, "")
    document = document_json(draw(explorers, *ends, interval=1 if unit == 1 else 0.1), identifier)
    roots = (root["id"] for root in document["roots"])
    content = {
        "id": identifier,
        "unit": unit,
        "explorers": [_content(one, root) for one, root in zip(explorers, roots, strict=True)],
        "document": document,
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # no text may close the element
    script = f'<script type="application/json" data-gradevo-charts="{identifier}">{text}</script>'
    return Charts(place, {one.key: markup.section(identifier, one) for one in explorers}, script)


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
                "positive": may_be_logarithmic(explorer, quantity),
                "log": is_logarithmic(explorer, quantity),
            }
            for quantity in explorer.quantities
        ],
        "series": [vars(series) for series in explorer.series],
        "x": _once(packed(explorer.x[name]) for name in names),
        "places": _once(explorer.places[name] for name in names),
        "curves": {
            quantity.name: [
                _curve(explorer.curves.get((quantity.name, name)), explorer.seeds) for name in names
            ]
            for quantity in explorer.quantities
        },
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
