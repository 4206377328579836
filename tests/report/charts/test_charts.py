"""What a page gets: the same bytes every time, data that are those of the files, complete markup."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from gradevo.numbers import three_digits
from gradevo.report.charts.charts import Charts, bokeh_scripts, charts_style, packed
from gradevo.report.charts.comparison import comparison_charts
from gradevo.report.charts.experiment import experiment_charts
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.ensembles import open_ensembles
from gradevo.statistics.store import Statistics

TWICE = """
import sys
from gradevo.statistics.ensembles import open_ensembles
from gradevo.report.charts.comparison import comparison_charts
from gradevo.report.charts.experiment import experiment_charts
with open_ensembles(sys.argv[1:]) as ensembles:
    for charts in (experiment_charts(ensembles[0]), comparison_charts(ensembles)):
        sys.stdout.buffer.write((charts.html + charts.script).encode())
"""


@pytest.fixture(scope="module")
def charts(wave: list[Path]) -> Charts:
    with open_ensembles(wave) as (ensemble,):
        return experiment_charts(ensemble)


def content(charts: Charts) -> dict:
    found = re.fullmatch(
        r'<script type="application/json" data-gradevo-charts="\w+">(.*)</script>', charts.script
    )
    assert found
    return json.loads(found[1])


def test_bytes_depend_on_nothing_but_the_data(wave: list[Path], broken: Path, charts: Charts) -> None:
    """Neither on earlier charts of this process, nor on the order of sets, nor on how Bokeh names models."""
    with open_ensembles([*wave, broken]) as ensembles:
        assert experiment_charts(ensembles[0]) == charts
        both = (experiment_charts(ensembles[0]), comparison_charts(ensembles))
    here = "".join(one.html + one.script for one in both)
    command = [sys.executable, "-c", TWICE, *wave, broken]
    others = [
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONHASHSEED": seed, "BOKEH_SIMPLE_IDS": simple},
            stdout=subprocess.PIPE,
        )
        for seed, simple in (("1", "true"), ("2", "false"))
    ]
    for other in others:
        assert other.communicate(timeout=120)[0].decode() == here


def test_data_are_those_of_the_file(
    wave: list[Path], charts: Charts, unpacked: Callable[[str], np.ndarray]
) -> None:
    explorers = {explorer["key"]: explorer for explorer in content(charts)["explorers"]}
    assert list(explorers) == ["loss", "metric", "epochs", "steps"]
    epochs = explorers["epochs"]
    names = [series["name"] for series in epochs["series"]]
    assert names == ["total", "dense/kernel", "dense/bias", "dense_1/kernel"]
    with Statistics(wave[0]) as long, Statistics(wave[1]) as short:
        for statistic in of_level("epoch"):
            for name, (middle, low, high, seeds) in zip(names, epochs["curves"][statistic], strict=True):
                rows = np.full((2, 4), np.nan)
                rows[0], rows[1, :3] = long.epoch(statistic, name), short.epoch(statistic, name)
                for text, expected in (
                    (middle, np.nanmedian(rows, axis=0)),
                    (low or middle, np.nanmin(rows, axis=0)),
                    (high or middle, np.nanmax(rows, axis=0)),
                ):
                    np.testing.assert_allclose(unpacked(text), expected, rtol=1e-7)
                assert unpacked(seeds).tolist() == [2, 2, 2, 1]


def test_ids_are_numbered_and_refer_to_models(charts: Charts) -> None:
    document = json.dumps(content(charts)["document"])
    defined = re.findall(r'"type": "object", "name": "\w+", "id": "([^"]+)"', document)
    assert defined == [f"experiment-{number}" for number in range(1, len(defined) + 1)]
    assert set(re.findall(r'"id": "([^"]+)"', document)) == set(defined)
    roots = [root["id"] for root in content(charts)["document"]["roots"]]
    assert [explorer["root"] for explorer in content(charts)["explorers"]] == roots


class Markup(HTMLParser):
    """Elements with their attributes, and what is not closed."""

    VOID = ("input", "line", "meta")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_markup(charts: Charts) -> None:
    markup = Markup(charts.html)
    assert markup.open == []
    ids = [attributes["id"] for _, attributes in markup.elements if "id" in attributes]
    assert ids == [f"experiment-{key}" for key in charts.divs]
    assert [place for tag, at in markup.elements if (place := at.get("data-place"))] == ["experiment"]
    options = [at["value"] for tag, at in markup.elements if tag == "option"]
    assert set(of_level("epoch")) < set(options)
    checked = [at["data-series"] for tag, at in markup.elements if "data-series" in at and "checked" in at]
    assert checked == [
        "training",
        "training",
        "total",
        "dense/kernel",
        "dense/bias",
        "dense_1/kernel",
        "total",
    ]


def test_only_many_series_have_a_search(charts: Charts, tall: Path) -> None:
    with open_ensembles([tall]) as (ensemble,):
        many = experiment_charts(ensemble).divs
    assert not [key for key, html in charts.divs.items() if "data-search" in html or 'class="many"' in html]
    assert [key for key, html in many.items() if "data-search" in html] == ["epochs", "steps"]
    assert 'aria-label="Search tensors and their total by name"' in many["epochs"]


def test_table_holds_the_numbers_shown_first(wave: list[Path]) -> None:
    with open_ensembles(wave[:1]) as (ensemble,):
        section = experiment_charts(ensemble).divs["epochs"]
        run = ensemble.runs[0]
        cells = re.findall(r"<td>(.*?)</td>", section)
        rows = [[run.epoch("l2_norm", name)[epoch] for name in ("total", *run.tensors)] for epoch in range(4)]
    assert cells == [three_digits(value) for row in rows for value in row]
    assert "<caption>Gradient of the epoch, L2</caption>" in section


def test_names_cannot_leave_their_place(statistics_file: Callable[..., Path]) -> None:
    name = "a\"><b onclick=1>'_kernel"
    with open_ensembles([statistics_file({name: np.ones((2, 2))}, 1, "evil")]) as (ensemble,):
        charts = experiment_charts(ensemble)
    assert "<b " not in charts.html
    assert charts.script.count("<") == 2
    assert content(charts)["explorers"][1]["series"][1]["name"] == name


def test_nothing_to_draw(wave: list[Path]) -> None:
    with open_ensembles(wave) as (ensemble,):
        for run in ensemble.runs:
            run.epochs = run.steps = 0
        assert experiment_charts(ensemble) == Charts("", {}, "")
        assert experiment_charts(ensemble).html == ""


def test_scripts_load_in_order_and_fetch_nothing() -> None:
    scripts = bokeh_scripts()
    assert [re.sub(r"[\d.]+min", "min", name) for name in scripts] == ["bokeh-min.js", "charts.js", "maps.js"]
    assert sum(map(len, scripts.values())) < 1.5e6
    for text in (scripts["charts.js"], charts_style()):
        assert not re.search(r"https?:|@import|fetch\(", text)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([0.5, -2.0, 0.0, np.nan]), "f4"),
        (np.array([1.0, 1e39]), "f8"),
        (np.array([1.0, 1e-40]), "f8"),
        (np.array([0, 5, 255]), "u1"),
        (np.array([0, 256]), "f4"),
        (np.empty(0), "f4"),
        (np.array([np.nan]), "f4"),
    ],
)
def test_round_trip(values: np.ndarray, kind: str, unpacked: Callable[[str], np.ndarray]) -> None:
    text = packed(values)
    assert text[:3] == f"{kind}:"
    np.testing.assert_array_equal(unpacked(text), values)


def test_seven_digits_are_kept(unpacked: Callable[[str], np.ndarray]) -> None:
    values = np.array([np.pi, 1e-30, 1e30])
    np.testing.assert_allclose(unpacked(packed(values)), values, rtol=6e-8)
