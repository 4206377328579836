"""Errors of the reader say what is wrong, and what there is instead."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from gradevo import GradevoError
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
        GradevoError, match="expected format 'gradevo-statistics' version 5, found 'gradevo-run'"
    ):
        Statistics(tmp_path / "other.h5")


def test_only_gradients_are_compressed_in_chunks_of_at_most_a_mebibyte(path: Path) -> None:
    with h5py.File(path) as file:
        gradients = file["gradients/a"]
        assert gradients.chunks == (1, 262, 1000)
        assert "32008" in gradients._filters  # bitshuffle
        assert file["epochs/l1_norm"].chunks is None
        assert file["steps/cosine"].chunks is None
