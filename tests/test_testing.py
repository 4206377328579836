"""Synthetic files are what training and analysis would have written."""

from pathlib import Path

import numpy as np
import pytest

from gradevo import Run, Statistics, analyse
from gradevo.cli.info import describe
from gradevo.testing import write_run, write_statistics

GRADIENTS = {"dense/kernel": np.arange(30.0).reshape(5, 3, 2), "scale": np.array([1, 2, np.nan, 4, 5])}


def test_a_run_holds_the_arrays_and_what_follows_from_them(tmp_path: Path) -> None:
    path = write_run(tmp_path / "toy" / "run.h5", GRADIENTS, 2, losses=np.arange(5))
    with Run(path) as run:
        assert (run.epochs, run.epochs_planned, run.steps, run.seed) == (2, 3, 5, 13)
        assert run.experiment.heading == "Toy"
        np.testing.assert_array_equal(
            run.read_gradients("dense/kernel", 0, 5), GRADIENTS["dense/kernel"].astype(np.float32)
        )
        assert run.step("loss").tolist() == [0, 1, 2, 3, 4]
        assert run.metrics("train")["loss"].tolist() == [1, 0.5]
        assert run.weights("scale", 2) == 1
        assert (run.first_nonfinite_step, run.first_nonfinite_epoch) == (2, 2)
    assert "batches of 32" in describe(path)  # what `gradevo info` prints
    analyse(path, tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        assert statistics.epoch("l1_norm", "scale")[0] == 3


def test_further_series_of_steps_are_those_given(tmp_path: Path) -> None:
    given = {
        "learning_rate": np.array([0.5, 0.25, 0.1]),
        "applied/a": np.array([1.0, 2.0, 3.0]),
        "applied/b/c": np.array([4.0, np.nan, 6.0]),
    }
    tensors = {"a": np.ones(3), "b/c": np.ones((3, 2))}
    with Run(write_run(tmp_path / "run.h5", tensors, 2, step_series=given)) as run:
        assert run.step("learning_rate").tolist() == [0.5, 0.25, 0.1]
        assert set(run.step_series) == {"epoch", "batch", "batch_size", "loss", "learning_rate"}
        assert run.norms == ("applied",)
        np.testing.assert_array_equal(run.read_norms("applied", 0, 3), [[1, 4], [2, np.nan], [3, 6]])


def test_a_loss_that_is_not_finite_is_noted(tmp_path: Path) -> None:
    losses = np.array([1, 1, 1, np.inf, np.nan])
    with Run(write_run(tmp_path / "run.h5", {"scale": np.ones(5)}, 1, losses=losses)) as run:
        assert run.first_nonfinite_step == 3


def test_a_killed_run_keeps_its_partial_name(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run.h5", {"scale": np.ones(2)}, 1, finish=False, epochs=7)
    assert path == tmp_path / "run.partial.h5"
    with Run(path) as run:
        assert (run.epochs, run.epochs_planned) == (2, 7)


def test_statistics_are_those_given_and_zero_without(tmp_path: Path) -> None:
    path = write_statistics(
        tmp_path / "statistics.h5",
        {"dense/kernel": (3, 2), "scale": ()},
        epochs=2,
        steps_per_epoch=3,
        steps=7,
        series={"cosine": np.full((7, 3), 0.5)},
        gradients={"scale": np.array([4.0, 5.0])},
        metrics={"train": {"loss": np.array([1.0, 0.5])}},
        first_nonfinite_step=4,
    )
    with Statistics(path) as statistics:
        assert (statistics.epochs, statistics.steps, statistics.size()) == (2, 7, 7)
        assert statistics.step("cosine", "scale").tolist() == [0.5] * 7
        assert statistics.step("epoch").tolist() == [1, 1, 1, 2, 2, 2, 3]
        assert {"learning_rate", "update_norm_individual"}.isdisjoint(statistics.step_series)
        assert statistics.epoch("l2_norm").tolist() == [0, 0]
        assert statistics.gradient("scale", 2) == 5
        assert statistics.gradient("dense/kernel", 1) == pytest.approx(np.zeros((3, 2)))
        assert statistics.metrics("train")["loss"].tolist() == [1, 0.5]
        assert statistics.metrics("validation") == {}
        assert statistics.first_nonfinite_epoch == 2
