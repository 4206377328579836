"""Datasets that a formula and a seed define: no file, no network, the same numbers everywhere."""

from collections.abc import Callable, Mapping

import numpy as np

from gradevo.datasets.dataset import GENERATED, Array, Dataset, assemble
from gradevo.datasets.origin import Origin, bytes_sha256
from gradevo.datasets.sources import GeneratedEntry, Recipe


def xor() -> tuple[Array, Array]:
    """1,000 points, uniform in [−5, 5]², and whether exactly one coordinate is positive: (1000, 2), (1000,).

    Drawn as the original system draws them, the first coordinates before the second, from NumPy's seed 42.
    """
    random = np.random.RandomState(42)  # newer generators give other numbers
    x = np.hstack([random.rand(1000, 1) * 10 - 5 for _ in range(2)])
    return x, np.logical_xor(x[:, 0] > 0, x[:, 1] > 0).astype(np.int64)


def parabola() -> tuple[Array, Array]:
    """x from −1 to 1, and x² with normal noise of deviation 0.1 from NumPy's seed 0: (100, 1), (100,)."""
    x = np.linspace(-1, 1, 100)[:, np.newaxis]
    return x, (x**2 + np.random.RandomState(0).normal(0, 0.1, x.shape))[:, 0]


def rain() -> tuple[Array, Array]:
    """Three points, seconds and millimetres of rain: (3, 1), (3,)."""
    return np.array([[0.0], [1.0], [2.0]]), np.array([0.2, 1.3, 2.4])


RECIPES: Mapping[Recipe, Callable[[], tuple[Array, Array]]] = {"xor": xor, "parabola": parabola, "rain": rain}


def generate(name: str, entry: GeneratedEntry) -> Dataset:
    """The dataset that the entry's recipe makes: all rows are training rows, in the recipe's order.

    Raises GradevoError if the entry's labels or shape are not the recipe's.
    """
    recipe = entry.source.recipe
    x, y = RECIPES[recipe]()
    origin = Origin(name, f"recipe {recipe}", "mend its entry in sources.yaml")
    regression = y.dtype.kind == "f"
    classes = 0 if regression else int(y.max()) + 1
    labels = tuple(map(str, entry.labels or range(classes)))
    if len(labels) != classes:
        raise origin.fault(f"{classes} labels", len(labels))
    dtype = (entry.features and entry.features.dtype) or "float32"
    return assemble(
        {"x_train": x, "y_train": y, "x_test": x[:0], "y_test": y[:0]},
        name=name,
        title=entry.title,
        task="regression" if regression else "classification",
        labels=None if regression else labels,
        shape=entry.features.shape if entry.features else x.shape[1:],
        dtype=dtype,
        provenance={
            "kind": GENERATED,
            "file": f"recipe {recipe}",
            "sha256": bytes_sha256(x.astype("<f8").tobytes() + y.astype("<f8").tobytes()),
        },
        origin=origin,
    )
