"""Run files and prepared data of small networks, without Keras."""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.datasets import prepared
from gradevo.datasets.dataset import Dataset
from gradevo.testing import write_run

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Small:
    """A run file and what was written into it: tensor -> (steps, *shape) and (epochs + 1, *shape)."""

    path: Path
    gradients: dict[str, Array]
    weights: dict[str, Array]


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Small]:
    """Write a run of Dense layers with random weights and gradients, but for those that are given.

    sizes: units from the inputs on; layers are called "hidden", "hidden_2", …, "output" (relu, …, sigmoid).
    losses: after every epoch; batch_losses: (epochs · 3,), three batches an epoch.
    """
    folder = tmp_path_factory.mktemp("small")
    numbers = itertools.count()

    def write(
        sizes: Sequence[int] = (2, 2, 1),
        epochs: int = 3,
        seed: int = 13,
        losses: Sequence[float] | None = None,
        batch_losses: Sequence[float] | None = None,
        weights: dict[str, Any] | None = None,
        gradients: dict[str, Any] | None = None,
        activations: Sequence[str] | None = None,
        use_bias: bool = True,
        experiment: dict[str, Any] | None = None,
        planned: int | None = None,
        **attributes: Any,
    ) -> Small:
        random = np.random.default_rng(seed)
        depth = len(sizes) - 1
        names = ["hidden" + (f"_{k + 1}" if k else "") for k in range(depth - 1)] + ["output"]
        kinds = activations or ["relu"] * (depth - 1) + ["sigmoid"]
        shapes: dict[str, tuple[int, ...]] = {}
        for name, inputs, units in zip(names, sizes[:-1], sizes[1:], strict=True):
            shapes[f"{name}/kernel"] = (inputs, units)
            if use_bias:
                shapes[f"{name}/bias"] = (units,)
        all_weights = {t: random.normal(size=(epochs + 1, *s)).astype(np.float32) for t, s in shapes.items()}
        all_gradients = {
            t: random.normal(size=(3 * epochs, *s)).astype(np.float32) for t, s in shapes.items()
        }
        for given, whole in ((weights or {}, all_weights), (gradients or {}, all_gradients)):
            for tensor, values in given.items():
                whole[tensor][:] = values
        layers = [
            {"class_name": "Dense", "config": {"name": n, "activation": a, "use_bias": use_bias}}
            for n, a in zip(names, kinds, strict=True)
        ]
        path = write_run(
            folder / f"{next(numbers)}" / "run.h5",
            all_gradients,
            3,
            weights=all_weights,
            losses=None if batch_losses is None else np.asarray(batch_losses, dtype=float),
            metrics={"train": {"loss": losses or [0.5] * epochs, "accuracy": [0.75] * epochs}},
            experiment=experiment or {"title": "Toy"},
            seed=seed,
            attributes={
                "model": json.dumps({"class_name": "Sequential", "config": {"layers": layers}}),
                **attributes,
            },
            epochs=planned or epochs,
            batch_sizes=[4, 4, 2],
        )
        return Small(path, all_gradients, all_weights)

    return write


@pytest.fixture(scope="session")
def xor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared dataset: 40 points of XOR in the plane."""
    x = np.random.default_rng(42).uniform(-5, 5, (40, 2)).astype(np.float32)
    return save_plane(tmp_path_factory.mktemp("data") / "xor.npz", x, (x > 0).sum(axis=1) % 2)


def save_plane(path: Path, x: Array, y: Array, labels: tuple[str, ...] = ("equal", "different")) -> Path:
    """Prepare points of classes for `gradevo.datasets.load`."""
    y = y.astype(np.int64)
    told = {"kind": "own data", "file": "xor.npz", "sha256": "0" * 64}
    prepared.save(Dataset("xor", "XOR", "classification", labels, x, y, x[:2], y[:2], told), path)
    return path
