"""Synthetic trainings of every kind, made once."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

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
        path = statistics_file(
            gradients,
            steps_per_epoch,
            name,
            seed,
            metrics={"mean_absolute_error": random.uniform(1, 2, epochs)},
            weights={tensor: values.astype(np.float32) for tensor, values in weights.items()},
            **{"loss": "mean_squared_error", **experiment},
        )
        if bad is not None:
            with h5py.File(path, "r+") as file:  # what `record` notes in the run file
                file.attrs["first_nonfinite_step"] = bad
                file.attrs["first_nonfinite_epoch"] = bad // steps_per_epoch + 1
        return path

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
