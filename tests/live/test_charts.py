"""What a page is told of runs that grow: only what is new, and of tensors only what it shows."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.live.folder import Folder
from gradevo.live.graph import graph_of, svg_path
from gradevo.live.page import Page
from gradevo.testing import write_run

LAYERS = 6
GRAPH = LayerGraph(
    (
        Layer("input", "InputLayer"),
        *(Layer(f"dense_{place}", "Dense", (f"dense_{place}/kernel",)) for place in range(LAYERS)),
    ),
    (
        Edge("input", "dense_0"),
        *(Edge(f"dense_{place}", f"dense_{place + 1}") for place in range(LAYERS - 1)),
        Edge("dense_0", "dense_1"),
    ),
)


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(b64decode(text[3:]), dtype="<" + text[:2])


class Asking:
    """A page that tells what it has with every question."""

    def __init__(self, folder: Path) -> None:
        self.folder = Folder(folder)
        self.page = Page(self.folder)
        self.shown: dict[str, Any] | None = None
        self.revision = -1

    def ask(self, **shown: Any) -> dict[str, Any] | None:
        self.folder.update()
        while any(follower.behind for follower in self.folder.runs.values()):
            self.folder.update()
        have = {**self.shown, **shown} if self.shown else None
        news = self.page.news({"revision": self.revision, "run": "run.h5", "shown": have, "overlay": None})
        if news and news["run"]:
            run = news["run"]
            self.revision = run["revision"] if "state" in run else -1
            state = run.get("state", self.shown and self.shown["state"])
            self.shown = {"structure": run["structure"], "state": state, "wanted": (have or {}).get("wanted")}
        return news and news["run"]


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Callable[[int], Asking]]:
    """A function that makes a record of so many epochs, two steps each, and asks for it."""
    found = Asking(tmp_path)

    def grown(epochs: int) -> Asking:
        random = np.random.default_rng(1)
        values = {
            f"dense_{place}/kernel": 10.0**-place * random.normal(size=(2 * 400, 3)).astype(np.float32)
            for place in range(LAYERS)
        }
        random = np.random.default_rng(2)
        flows = random.uniform(size=(2 * 400, LAYERS + 1))
        write_run(
            tmp_path / "run.h5",
            {name: rows[: 2 * epochs] for name, rows in values.items()},
            2,
            edges=flows[: 2 * epochs],
            graph=GRAPH,
        )
        return found

    yield grown
    found.folder.close()


def since(run: dict[str, Any]) -> dict[str, int]:
    return {one["key"]: part["since"] for one in run["explorers"] for part in one["parts"]}


def test_only_what_is_new_is_told(asking: Callable[[int], Asking]) -> None:
    page = asking(4)
    assert "explorers" not in page.ask()
    first = page.ask()
    assert set(since(first).values()) == {0}
    assert len(unpacked(first["depth"]["norms"])) == LAYERS * 8
    assert page.ask() is None
    asking(5)
    second = page.ask()
    assert since(second) == {"loss": 4, "steps": 8, "epochs": 4, "batches": 8}
    (loss,) = next(one for one in second["explorers"] if one["key"] == "loss")["parts"]
    assert unpacked(loss["curves"]["loss"][0][0]).tolist() == pytest.approx([1 / 5])
    assert loss["places"] == ("epoch 5",)
    assert second["depth"]["since"] == 8
    assert len(unpacked(second["depth"]["norms"])) == LAYERS * 2
    assert (second["graph"]["since"], second["graph"]["epochs"]) == (4, [5])


def test_where_bins_double_all_are_told(asking: Callable[[int], Asking]) -> None:
    page = asking(250)
    page.ask()
    assert len(page.ask()["depth"]["norms"]) > 0
    asking(251)
    run = page.ask()
    assert set(since(run).values()) == {0}
    assert len(unpacked(run["depth"]["norms"])) == LAYERS * 126
    assert run["depth"]["width"] == 2
    asking(252)
    assert since(page.ask()) == {"loss": 125, "steps": 125, "epochs": 125, "batches": 125}


def test_of_tensors_only_what_is_wanted_is_told(asking: Callable[[int], Asking]) -> None:
    page = asking(4)
    page.ask()
    wanted = {"steps": ["dense_3/kernel"], "epochs": []}
    run = page.ask(wanted=wanted)
    (steps,) = next(one for one in run["explorers"] if one["key"] == "steps")["parts"]
    assert [curve is not None for curve in steps["curves"]["l2_norm_individual"]] == [
        place == 4
        for place in range(LAYERS + 1)  # the total is the first
    ]
    page.revision = -1
    again = page.ask(wanted={**wanted, "steps": ["total"]})
    assert set(since(again).values()) == {0}, "lines that were not shown may be old"
    page.revision = -1
    assert "explorers" not in page.ask(), "the same is not told twice"


def test_edges_between_the_same_layers_are_one(asking: Callable[[int], Asking], tmp_path: Path) -> None:
    page = asking(1)
    page.ask()
    run = page.ask()
    flows = np.random.default_rng(2).uniform(size=(2 * 400, LAYERS + 1))[:2].astype(np.float32).mean(axis=0)
    told = unpacked(run["graph"]["edges"])
    expected = flows[:LAYERS].copy()
    expected[1] = np.hypot(flows[1], flows[LAYERS])
    np.testing.assert_allclose(told, expected, rtol=1e-6)
    drawn = graph_of(page.folder.runs["run.h5"].run)  # type: ignore[arg-type]
    assert [one["words"] for one in drawn["edges"]][:2] == ["input to dense_0", "dense_0 to dense_1"]
    assert [node["place"] for node in drawn["nodes"]] == [None, *range(LAYERS)]
    html = page.page.run("run.h5")
    assert html is not None
    assert html.count('class="edge"') == LAYERS
    assert page.page.run("elsewhere.h5") is None


@pytest.mark.parametrize(
    ("told", "threshold"),
    [
        ({}, 0.01),
        ({"graph": {"threshold": 0.5}}, 0.5),
        ({"graph": {"threshold": 0.5, "relative": True}}, 1.5),  # the median of 2, 3 and 4 is 3
        ({"graph": "mine"}, 0.01),
        ({"graph": {"nodes": 3}}, 0.01),
    ],
)
def test_edges_are_judged_by_the_experiments_threshold(
    tmp_path: Path, told: dict[str, Any], threshold: float
) -> None:
    layers = tuple(Layer(name, "Dense", (f"{name}/kernel",)) for name in "abcd")
    graph = LayerGraph(layers, tuple(Edge(*ends) for ends in ("ab", "bc", "cd")))
    write_run(
        tmp_path / "run.h5",
        {f"{name}/kernel": np.ones((4, 2)) for name in "abcd"},
        2,
        edges=np.tile([2.0, 3.0, 4.0], (4, 1)),
        graph=graph,
        experiment={"name": "toy", **told},
    )
    page = Asking(tmp_path)
    page.ask()
    run = page.ask()
    assert run is not None
    assert run["graph"]["threshold"] == threshold
    page.folder.close()


def test_paths_of_svg() -> None:
    curve = Outline([(0, 0), (0.5, 0), (1, 1), (1, 2)], [1, 4, 4, 4])
    assert svg_path(curve) == "M0 0 C60 0 120 120 120 240"
    corner = Outline([(0, 0), (0.5, 0), (0.5, 1)], [1, 3, 3])
    assert svg_path(corner) == "M0 0 Q60 0 60 120"
    triangle = Outline([(0, 0), (1, 0), (0, 1), (0, 0)], closed=True)
    assert svg_path(triangle) == "M0 0 L120 0 L0 120 Z"
