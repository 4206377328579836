"""Statistics files with any numbers one likes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics

SHAPES = {"dense/kernel": (4, 8), "dense/bias": (8,), "dense_1/kernel": (8, 3), "dense_1/bias": (3,)}

Change = Callable[[dict[str, np.ndarray], dict[str, np.ndarray]], None]


def write(
    path: Path,
    change: Change | None,
    *,
    shapes: dict[str, tuple[int, ...]] = SHAPES,
    epochs: int = 6,
    steps_per_epoch: int = 3,
    extra_steps: int = 0,
    seed: int = 13,
    experiment: dict[str, Any] | None = None,
    data_label: str = "",
    first_nonfinite_step: int | None = None,
    metric: str = "categorical_accuracy",
    learning_rate: np.ndarray | None = None,
) -> Path:
    """Write random positive statistics, non-finite from that step on; `change` may alter them before."""
    random = np.random.default_rng(seed)
    steps, columns = epochs * steps_per_epoch + extra_steps, len(shapes) + 1
    per_epoch = {name: random.uniform(0.1, 1, (epochs, columns)) for name in of_level("epoch")}
    per_step = {name: random.uniform(0.1, 1, (steps, columns)) for name in of_level("step")}
    loss = np.linspace(1.0, 0.4, epochs)
    folded = random.normal(size=(steps, 8)) + 3 * np.eye(8)[np.arange(steps) % steps_per_epoch % 8]
    moved = np.concatenate([np.zeros((1, 8)), random.normal(size=(epochs, 8)).cumsum(axis=0)])
    exponents = {tensor: np.zeros((epochs, 2, 256), np.int64) for tensor in shapes}
    for counts in exponents.values():
        counts[:, :, 90:130] = random.integers(0, 50, (epochs, 2, 40))
        counts[:, 0, 0] = 100
    zeros = {tensor: np.full(epochs, 90) for tensor in shapes}
    if first_nonfinite_step is not None:
        for values in (*per_epoch.values(), loss):
            values[first_nonfinite_step // steps_per_epoch :] = np.nan
        for values in per_step.values():
            values[first_nonfinite_step:] = np.inf
    if first_nonfinite_step is not None:
        folded[first_nonfinite_step:] = np.nan
        moved[1 + first_nonfinite_step // steps_per_epoch :] = np.nan
    if change:
        change(per_epoch, per_step)
    return write_statistics(
        path,
        shapes,
        epochs,
        steps_per_epoch,
        steps=steps,
        series={**per_epoch, **per_step},
        metrics={
            split: {"loss": factor * loss, metric: 1 - factor * loss / 2}
            for split, factor in (("train", 1.0), ("validation", 1.2))
        },
        learning_rate=learning_rate,
        folded=folded,
        folded_weights=moved,
        exponents=exponents,
        zeros=zeros,
        experiment={"title": "Toy"} if experiment is None else experiment,
        seed=seed,
        data_label=data_label,
        first_nonfinite_step=first_nonfinite_step,
    )


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Callable[..., Statistics]]:
    """A function that writes a toy's statistics and opens them."""
    with ExitStack() as files:

        def make(change: Change | None = None, **fields: Any) -> Statistics:
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}.h5"
            return files.enter_context(Statistics(write(path, change, **fields)))

        yield make


@pytest.fixture
def deep() -> dict[str, tuple[int, ...]]:
    """Thirty tensors in fifteen layers, named as Keras names those of a deep network."""
    shapes: dict[str, tuple[int, ...]] = {}
    for place in range(7):
        suffix = f"_{place}" if place else ""
        shapes |= {f"conv2d{suffix}/kernel": (3, 3, 2, 4), f"conv2d{suffix}/bias": (4,)}
        shapes |= {f"batch_normalization{suffix}/gamma": (4,), f"batch_normalization{suffix}/beta": (4,)}
    return shapes | {"dense/kernel": (4, 2), "dense/bias": (2,)}


@pytest.fixture
def cifar10(deep: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The 28 tensors of the article's network for CIFAR-10; the last row of their panels is not full."""
    kept = {name: shape for name, shape in deep.items() if not name.split("/")[0].endswith("_6")}
    return kept | {"dense_1/kernel": (2, 3), "dense_1/bias": (3,)}
