"""Maps in a real browser: what is clicked is what is told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradevo.report.charts.charts import bokeh_scripts, charts_style
from gradevo.report.charts.maps import experiment_maps
from gradevo.statistics.store import Statistics

Page = Any

NUMBERS = (
    "all => Object.fromEntries(all.map((row) => [row.dataset.row, row.querySelector('td').textContent]))"
)
"""The table beside a map: row -> number."""


@pytest.fixture
def opened(browser: Any, tmp_path: Path, turning: Path) -> Iterator[Callable[..., Page]]:
    """A function that opens a page with the maps of a run; nothing may go wrong on it."""
    said: list[str] = []
    contexts = []
    with Statistics(turning) as run:
        maps = experiment_maps(run)
    for name, text in bokeh_scripts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tags = "".join(f'<script src="{name}" defer></script>' for name in bokeh_scripts())
    (tmp_path / "page.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Maps</title>{tags}'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{charts_style()}</style><body>{maps.html}{maps.script}</body></html>",
        encoding="utf-8",
    )

    def open_page(**settings: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 800}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda note: said.append(note.text) if note.type in ("error", "warning") else None)
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_selector('html[data-gradevo-maps="ready"]', state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def a_map(page: Page, key: str) -> Any:
    return page.locator(f'[data-map="{key}"]')


def numbers(section: Any) -> dict[str, str]:
    found: dict[str, str] = section.locator("tr[data-row]").evaluate_all(NUMBERS)
    return found


def place(page: Page, key: str, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a point of a map is."""
    a_map(page, key).locator("[data-plot]").scroll_into_view_if_needed()
    found: list[float] = page.evaluate(
        """([key, x, y]) => {
            const plot = Bokeh.documents[0].get_model_by_name(key);
            const view = Object.values(Bokeh.index.roots ?? Bokeh.index).find((one) => one.model === plot);
            const box = view.canvas_view.el.getBoundingClientRect();
            const { x_scale, y_scale } = view.frame;
            return [box.left + x_scale.compute(x), box.top + y_scale.compute(y)];
        }""",
        [key, x, y],
    )
    return found[0], found[1]


def test_a_click_on_two_steps_gives_their_cosine_in_every_layer(
    opened: Callable[..., Page], tmp_path: Path
) -> None:
    page = opened()
    section = a_map(page, "similarity")
    page.mouse.click(*place(page, "similarity", 4, 1))
    page.wait_for_function("document.querySelector('[data-map=similarity]').dataset.steps === '4 1'")
    assert numbers(section) == {"total": "−0.80", "one <&": "0.00", "two": "−1.00"}
    page.mouse.click(*place(page, "similarity", 2, 9))  # where the second layer has no gradient
    page.wait_for_function("document.querySelector('[data-map=similarity]').dataset.steps === '2 9'")
    assert numbers(section) == {"total": "0.00", "one <&": "0.00", "two": "–"}
    assert "step 2, epoch 1 and step 9, epoch 3: cosine 0.00" in section.locator("[data-here]").inner_text()
    page.screenshot(path=tmp_path / "clicked.png", full_page=True)


def test_sliders_do_the_same_by_keyboard(opened: Callable[..., Page]) -> None:
    page = opened()
    section = a_map(page, "similarity")
    for end, key in (("0", "Home"), ("1", "Home")):
        section.locator(f"[data-end='{end}']").focus()
        page.keyboard.press(key)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert section.get_attribute("data-steps") == "0 2"
    assert numbers(section) == {"total": "0.60", "one <&": "−1.00", "two": "1.00"}
    assert section.locator("output").nth(1).inner_text() == "step 2, epoch 1, loss 1"
    section.locator("select").select_option("two")
    assert section.get_attribute("data-shown") == "two"
    assert section.locator("[role=status]").inner_text().endswith("cosine 1.00 in two.")


def test_an_epoch_tells_how_large_its_elements_are(opened: Callable[..., Page]) -> None:
    page = opened()
    section = a_map(page, "distributions")
    section.locator("select").select_option("b")
    assert section.get_attribute("data-epoch") == "3"
    assert numbers(section)["half are smaller than"] == "–"
    assert numbers(section)["exactly zero"] == "100 %"
    page.mouse.click(*place(page, "distributions", 1, 1.5))
    page.wait_for_function("document.querySelector('[data-map=distributions]').dataset.epoch === '1'")
    found = numbers(section)
    assert found["half are smaller than"] == "2.8"  # 2 to 4, half way in their logarithm
    assert (found["exactly zero"], found["lost in float16, loss scaled by 2¹⁶"]) == ("0 %", "100 %")


def test_colours_follow_the_page_and_a_narrow_screen_has_room(opened: Callable[..., Page]) -> None:
    page = opened(viewport={"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    neutral = "Bokeh.documents[0].get_model_by_name('similarity:colors').palette[100]"
    assert page.evaluate(neutral) == "#efefef"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{neutral} === '#2b2e33'")
