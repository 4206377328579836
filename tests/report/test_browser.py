"""The report as a reader sees it: opened from the disk in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PAGES = (
    "index.html",
    "experiment-waves.html",
    "experiment-still.html",
    "comparison.html",
    "claims.html",
    "provenance.html",
)

DRAWN = """Object.fromEntries(
    Object.entries(gradevo.charts['epochs'].values()).map(([name, values]) => [name, [...values]]))"""

COLOURS = (
    "[getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).color]"
)

Page = Any


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Callable[..., Page]]:
    """A function that opens a page; nothing may be complained of, or asked of the network."""
    faults: list[str] = []
    contexts = []

    def open_page(name: str, **settings: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1100, "height": 800}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(("file:", "data:")) else faults.append(asked.url),
        )
        page.goto((report / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def ready(page: Page) -> None:
    """Wait until all charts are drawn."""
    page.wait_for_selector("html[data-gradevo-charts='ready']", timeout=20_000)


@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_a_narrow_screen_in_the_dark_and_hold_what_they_promise(
    opened: Callable[..., Page], tmp_path: Path, name: str
) -> None:
    page = opened(name, viewport={"width": 375, "height": 700}, color_scheme="dark", reduced_motion="reduce")
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    paper, ink = page.evaluate(COLOURS)
    lightness = [sum(map(int, colour[4:-1].split(", "))) for colour in (paper, ink)]
    assert lightness[0] < 150 < 600 < lightness[1]
    for image in page.locator("img:visible").all():
        image.scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    page.screenshot(path=tmp_path / "narrow.png")


def test_statistic_and_layer_change_what_is_drawn(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened("experiment-waves.html")
    ready(page)
    section = page.locator("section[data-explorer='epochs']")
    before = page.evaluate(DRAWN)
    select = section.locator("select")
    other = next(
        value
        for value in select.locator("option").evaluate_all("all => all.map((one) => one.value)")
        if value != section.get_attribute("data-statistic")
    )
    select.select_option(other)
    assert section.get_attribute("data-statistic") == other
    changed = page.evaluate(DRAWN)
    assert changed != before
    name = next(iter(changed))
    section.locator(f"input[data-series='{name}']").uncheck()
    assert name not in page.evaluate(DRAWN)
    page.screenshot(path=tmp_path / "chosen.png", full_page=True)


def test_a_film_plays_in_sight_unless_the_reader_paused_it(
    opened: Callable[..., Page],
) -> None:
    page = opened("experiment-waves.html")
    film = page.locator("video").first
    film.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('video').currentTime > 0.2")
    film.evaluate("(video) => video.pause()")
    page.wait_for_function("'stopped' in document.querySelector('video').dataset")
    page.evaluate("scrollTo(0, 0)")
    film.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert film.evaluate("(video) => video.paused")


def test_nothing_moves_for_readers_who_want_less_motion(opened: Callable[..., Page]) -> None:
    page = opened("experiment-waves.html", reduced_motion="reduce")
    page.locator("video").first.scroll_into_view_if_needed()
    page.wait_for_timeout(400)
    assert page.locator("video").first.evaluate("(video) => video.paused && video.currentTime === 0")


def test_tables_sort_by_keyboard(opened: Callable[..., Page]) -> None:
    page = opened("index.html")
    table = page.locator("table.sortable")
    steps = table.locator("thead th").nth(3)
    column = table.locator("tbody tr td:nth-child(4)")
    steps.locator("button").focus()
    page.keyboard.press("Enter")
    assert steps.get_attribute("aria-sort") == "ascending"
    assert column.all_inner_texts() == ["2", "30"]
    page.keyboard.press("Space")
    assert steps.get_attribute("aria-sort") == "descending"
    assert column.all_inner_texts() == ["30", "2"]


def test_verdicts_are_filtered(opened: Callable[..., Page]) -> None:
    page = opened("claims.html")
    rows = page.locator("#verdicts tbody tr")
    everything = rows.count()
    page.locator("select[name=verdict]").select_option("undecided")
    page.locator("select[name=experiment]").select_option("still")
    shown = [row for row in rows.all() if row.get_attribute("hidden") is None]
    assert 0 < len(shown) < everything
    assert {row.get_attribute("data-verdict") for row in shown} == {"undecided"}
    assert page.locator("form output").inner_text() == f"{len(shown)} of {everything} rows"
    page.locator("input[name=words]").fill("no such words")
    assert page.locator("#verdicts section:visible").count() == 0


def test_only_what_scrolls_is_a_stop(opened: Callable[..., Page]) -> None:
    stops = "document.querySelectorAll('main > .scroll[tabindex]').length"
    wide, narrow = (opened("index.html", viewport={"width": width, "height": 800}) for width in (2400, 400))
    wide.wait_for_function(f"{stops} === 0")
    narrow.wait_for_function(f"{stops} === 1")


def test_everything_is_reached_by_keyboard(opened: Callable[..., Page]) -> None:
    page = opened("experiment-waves.html")
    ready(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = """() => {
        const here = document.activeElement;
        here.dataset.reached = "";
        if (here === document.body) return "end";
        return here.shadowRoot ? "Bokeh's own" : getComputedStyle(here).outlineStyle;
    }"""
    for _ in range(400):  # more than there are, so that a trap shows
        page.keyboard.press("Tab")
        found = page.evaluate(reached)
        if found == "end":
            break
        assert found != "none"
    assert found == "end"
    missed = page.locator(
        "main :is(a, button, select, input, summary):visible:enabled:not([data-reached]):not([tabindex='-1'])"
    )
    assert missed.evaluate_all("all => all.map(one => one.outerHTML)") == []
    assert page.locator("main [data-reached]").count() > 20


def test_without_scripts_everything_else_is_there(browser: Any, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report / "claims.html").as_uri())
    assert not page.locator("form").is_visible()
    assert page.locator("#verdicts section").count() > 5
    page.goto((report / "experiment-waves.html").as_uri())
    assert [remark.is_visible() for remark in page.get_by_text("need JavaScript").all()] == [True, True]
    assert page.locator("video").first.is_visible()
    assert not page.locator("select:visible, input:visible, [data-plot]:visible").count()
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()
    context.close()


def test_paper_shows_every_picture(opened: Callable[..., Page]) -> None:
    page = opened("experiment-waves.html")
    ready(page)
    page.emulate_media(media="print")
    assert not page.locator("video:visible, .explore:visible, nav:visible").count()
    posters = page.locator("img.print-only")
    assert posters.count() == page.locator("video").count() > 0
    for image in page.locator("main img:visible").all():
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    assert posters.first.is_visible()
    assert page.pdf().startswith(b"%PDF")
