"""Statistics files that hold nothing but gradients."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics


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
            write_statistics(
                path,
                {tensor: np.shape(values)[1:] for tensor, values in gradients.items()},
                epochs,
                steps_per_epoch,
                gradients=gradients,
                experiment={"title": title},
                data_label=data_label,
                first_nonfinite_step=first_nonfinite_step,
            )
            return files.enter_context(Statistics(path))

        yield make


@pytest.fixture
def noise() -> dict[str, np.ndarray]:
    """Three epochs of a layer with a kernel of 6 inputs and 4 outputs, and its bias."""
    random = np.random.default_rng(13)
    return {"dense/kernel": random.normal(size=(3, 6, 4)), "dense/bias": random.normal(size=(3, 4))}
