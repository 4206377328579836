"""What goes first when several processes share the tests; runs of any layer graph; a browser."""

import itertools
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import settings
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run

# So that a bare ``pytest`` finds `analysis.benchmarks`, which is run from the root and not installed.
sys.path.insert(0, str(Path(__file__).parents[1]))

# Machines are shared and noisy: how long an example takes says nothing.
settings.register_profile("gradevo", deadline=None)
settings.load_profile("gradevo")

PIPELINE = "test_pipeline"

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

STEPS = 2
"""Steps of an epoch of `graph_run`, all alike."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by its kind; those of the finished pipeline go first.

    The pipeline takes minutes, and the last test would wait for it.
    """
    for item in items:
        folders = {"workflow": "pipeline", "frameworks": "frameworks"}
        kind = next((folders[part] for part in item.path.parts if part in folders), "unit")
        if not item.get_closest_marker("unit"):  # of those in a folder of another kind, one that says so
            item.add_marker("browser" if item.path.stem == "test_browser" else kind)
    items.sort(key=lambda item: item.path.stem != PIPELINE)


@pytest.fixture
def chain() -> Callable[..., LayerGraph]:
    """A function that connects layers (id, class) one after the other; inputs and ReLU have no kernel."""
    return _chain


def _chain(*layers: tuple[str, str]) -> LayerGraph:
    nodes = tuple(
        Layer(name, kind, () if kind in ("InputLayer", "ReLU") else (f"{name}/kernel",))
        for name, kind in layers
    )
    return LayerGraph(nodes, tuple(Edge(one, other) for (one, _), (other, _) in itertools.pairwise(layers)))


@pytest.fixture
def check_readable() -> Callable[..., None]:
    """A function that checks the drawn texts of a figure: large enough, inside the page, and apart."""
    return _check_readable


def _check_readable(figure: Figure, texts: Mapping[Text, Bbox], tolerance: float = 1) -> None:
    for text, box in texts.items():
        assert text.get_fontsize() >= 7, text
        assert min(box.x0, box.y0) >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    for (one, first), (other, second) in itertools.combinations(texts.items(), 2):
        assert not first.padded(-tolerance).overlaps(second.padded(-tolerance)), (one, other)


@pytest.fixture
def check_notebook() -> Callable[[Path], None]:
    """A function that runs a notebook and compares what it gives with what it holds."""
    return _check_notebook


def _check_notebook(path: Path) -> None:
    import nbformat
    from analysis.notebooks import execute

    held, given = nbformat.read(path, as_version=4), execute(path)
    assert [one.source for one in given.cells] == [one.source for one in held.cells]
    assert list(map(_outline, given.cells)) == list(map(_outline, held.cells))
    text = path.read_text(encoding="utf-8")
    assert len(text) < 250_000
    text = re.sub(r'"image/png": "[^"]*"|base64,[^"\\]*', "", text)
    for traitor in (str(Path.home()), "/tmp", str(path.parents[2]), " at 0x", "ms/step", "iopub"):
        assert traitor not in text


def _outline(cell: Any) -> list[tuple[Any, ...]]:
    """Kinds and texts of a cell's outputs, numbers by their places alone: those of another machine differ."""
    found: list[tuple[Any, ...]] = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        words = output.get("text", data.get("text/plain", ""))
        found.append((output.output_type, sorted(data), re.sub(r"-?\d+(\.\d*)?(e-?\d+)?", "#", words)))
    return found


@pytest.fixture
def branched() -> LayerGraph:
    """Two inputs, a skip over two convolutions, two outputs."""
    kinds = {"image": "InputLayer", "table": "InputLayer", "add": "Add", "concatenate": "Concatenate"}
    names = ["image", "conv", "conv_1", "conv_2", "add", "table", "dense", "concatenate", "class", "price"]
    layers = (
        Layer(name, kinds.get(name, "Dense"), () if name in kinds else (f"{name}/w",)) for name in names
    )
    ends = [
        ("image", "conv"),
        ("conv", "conv_1"),
        ("conv_1", "conv_2"),
        ("conv_2", "add"),
        ("conv", "add"),
        ("add", "concatenate"),
        ("table", "dense"),
        ("dense", "concatenate"),
        ("concatenate", "class"),
        ("concatenate", "price"),
    ]
    return LayerGraph(tuple(layers), tuple(Edge(*pair) for pair in ends))


@pytest.fixture
def graph_run(tmp_path: Path) -> Iterator[Callable[..., Statistics]]:
    """A function that records a graph and opens its statistics.

    norms: layer -> its gradient's norm in every epoch, 1 without. edges: (epochs, E), NaN where no gradient
    flows; none without. through_time: layer -> (epochs, T).
    """
    with ExitStack() as files:

        def make(
            graph: LayerGraph,
            epochs: int = 3,
            norms: Mapping[str, Sequence[float]] | None = None,
            edges: object = None,
            through_time: Mapping[str, object] | None = None,
            seed: int = 13,
            title: str = "Toy",
        ) -> Statistics:
            def per_step(values: object) -> np.ndarray:
                return np.repeat(np.asarray(values, dtype=np.float32)[:epochs], STEPS, axis=0)

            gradients = {
                layer.tensors[0]: np.stack(
                    [per_step((norms or {}).get(layer.id, np.ones(epochs))), np.zeros(epochs * STEPS)], axis=1
                )
                for layer in graph.layers
                if layer.tensors
            }
            folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
            path = write_run(
                folder / "run.h5",
                gradients,
                STEPS,
                losses=per_step(1 / np.arange(1, epochs + 1)),
                metrics={"train": {"loss": np.ones(epochs)}},
                edges=None if edges is None else per_step(edges),
                through_time={name: per_step(values) for name, values in (through_time or {}).items()},
                experiment={"name": "toy", "title": title},
                seed=seed,
                finish=epochs > 0,
                epochs=max(epochs, 1),
                graph=graph,
            )
            analyse(path, folder / "statistics.h5")
            return files.enter_context(Statistics(folder / "statistics.h5"))

        yield make


@pytest.fixture(scope="session")
def statistics_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that records a synthetic training and returns ``<name>/seed-<seed>/statistics.h5``.

    gradients: tensor -> (steps, *shape); steps_per_epoch: all epochs are complete. losses: of the training
    set after each epoch, (epochs,); 1/epoch without. metrics: further ones of the training set, name ->
    (epochs,). batch_sizes: (steps_per_epoch,); 32 each without. weights: tensor -> (epochs + 1, *shape); all
    ones without. The run file stands beside.
    """
    folder = tmp_path_factory.mktemp("experiments")
    numbers = itertools.count()

    def write(
        gradients: Mapping[str, np.ndarray],
        steps_per_epoch: int,
        name: str = "toy",
        seed: int = 13,
        losses: Sequence[float] | None = None,
        metrics: Mapping[str, Sequence[float]] | None = None,
        batch_sizes: Sequence[int] | None = None,
        weights: Mapping[str, np.ndarray] | None = None,
        graph: LayerGraph | None = None,
        **experiment: object,
    ) -> Path:
        epochs = len(next(iter(gradients.values()))) // steps_per_epoch
        losses = 1 / np.arange(1, epochs + 1) if losses is None else np.asarray(losses)
        run = write_run(
            folder / f"{next(numbers)}" / name / f"seed-{seed}" / "run.h5",
            gradients,
            steps_per_epoch,
            weights=weights,
            losses=np.repeat(losses, steps_per_epoch).astype(np.float32),
            metrics={"train": {"loss": losses, **(metrics or {})}},
            experiment={"name": name, "title": name.title(), **experiment},
            seed=seed,
            batch_sizes=batch_sizes or [32] * steps_per_epoch,
            graph=graph or LayerGraph(),
        )
        analyse(run, run.with_name("statistics.h5"), run.with_name("statistics.csv"))
        return run.with_name("statistics.h5")

    return write


SHAPES = {"dense/kernel": (2, 3), "dense/bias": (3,), "out/kernel": (3, 1)}


@pytest.fixture(scope="session")
def training(statistics_file: Callable[..., Path]) -> Callable[..., Path]:
    """A function that records random gradients, NaN from the step `bad` on."""

    def make(
        name: str,
        seed: int = 13,
        epochs: int = 4,
        steps_per_epoch: int = 3,
        bad: int | None = None,
        **experiment: object,
    ) -> Path:
        random = np.random.default_rng([seed, epochs, steps_per_epoch])
        steps = epochs * steps_per_epoch
        gradients = {tensor: random.normal(0.3, 1, (steps, *shape)) for tensor, shape in SHAPES.items()}
        for values in gradients.values():
            values[steps if bad is None else bad :] = np.nan
        weights = {tensor: random.normal(0, 1, (epochs + 1, *shape)) for tensor, shape in SHAPES.items()}
        return statistics_file(
            gradients,
            steps_per_epoch,
            name,
            seed,
            metrics={"mean_absolute_error": random.uniform(1, 2, epochs)},
            weights={tensor: values.astype(np.float32) for tensor, values in weights.items()},
            **{"loss": "mean_squared_error", **experiment},
        )

    return make


@pytest.fixture(scope="session")
def kinds(training: Callable[..., Path]) -> dict[str, list[Path]]:
    """Statistics files by the kind of training, the seeds of each together."""
    thinned = training("thinned")
    with h5py.File(thinned, "r+") as file:
        file.attrs["record_every"] = 2
        file.attrs["data_label"] = "every 2nd step"
    return {
        "plain": [training("plain", seed, title="Plain & 100 % _simple_") for seed in (13, 14, 15)],
        "lengths": [training("lengths", seed, epochs=epochs) for seed, epochs in ((13, 2), (14, 5))],
        "short": [training("short", epochs=1, steps_per_epoch=1)],
        "single": [training("single", epochs=6, steps_per_epoch=1)],
        "bad": [training("bad", 13, bad=5), training("bad", 14)],
        "thinned": [thinned],
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a window; `make test` has installed it where it may."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium, and `make test` could not install it: apt-get install chromium")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()
