"""Statistics files that hold nothing but gradients."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
import pytest

from gradevo.layers import LayerGraph
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import VERSION, Statistics


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Callable[..., Statistics]]:
    """A function that writes gradients, tensor -> (epochs, *shape), and opens them as statistics."""
    with ExitStack() as files:

        def make(
            gradients: dict[str, np.ndarray],
            title: str = "Toy",
            data_label: str = "",
            steps_per_epoch: int = 2,
            first_nonfinite_step: int | None = None,
        ) -> Statistics:
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}.h5"
            epochs = len(next(iter(gradients.values())))
            with h5py.File(path, "w") as file:
                file.attrs.update(
                    format="gradevo-statistics",
                    version=VERSION,
                    graph=LayerGraph().to_json(),
                    record_every=1,
                    experiment=json.dumps({"title": title}),
                    seed=13,
                    steps_per_epoch=steps_per_epoch,
                    first_nonfinite_step=-1 if first_nonfinite_step is None else first_nonfinite_step,
                    first_nonfinite_epoch=-1
                    if first_nonfinite_step is None
                    else first_nonfinite_step // steps_per_epoch + 1,
                    data_label=data_label,
                )
                file["columns"] = np.array([*gradients, "total"], dtype=h5py.string_dtype())
                file["sizes"] = np.zeros(len(gradients) + 1, dtype=np.int64)
                file["steps/loss"] = np.zeros(epochs * steps_per_epoch)
                for name in of_level("epoch"):
                    file[f"epochs/{name}"] = np.zeros((epochs, len(gradients) + 1))
                for tensor, values in gradients.items():
                    file[f"gradients/{tensor}"] = np.asarray(values, dtype=np.float32)
            return files.enter_context(Statistics(path))

        yield make


@pytest.fixture
def noise() -> dict[str, np.ndarray]:
    """Three epochs of a layer with a kernel of 6 inputs and 4 outputs, and its bias."""
    random = np.random.default_rng(13)
    return {"dense/kernel": random.normal(size=(3, 6, 4)), "dense/bias": random.normal(size=(3, 4))}
