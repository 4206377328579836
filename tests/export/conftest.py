"""A run whose statistics are exported: two epochs of two steps, a layer with a connection, a GRU."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.statistics.analyse import analyse
from gradevo.testing import write_run

KERNEL = np.array([[3.0, 4.0], [0.0, -2.0], [1.0, 0.0], [6.0, 8.0]])
BIAS = np.array([[1.0], [-1.0], [2.0], [0.0]])
GRAPH = LayerGraph(
    (Layer("input", "InputLayer"), Layer("gru", "GRU", ("gru/kernel", "gru/bias")), Layer("out", "ReLU")),
    (Edge("input", "gru"), Edge("gru", "out"), Edge("gru", "out")),
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The run file."""
    return write_run(
        tmp_path / "toy" / "run.h5",
        {"gru/kernel": KERNEL, "gru/bias": BIAS},
        2,
        losses=np.array([4.0, 3.0, 2.0, np.nan]),
        metrics={"train": {"loss": [3.5, 1.5]}, "validation": {"loss": [3.75, 2.5]}},
        edges=np.array([[np.nan, 1.0, 2.0]] * 4),
        through_time={"gru": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])},
        experiment={"name": "toy", "title": "Toy"},
        attributes={"data_label": "a copy"},
        graph=GRAPH,
    )


@pytest.fixture
def statistics(run: Path) -> Path:
    """Its statistics."""
    analyse(run, run.with_name("statistics.h5"))
    return run.with_name("statistics.h5")


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that makes a package missing."""

    def hide(name: str) -> None:
        for module in [name, *(loaded for loaded in sys.modules if loaded.startswith(f"{name}."))]:
            monkeypatch.setitem(sys.modules, module, None)

    return hide
