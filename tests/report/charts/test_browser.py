"""Charts in a real browser: what is chosen is what is drawn."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.report.charts.charts import bokeh_scripts, charts_style
from gradevo.report.charts.experiment import experiment_charts
from gradevo.statistics.ensembles import open_ensembles
from gradevo.statistics.store import Statistics

COLORS = ":root { --ink: #123456 } @media (prefers-color-scheme: dark) { :root { --ink: #fedcba } }"

Page = Any


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """A function that opens a page with the charts of these runs from a file; nothing may go wrong on it."""
    said: list[str] = []
    contexts = []

    def open_page(*paths: Path, **settings: Any) -> Page:
        with open_ensembles(paths) as (ensemble,):
            charts = experiment_charts(ensemble)
        for name, text in bokeh_scripts().items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        tags = "".join(f'<script src="{name}" defer></script>' for name in bokeh_scripts())
        (tmp_path / "page.html").write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Charts</title>{tags}'
            '<meta name="viewport" content="width=device-width">'
            f"<style>{COLORS}{charts_style()}</style><body>{charts.html}{charts.script}</body></html>",
            encoding="utf-8",
        )
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 800}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda note: said.append(note.text) if note.type in ("error", "warning") else None)
        page.on(
            "request", lambda request: None if request.url.startswith("file:") else said.append(request.url)
        )
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_selector('html[data-gradevo-charts="ready"]', state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def drawn(page: Page, key: str) -> dict[str, list[float]]:
    """What Bokeh draws: series -> values."""
    found: dict[str, list[float]] = page.evaluate(f"gradevo.charts['{key}'].values()")
    return found


def chart(page: Page, key: str) -> Any:
    return page.locator(f'[data-explorer="{key}"]')


def model(page: Page, name: str, what: str) -> Any:
    return page.evaluate(f"Bokeh.documents[0].get_model_by_name('{name}').{what}")


def test_choices_change_what_is_drawn(opened: Callable[..., Page], wave: list[Path]) -> None:
    page = opened(wave[0])
    section = chart(page, "epochs")
    with Statistics(wave[0]) as run:
        expected = {name: run.epoch("l2_norm", name) for name in ("total", *run.tensors)}
        other = run.epoch("highest", "dense/bias")
        cosine = run.step("cosine")
    shown = drawn(page, "epochs")
    assert list(shown) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(shown[name], values, rtol=1e-6)
    first = drawn(page, "steps")["total"]
    assert math.isnan(first[0]), "a gap: the first step has no predecessor"
    np.testing.assert_allclose(first[1:], cosine[1:], rtol=1e-6)
    section.locator("select").select_option("highest")
    section.locator('[data-check="none"]').click()
    assert drawn(page, "epochs") == {}
    section.locator('[data-series="dense/bias"]').press("Space")
    np.testing.assert_allclose(drawn(page, "epochs")["dense/bias"], other, rtol=1e-6)
    assert section.get_attribute("data-statistic") == "highest"
    assert section.get_attribute("data-shown") == "dense/bias"
    assert section.locator("[data-formula]").text_content().startswith("max|g[e]| / c")
    words = section.locator('[role="status"]').text_content()
    assert words.startswith("Highest element of the epoch's gradient: dense/bias (1 of 4 shown), from ")
    assert words in section.locator("[data-plot]").get_attribute("aria-label")
    section.locator("[data-log]").check()
    assert section.get_attribute("data-scale") == "log"
    assert model(page, "epochs", "y_scale.type") == "LogScale"
    section.locator("summary").click()
    section.locator("thead th:nth-child(2)", has_text="dense/bias").wait_for()  # it follows the click
    assert section.locator("tbody tr").count() == 4
    assert section.locator("thead th").all_text_contents() == ["epoch", "dense/bias"]


def test_all_charts_show_the_same_epochs(opened: Callable[..., Page], wave: list[Path]) -> None:
    page = opened(*wave)
    loss, steps = chart(page, "loss"), chart(page, "steps")
    assert len({model(page, key, "x_range.id") for key in ("loss", "metric", "epochs", "steps")}) == 1
    slider = page.locator('[data-place="experiment"]')
    assert loss.locator("output").first.text_content() == "0.250", "the last epoch, which one seed has"
    slider.press("Home")
    page.wait_for_function("Bokeh.documents[0].get_model_by_name('steps:cursor').location === 1")
    assert loss.locator("output").first.text_content() == "1.00"
    plot = steps.locator("[data-plot]")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.wait_for_function("Bokeh.documents[0].get_model_by_name('loss:cursor').location > 2")
    place = model(page, "loss:cursor", "location")
    assert place == model(page, "steps:cursor", "location")
    assert abs((place - 0.5) * 3 - round((place - 0.5) * 3 - 0.5) - 0.5) < 1e-5, "in the middle of a step"
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 30, steps=3)
    page.mouse.move(middle[0] + 160, middle[1] + 60, steps=3)
    page.mouse.up()
    page.wait_for_function("Bokeh.documents[0].get_model_by_name('loss').x_range.start > 1.5")
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, -150)
    page.wait_for_function(f"scrollY < {before}")
    page.locator('[data-reset="experiment"]').click()
    assert [model(page, "epochs", f"x_range.{end}") for end in ("start", "end")] == [0.5, 4.5]


def test_gaps_marks_and_colour_schemes(opened: Callable[..., Page], broken: Path) -> None:
    page = opened(broken)
    chart(page, "steps").locator("select").select_option("l2_norm_individual")
    shown = drawn(page, "steps")["total"]
    assert [math.isnan(value) for value in shown] == [step == 4 for step in range(10)]
    assert model(page, "steps:mark", "location") == 2.75
    assert "first non-finite step, 4 (epoch 3)" in chart(page, "steps").locator(".note").text_content()
    ink = "Bokeh.documents[0].get_model_by_name('steps:lines').data.color[0]"
    assert page.evaluate(ink) == "#123456"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{ink} === '#fedcba'")
    assert model(page, "steps", "left[0].major_label_text_color") == "#fedcba"


def test_a_narrow_touch_screen(opened: Callable[..., Page], wave: list[Path]) -> None:
    page = opened(wave[0], viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert model(page, "epochs:drag", "active") is False, "a finger scrolls the page"
    box = chart(page, "epochs").locator("[data-plot]")
    box.scroll_into_view_if_needed()
    area = box.bounding_box()
    page.touchscreen.tap(area["x"] + 100, area["y"] + 120)
    page.wait_for_function("Bokeh.documents[0].get_model_by_name('loss:cursor').location < 4")


def test_numbers_and_ticks_by_hand(opened: Callable[..., Page], wave: list[Path]) -> None:
    page = opened(wave[0])
    values = [0, 0.0203, 500, 1234.4, 12345, -3e-8, 1e-4, 2.9961]
    assert page.evaluate("values => values.map((one) => gradevo.number(one))", values) == [
        *("0", "0.0203", "500", "1234", "1.23×10⁴", "−3×10⁻⁸", "10⁻⁴", "3"),
    ]
    assert page.evaluate("values => values.map((one) => gradevo.exactly(one))", values) == [
        *("0", "0.0203", "500", "1.23×10³", "1.23×10⁴", "−3.00×10⁻⁸", "1.00×10⁻⁴", "3.00"),
    ]
    assert page.evaluate("[NaN, Infinity].map((one) => gradevo.exactly(one))") == ["–", "∞"]
    assert page.evaluate("gradevo.decades(1.5, 70)") == [2, 5, 10, 20, 50]
    assert page.evaluate("gradevo.decades(0.5, 2e12)") == pytest.approx([1, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12])
    assert page.evaluate("gradevo.decades(2, 6)") == [2, 3, 4, 5, 6]


def test_an_outlier_does_not_press_a_logarithmic_axis(
    opened: Callable[..., Page], statistics_file: Callable[..., Path]
) -> None:
    norms = np.geomspace(1, 1e-2, 60)
    norms[30], norms[40] = 1e-16, 0
    page = opened(statistics_file({"dense/kernel": norms[:, None]}, 1, "outlier"))
    section = chart(page, "epochs")
    assert section.get_attribute("data-scale") == "log"
    assert 1e-3 < model(page, "epochs:y", "start") < 1e-2
    words = "Not on a logarithmic axis: 1 value ≤ 0. Below the axis: 1 value."
    assert section.locator("[data-missing]").text_content().strip() == words
    assert math.isnan(drawn(page, "epochs")["total"][40])
    section.locator("[data-log]").uncheck()
    assert drawn(page, "epochs")["total"][40] == model(page, "epochs:y", "start") == 0
    assert section.locator("[data-missing]").text_content() == ""


def test_many_series_are_searched_by_name(opened: Callable[..., Page], tall: Path) -> None:
    page = opened(tall)
    section = chart(page, "epochs")
    search, boxes = section.locator("[data-search]"), section.locator("li:visible input")
    search.fill("KERNEL dense_1")
    assert boxes.evaluate_all("all => all.map((one) => one.dataset.series)") == [
        f"dense_{place}/kernel" for place in (1, *range(10, 18))
    ]
    assert section.locator("[data-found]").inner_text() == "9 of 37"
    before = list(drawn(page, "epochs"))
    section.locator('[data-check="all"]').click()  # means those that are listed
    assert len(drawn(page, "epochs")) == len({*before, *(f"dense_{n}/kernel" for n in (1, *range(10, 18)))})
    search.fill("")
    assert boxes.count() == 37
    assert section.locator("[data-found]").inner_text() == ""
    assert section.locator("ul").evaluate("(list) => list.scrollHeight > list.clientHeight")
