"""The live page in a real browser: a training that grows, is killed, goes on and ends."""

import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.live.server import Watch
from gradevo.runfile.reader import Run

TRAINING = Path(__file__).with_name("train_live.py")
PATIENCE = 60_000
EPOCHS = 31
"""Of a training that is killed long before, and then goes on faster; its 248 steps are a point each."""

Page = Any


class Opened:
    """A page that follows a folder, and what it was answered."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.news: list[dict[str, Any]] = []

    def until(self, words: str) -> None:
        """Wait for a condition in the page's own terms."""
        self.page.wait_for_function(words, timeout=PATIENCE)

    def values(self, chart: str) -> dict[str, list[float]]:
        """Series -> what Bokeh draws."""
        found: dict[str, list[float]] = self.page.evaluate(f"gradevo.charts['{chart}'].values()")
        return found

    def epochs(self) -> int:
        return len(self.values("loss")["training"])


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """A function that opens the page of a folder; nothing may go wrong on it, nothing come from elsewhere."""
    said: list[str] = []
    closing = []

    def open_page(folder: Path, **settings: Any) -> Opened:
        watch = Watch(folder, port=0)
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 800}, **settings})
        closing.extend([context, watch])
        found = Opened(context.new_page(), folder)

        def answered(response: Any) -> None:
            if response.url.endswith("/news") and response.status == 200:
                found.news.append(json.loads(response.body()))

        page = found.page
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda note: said.append(note.text) if note.type in ("error", "warning") else None)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((watch.url, "data:")) else said.append(request.url)
            ),
        )
        page.on("response", answered)
        page.goto(watch.url)
        return found

    yield open_page
    for one in closing:
        one.close()
    assert said == []


@pytest.fixture
def train() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A function that starts `train_live.py`."""
    started: list[subprocess.Popen[bytes]] = []

    def start(run: Path, *given: object) -> subprocess.Popen[bytes]:
        run.parent.mkdir(parents=True, exist_ok=True)
        started.append(subprocess.Popen([sys.executable, TRAINING, run, *map(str, given)]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def check_against(run: Path, opened: Opened, epochs: int) -> None:
    """What the page draws of the first epochs is what stands in the file."""
    with Run(run) as recorded:
        assert recorded.epochs >= epochs
        loss = recorded.metrics("train")["loss"][:epochs]
        steps = recorded.timeline.stops[epochs - 1]
        norms = {
            tensor: np.linalg.norm(recorded.read_gradients(tensor, 0, steps).reshape(steps, -1), axis=1)
            for tensor in recorded.tensors
        }
    np.testing.assert_allclose(opened.values("loss")["training"][:epochs], loss, rtol=1e-6)
    drawn = opened.values("steps")
    for tensor in norms:
        np.testing.assert_allclose(drawn[tensor][:steps], norms[tensor], rtol=1e-5)
    np.testing.assert_allclose(drawn["total"][:steps], sum(norms.values()), rtol=1e-5)


def test_a_training_is_followed_through_its_death(
    opened: Callable[..., Opened], train: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    run = tmp_path / "results" / "one" / "run.h5"
    partial = run.with_name("run.partial.h5")
    shown = opened(tmp_path / "results")
    page = shown.page
    shown.until("document.querySelector('[data-summary]').textContent.startsWith('No record yet')")
    process = train(run, EPOCHS, 2)
    shown.until("gradevo.charts.loss && gradevo.charts.loss.values().training?.length >= 3")
    check_against(partial, shown, 3)
    assert page.locator("[data-fact=state]").text_content() == "● growing"
    assert page.locator("[data-ended]").is_hidden()
    for _ in range(2):  # all of it came with the first of them
        grown = shown.epochs() + 2
        shown.until(f"gradevo.charts.loss.values().training.length >= {grown}")
        check_against(partial, shown, grown)
    later = [one["run"] for one in shown.news if one["run"] and one["run"].get("state")][-1]
    assert all(part["since"] > 0 for one in later["explorers"] for part in one["parts"]), "only what is new"
    assert later["depth"]["since"] > 0
    assert later["graph"]["since"] > 0
    shown.until("document.querySelector('[data-fact=left]').textContent.endsWith(' s')")

    process.send_signal(signal.SIGKILL)
    process.wait()
    shown.until("!document.querySelector('[data-ended]').hidden")
    assert "nobody holds the file's lock" in page.locator("[data-ended]").text_content()
    assert page.locator("table.runs .state").text_content().strip().endswith("dead")
    left = shown.epochs()
    check_against(partial, shown, left)

    process = train(run, EPOCHS, 0.05)
    shown.until(f"gradevo.charts.loss.values().training.length > {left}")
    shown.until("document.querySelector('[data-fact=state]').textContent === '✓ complete'")
    shown.until(f"gradevo.charts.loss.values().training.length === {EPOCHS}")
    assert process.wait() == 0
    assert page.locator("[data-ended]").is_hidden()
    check_against(run, shown, EPOCHS)


def test_everything_of_a_run_is_shown(opened: Callable[..., Opened], tmp_path: Path) -> None:
    run = tmp_path / "deep" / "run.h5"
    run.parent.mkdir()
    subprocess.run([sys.executable, TRAINING, run, "10", "0", "5"], check=True)
    shown = opened(tmp_path)
    page = shown.page
    shown.until("document.querySelector('.value')?.textContent")
    assert page.locator("h2#chosen").text_content() == "Watched, seed 0"
    with Run(run) as recorded:
        layers = [layer.id for layer in recorded.graph.owners]
        squares = np.stack(
            [
                sum(
                    np.square(recorded.read_gradients(tensor, 0, 80).reshape(80, -1)).sum(axis=1)
                    for tensor in layer.tensors
                )
                for layer in recorded.graph.owners
            ]
        )
    norms = np.sqrt(squares)
    # The graph: epoch by epoch, its values, colours and findings.
    for epoch in (10, 2):
        page.locator("[data-place=run]").fill(str(epoch))
        shown.until(f"document.querySelector('[data-epoch]').textContent === 'epoch {epoch}'")
        means = norms[:, 8 * (epoch - 1) : 8 * epoch].mean(axis=1)
        told = page.locator(".value").all_text_contents()
        expected = page.evaluate("values => values.map((one) => gradevo.exactly(one))", means.tolist())
        assert told == expected
    found = page.locator("g.node.ill").evaluate_all("nodes => nodes.map((one) => one.dataset.layer)")
    means = norms[:, 8:16].mean(axis=1)
    assert found == [name for name, one in zip(layers, means, strict=True) if one <= 1e-3 * means.max()]
    colors = page.locator("g[data-node] circle").evaluate_all("all => all.map((one) => one.style.fill)")
    assert len(set(colors)) == len(layers)
    assert (
        page.locator("g.edge.below").count() == 2
    )  # 0.001 and 0.0046 of 0.01, 0.022 and 0.1: see train_live
    # The map of depth: a column is a bin of steps.
    columns = page.evaluate("Bokeh.documents[0].get_model_by_name('depth:image').data.image[0].shape")
    assert columns == [5, 80]
    logs = page.evaluate("Array.from(Bokeh.documents[0].get_model_by_name('depth:image').data.image[0])")
    np.testing.assert_allclose(np.reshape(logs, (5, 80)), np.log10(norms), rtol=1e-4, atol=1e-4)
    # Update-to-weight and the learning rate.
    page.locator('[data-explorer="batches"] select').select_option("learning_rate")
    rates = shown.values("batches")["every batch"]
    np.testing.assert_allclose(rates, 0.05 * 0.99 ** np.repeat(np.arange(1, 11), 8), rtol=1e-6)
    page.locator('[data-explorer="steps"] select').select_option("update_to_weight_individual")
    assert all(one > 0 for one in shown.values("steps")["total"])


def test_runs_are_chosen_and_laid_over_each_other(
    opened: Callable[..., Opened], train: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    first, second = (tmp_path / name / "run.h5" for name in ("first", "second"))
    first.parent.mkdir()
    subprocess.run([sys.executable, TRAINING, first, "4", "0"], check=True)
    shown = opened(tmp_path)
    shown.until("gradevo.charts.loss?.values().training?.length === 4")
    assert shown.page.locator("[data-overlaid]").is_hidden()
    train(second, 6, 0.3, 4)
    shown.until("gradevo.charts.runs?.values()['second/run.h5']?.length === 6")
    drawn = shown.values("runs")
    np.testing.assert_allclose(drawn["first/run.h5"], 1 / (1 + np.arange(1, 5) / 10), rtol=1e-6)
    np.testing.assert_allclose(drawn["second/run.h5"], 1 / (1 + np.arange(1, 7) / 10), rtol=1e-6)
    choice = shown.page.locator('input[value="second/run.h5"]')
    choice.focus()
    choice.press("Space")
    shown.until("document.querySelectorAll('g[data-node]').length === 4")
    assert shown.epochs() == 6
    assert shown.page.url.endswith("?run=second%2Frun.h5")


def test_names_are_text(opened: Callable[..., Opened], tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    run = tmp_path / f"{evil.replace('/', '')} & co" / "run.h5"
    run.parent.mkdir()
    subprocess.run([sys.executable, TRAINING, run, "2", "0", "2", f"</script>{evil}"], check=True)
    shown = opened(tmp_path)
    shown.until("gradevo.charts.loss?.values().training?.length === 2")
    assert shown.page.locator("h2#chosen").text_content() == f"</script>{evil}, seed 0"
    assert evil in shown.page.locator("table.runs label").text_content()
    assert shown.page.locator("img").count() == 0


def test_a_phone_scrolls_no_page_sideways(opened: Callable[..., Opened], tmp_path: Path) -> None:
    run = tmp_path / "a-rather-long-name-of-an-experiment" / "run.h5"
    run.parent.mkdir()
    subprocess.run([sys.executable, TRAINING, run, "3", "0", "12"], check=True)
    settings = {"viewport": {"width": 375, "height": 700}, "color_scheme": "dark", "is_mobile": True}
    shown = opened(tmp_path, **settings, has_touch=True)
    shown.until("gradevo.charts.loss?.values().training?.length === 3")
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 375
    ink = shown.page.evaluate("Bokeh.documents[0].get_model_by_name('depth').left[0].major_label_text_color")
    assert ink in ("#e4e3de", {"value": "#e4e3de"}), "dark mode"
    assert math.isclose(shown.values("loss")["training"][0], 1 / 1.1, rel_tol=1e-6)


def test_the_server_may_end(browser: Any, tmp_path: Path) -> None:
    watch = Watch(tmp_path, port=0)
    page = browser.new_page()
    page.goto(watch.url)
    page.locator("[data-summary]", has_text="No record yet").wait_for()
    watch.close()
    page.locator("[data-offline]").wait_for()
    assert "No answer" in page.locator("[data-offline]").text_content()
    page.close()
