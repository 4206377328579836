"""Runs and statistics as Jupyter shows them."""

import base64
import re
from collections.abc import Callable
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.notebook import html as module
from gradevo.notebook.html import html_of
from gradevo.runfile.reader import Run
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run


class Page(HTMLParser):
    """Cells by rows, texts of images, and tags that are open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.images: list[dict[str, str | None]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("div", "table", "thead", "tr", "th", "td", "img", "p")
        if tag == "img":
            self.images.append(dict(attrs))
            return
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1] in ("th", "td"):
            self.rows[-1][-1] += data


@pytest.fixture
def path(training: Callable[..., Path], chain: Callable[..., LayerGraph]) -> Path:
    graph = LayerGraph(
        (
            Layer("<b>in</b>", "InputLayer"),
            Layer("dense", "Dense", ("dense/kernel", "dense/bias")),
            Layer("out", "Dense", ("out/kernel",)),
        ),
        (Edge("<b>in</b>", "dense"), Edge("dense", "out")),
    )
    return training("shown", title="<i>Shown</i>", graph=graph)


def test_statistics(path: Path) -> None:
    with Statistics(path) as run:
        text = run._repr_html_()
        assert text == html_of(run)  # the same every time
        page = Page(text or "")
        rows = {row[0]: row[1:] for row in page.rows}
        assert rows["run"] == ["<i>Shown</i>, seed 13"]
        assert rows["epochs"] == ["4"]
        assert rows["parameters"] == ["12 in 3 tensors"]
        assert rows["non-finite"] == ["no step"]
        assert rows["train, last epoch"][0].startswith("loss 0.25, mean_absolute_error 1.")
        assert rows["layer, last epoch"][0] == "Mean norm of batch gradients"
        assert float(rows["dense"][0]) == pytest.approx(run.layer("gradient_norm", "dense")[-1], rel=5e-3)
    assert len(page.images) == 3
    assert "Layer graph of <i>Shown</i>" in (page.images[2]["alt"] or "")
    for image in page.images:
        data = (image["src"] or "").removeprefix("data:image/png;base64,")
        with Image.open(BytesIO(base64.b64decode(data))) as picture:
            assert picture.width == 850
    assert repr(Statistics(path)) == f"<Statistics {path}: 4 epochs, 12 steps>"


def test_a_run_has_the_pictures_of_its_statistics(path: Path) -> None:
    with Statistics(path) as statistics, Run(path.with_name("run.h5")) as run:
        text = run._repr_html_() or ""
        sources = re.findall('src="[^"]*"', text)
        assert sources == re.findall('src="[^"]*"', html_of(statistics))
        assert len(sources) == 3
        rows = {row[0]: row[1:] for row in Page(text).rows}
        assert rows["epochs"] == ["4 of 4 complete"]
        assert rows["dense/kernel"][:2] == ["2×3", "6"]
        assert repr(run) == f"<Run {run.path}: 4 epochs, 12 steps>"


def test_a_large_run_is_not_analysed_for_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUICK_BYTES", 1)
    monkeypatch.setattr(module, "open_statistics", None)
    with Run(path.with_name("run.h5")) as run:
        page = Page(html_of(run))
    assert [image["alt"] for image in page.images] == ["loss of every step and epoch"]


def test_long_tables_and_large_graphs_are_cut(tmp_path: Path, chain: Callable[..., LayerGraph]) -> None:
    graph = chain(*((f"layer_{place}", "Dense") for place in range(70)))
    gradients = {f"layer_{place}/kernel": np.ones((2, 1)) for place in range(70)}
    with Run(write_run(tmp_path / "run.h5", gradients, 1, graph=graph)) as run:
        text = html_of(run)
    page = Page(text)
    assert ["… and 41 more"] in page.rows  # 70 tensors and their total
    assert len(page.images) == 2
    assert "<p>70 layers: gradevo.figure" in text


def test_before_the_first_epoch_and_when_closed(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run.h5", {"a": np.ones((0, 1))}, 1, finish=False, epochs=2)
    with Run(path) as run:
        assert Page(html_of(run)).images == []
    assert run._repr_html_() is None  # Jupyter then writes its repr
