"""Losses and gradients that are NaN or infinite."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gradevo import Run, Statistics, analyse
from gradevo.recording.keras.record import record

Array = np.ndarray[Any, Any]


def explosive() -> tuple[keras.Model, Array, Array]:
    """y = wx by gradient descent far beyond the edge of stability: overflows within an epoch or two."""
    x = np.full((6, 1), 100.0, "float32")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="dense")], name="net")
    model.compile(keras.optimizers.SGD(10.0), "mse")
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    return model, x, np.zeros(6, "float32")


def test_divergence_is_recorded_to_the_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    record(*explosive(), tmp_path / "run.h5", shuffle=False, epochs=5, batch_size=2)
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.steps) == (5, 15)
        bad = run.first_nonfinite_step
        assert bad is not None
        finite = np.isfinite(run.step("loss"))
        for tensor in run.tensors:
            gradient = run.read_gradients(tensor, 0, run.steps)
            finite &= np.isfinite(gradient.reshape(15, -1)).all(axis=1)
        assert finite[:bad].all()
        assert not finite[bad]
        assert 0 < bad < 15
    assert [entry.message for entry in caplog.records if entry.name.startswith("gradevo")] == [
        "run.h5: the loss or a gradient is not finite for the first time: "
        f"step {bad} (from 0), epoch {bad // 3 + 1}; the recording goes on"
    ]


def test_stop_ends_after_the_first_bad_step_with_a_valid_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record(*explosive(), tmp_path / "all.h5", shuffle=False, epochs=5, batch_size=2)
    record(*explosive(), tmp_path / "run.h5", shuffle=False, epochs=5, batch_size=2, on_nonfinite="stop")
    with Run(tmp_path / "all.h5") as everything, Run(tmp_path / "run.h5") as run:
        bad = everything.first_nonfinite_step
        assert bad is not None
        assert run.first_nonfinite_step == bad
        assert run.steps == bad + 1
        assert run.epochs == bad // 3
        for tensor in run.tensors:
            np.testing.assert_array_equal(
                run.read_gradients(tensor, 0, run.steps), everything.read_gradients(tensor, 0, bad + 1)
            )
            run.weights(tensor, run.epochs)
        assert len(run.metrics("train")["loss"]) == run.epochs
        assert len(run.step("loss")) == len(run.step("epoch")) == bad + 1
    assert not (tmp_path / "run.partial.h5").exists()
    assert caplog.messages[-1].endswith(
        f"step {bad} (from 0), epoch {bad // 3 + 1}; the recording stops here"
    )


def test_a_stop_in_the_first_epoch_leaves_no_complete_epoch(tmp_path: Path) -> None:
    model, x, y = explosive()
    record(
        model,
        x * np.float32(np.inf),
        y,
        tmp_path / "run.h5",
        shuffle=False,
        epochs=2,
        batch_size=4,
        on_nonfinite="stop",
    )
    with Run(tmp_path / "run.h5") as run:
        assert (run.steps, run.epochs, run.first_nonfinite_step) == (1, 0, 0)


@pytest.mark.parametrize(("record_every", "steps", "bad_step"), [(1, 5, 4), (3, 2, 2)])
def test_a_stop_at_the_end_of_an_epoch_is_analysed_without_that_epoch(
    tmp_path: Path, record_every: int, steps: int, bad_step: int
) -> None:
    """All steps of the epoch are there, but not its weights and metrics."""
    model, x, y = explosive()
    x, y = np.concatenate([x, x[:4]]) / 1e4, np.zeros(10, "float32")
    y[-1] = np.nan
    record(
        model, x, y, tmp_path / "run.h5",
        shuffle=False, epochs=2, batch_size=2, on_nonfinite="stop", record_every=record_every,
    )  # fmt: skip
    analyse(tmp_path / "run.h5", tmp_path / "statistics.h5", tmp_path / "statistics.csv")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        assert (statistics.epochs, statistics.steps) == (0, steps)
        assert (statistics.first_nonfinite_step, statistics.first_nonfinite_epoch) == (bad_step, 1)


def test_a_bad_batch_that_is_not_recorded_is_named_all_the_same(tmp_path: Path) -> None:
    model, x, y = explosive()
    x, y = np.concatenate([x, x[:4]]) / 1e4, np.zeros(10, "float32")
    y[-1] = np.nan
    record(model, x, y, tmp_path / "run.h5", shuffle=False, epochs=1, batch_size=2, record_every=3)
    with Run(tmp_path / "run.h5") as run:
        assert np.isfinite(run.step("loss")).all()
        assert (run.first_nonfinite_step, run.first_nonfinite_epoch) == (2, 1)
