"""A run whose statistics are exported: two epochs of two steps, a layer with a connection, a GRU."""

import sys
from collections.abc import Callable
from pathlib import Path

import h5py
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
    """Its statistics, without histograms."""
    analyse(run, run.with_name("statistics.h5"))
    return run.with_name("statistics.h5")


@pytest.fixture
def with_histograms(statistics: Path) -> Path:
    """The same with those of the gradients above, counted one by one."""
    with h5py.File(statistics, "r+") as file:
        for tensor, gradients in (("gru/kernel", KERNEL), ("gru/bias", BIAS)):
            counts, zeros = np.zeros((2, 2, 256), np.int64), np.zeros(2, np.int64)
            for step, row in enumerate(gradients):
                for element in row:
                    exponent = 0 if element == 0 else int(np.floor(np.log2(abs(element)))) + 127
                    counts[step // 2, int(element < 0), exponent] += 1
                    zeros[step // 2] += element == 0
            file[f"exponents/{tensor}"], file[f"zeros/{tensor}"] = counts, zeros
    return statistics


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that makes a package missing."""

    def hide(name: str) -> None:
        for module in [name, *(loaded for loaded in sys.modules if loaded.startswith(f"{name}."))]:
            monkeypatch.setitem(sys.modules, module, None)

    return hide
