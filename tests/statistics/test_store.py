"""Errors of the reader say what is wrong, and what there is instead."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.statistics import store
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics


@pytest.fixture(scope="module")
def path(record: Callable[..., Path]) -> Path:
    run = record({"a": np.ones((2, 600, 1000), np.float32)}, {"a": np.ones((2, 600, 1000), np.float32)}, 2)
    analyse(run, run.with_name("statistics.h5"))
    return run.with_name("statistics.h5")


def test_unknown_names(path: Path) -> None:
    with Statistics(path) as statistics:
        with pytest.raises(GradevoError, match="no epoch statistic 'cosine'; there are l1_norm, "):
            statistics.epoch("cosine")
        with pytest.raises(GradevoError, match="no step statistic 'l1_norm'; there are epoch, batch_size, "):
            statistics.step("l1_norm")
        with pytest.raises(GradevoError, match="no column 'b'; there are a, total"):
            statistics.epoch("l1_norm", "b")
        with pytest.raises(GradevoError, match="no tensor 'total'; there are a"):
            statistics.gradient("total", 1)
        with pytest.raises(GradevoError, match="no split 'test'; there are train, validation"):
            statistics.metrics("test")


def test_columns_are_read_by_whole_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "READ_BYTES", 1)  # a row at a time
    with Statistics(path) as statistics, h5py.File(path) as file:
        for index, column in enumerate(statistics.columns):
            of_steps = file["steps/l1_norm_individual"][:, index]
            np.testing.assert_array_equal(statistics.step("l1_norm_individual", column), of_steps)
            np.testing.assert_array_equal(
                statistics.epoch("l1_norm", column), file["epochs/l1_norm"][:, index]
            )
        monkeypatch.setattr(store, "READ_BYTES", 2**20)
        np.testing.assert_array_equal(statistics.step("l1_norm_individual", column), of_steps)


@pytest.mark.parametrize("epoch", [0, 2, -1])
def test_epochs_outside_of_the_run(path: Path, epoch: int) -> None:
    with Statistics(path) as statistics, pytest.raises(GradevoError, match=f"no epoch {epoch}; .* 1 to 1"):
        statistics.gradient("a", epoch)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match="no such statistics file"):
        Statistics(tmp_path / "statistics.h5")


def test_no_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "statistics.h5"
    path.write_text("epoch,tensor")
    with pytest.raises(GradevoError, match="not a readable HDF5 file"):
        Statistics(path)


def test_another_format(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["format"] = "gradevo-run"
    with pytest.raises(
        GradevoError, match="expected format 'gradevo-statistics' version 6, found 'gradevo-run'"
    ):
        Statistics(tmp_path / "other.h5")


def test_only_gradients_are_compressed_in_chunks_of_at_most_a_mebibyte(path: Path) -> None:
    with h5py.File(path) as file:
        gradients = file["gradients/a"]
        assert gradients.chunks == (1, 262, 1000)
        assert "32008" in gradients._filters  # bitshuffle
        assert file["epochs/l1_norm"].chunks is None
        assert file["steps/cosine"].chunks is None
