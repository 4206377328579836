"""The tidy table ``statistics.csv`` holds what the statistics file holds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gradevo import GradevoError
from gradevo.statistics.analyse import analyse
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import Statistics
from gradevo.statistics.writer import EPOCHS_AT_ONCE, write_table


@pytest.fixture(scope="module")
def run(record: Callable[..., Path]) -> Path:
    """More epochs than the table writes at once; tensor b has no weights at first."""
    epochs = EPOCHS_AT_ONCE + 3
    random = np.random.default_rng(1)
    gradients = {
        name: random.standard_normal((2 * epochs, 3)).astype(np.float32) for name in ("b", "a/kernel")
    }
    weights = {name: random.standard_normal((epochs + 1, 3)).astype(np.float32) for name in gradients}
    weights["b"][0] = 0
    return record(gradients, weights, 2)


def test_every_value_is_there_to_the_last_bit(run: Path, tmp_path: Path) -> None:
    analyse(run, tmp_path / "statistics.h5", tmp_path / "statistics.csv")
    table = pd.read_csv(tmp_path / "statistics.csv")
    assert table.columns.tolist() == ["epoch", "tensor", "statistic", "value"]
    with Statistics(tmp_path / "statistics.h5") as statistics:
        assert len(table) == statistics.epochs * 3 * len(of_level("epoch"))
        for tensor in statistics.columns:
            for name in of_level("epoch"):
                rows = table[(table["tensor"] == tensor) & (table["statistic"] == name)]
                assert rows["epoch"].tolist() == list(range(1, statistics.epochs + 1))
                np.testing.assert_array_equal(rows["value"], statistics.epoch(name, tensor))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["statistics.csv", "statistics.h5"]


def test_rows_are_in_order_and_readable(run: Path, tmp_path: Path) -> None:
    analyse(run, tmp_path / "statistics.h5", tmp_path / "statistics.csv")
    lines = (tmp_path / "statistics.csv").read_text().splitlines()
    assert lines[1].startswith("1,b,l1_norm,")
    assert lines[1 + len(of_level("epoch"))].startswith("1,a/kernel,l1_norm,")
    assert lines[1 + 2 * len(of_level("epoch"))].startswith("1,total,l1_norm,")
    assert lines[1 + 3 * len(of_level("epoch"))].startswith("2,b,l1_norm,")
    assert lines[len(of_level("epoch"))] == "1,b,update_to_weight,nan"


def test_the_same_bytes_again(run: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        analyse(run, tmp_path / f"{number}.h5", tmp_path / f"{number}.csv")
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_a_run_without_a_complete_epoch_has_a_table_without_rows(
    record: Callable[..., Path], tmp_path: Path
) -> None:
    run = record({"a": np.ones((1, 2), np.float32)}, {"a": np.ones((1, 2), np.float32)}, 2)
    analyse(run, tmp_path / "statistics.h5", tmp_path / "statistics.csv")
    assert (tmp_path / "statistics.csv").read_text() == "epoch,tensor,statistic,value\n"


def test_a_failure_leaves_no_table(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match="no such statistics file"):
        write_table(tmp_path / "statistics.h5", tmp_path / "statistics.csv")
    assert list(tmp_path.iterdir()) == []
