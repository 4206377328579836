"""A training that ends as soon as its loss is low enough."""

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from gradevo import Run
from gradevo.recording.keras.record import Epoch, record


def line() -> tuple[keras.Model, Any, Any]:
    """y = 2x by one weight, whose loss falls by the same factor every epoch."""
    weight = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", name="line")
    model = keras.Sequential([keras.Input((1,), name="input"), weight], name="net")
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = np.array([[-1.0], [1.0]], "float32")
    return model, x, 2 * x


def losses(path: Path, **settings: Any) -> list[float]:
    model, x, y = line()
    record(model, x, y, path, epochs=30, batch_size=2, **settings)
    with Run(path) as run:
        return list(run.metrics("train")["loss"])


def test_it_ends_after_the_first_epoch_below_the_threshold(tmp_path: Path) -> None:
    everything = losses(tmp_path / "all.h5")
    stopped = losses(tmp_path / "stopped.h5", stop_below=0.1)
    # Full-batch descent: the weight's distance from 2 shrinks by 0.8, the loss by 0.64.
    expected = [4 * 0.64**epoch for epoch in range(1, 31)]
    assert everything == pytest.approx(expected, rel=1e-4)
    assert stopped == everything[: len(stopped)]
    assert len(stopped) == 9
    assert stopped[-1] < 0.1 <= stopped[-2]
    with Run(tmp_path / "stopped.h5") as run:
        assert run.stopped
        assert run.stop_below == 0.1
        assert (run.epochs, run.steps, run.epochs_planned) == (9, 9, 30)
    with Run(tmp_path / "all.h5") as run:
        assert not run.stopped
        assert run.stop_below is None


def test_a_loss_equal_to_the_threshold_is_not_below_it(tmp_path: Path) -> None:
    third = losses(tmp_path / "all.h5")[2]
    assert len(losses(tmp_path / "equal.h5", stop_below=third)) == 4


def test_a_run_killed_after_its_last_epoch_is_only_finished(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.h5", tmp_path / "killed.h5"
    losses(whole, stop_below=0.1)

    class Killed(Exception):
        pass

    def kill(epoch: Epoch) -> None:
        if epoch.epoch == 9:
            raise Killed

    with pytest.raises(Killed):
        losses(killed, stop_below=0.1, on_epoch=kill)
    assert not killed.exists()
    seen: list[int] = []
    losses(killed, stop_below=0.1, on_epoch=lambda epoch: seen.append(epoch.epoch))
    assert seen == []
    with h5py.File(whole) as expected, h5py.File(killed) as found:
        np.testing.assert_array_equal(found["gradients/line/kernel"][:], expected["gradients/line/kernel"][:])
        np.testing.assert_array_equal(found["weights/line/kernel"][:], expected["weights/line/kernel"][:])
