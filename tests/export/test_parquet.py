"""The table in Parquet, read by pandas."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from gradevo import GradevoError
from gradevo.export import parquet
from gradevo.export.parquet import COLUMNS, write_parquet
from gradevo.export.tables import tables
from gradevo.statistics.store import Statistics


@pytest.fixture
def path(statistics: Path, tmp_path: Path) -> Path:
    with Statistics(statistics) as run:
        return write_parquet(run, tmp_path / "tables" / "toy.parquet")


def test_every_number_of_every_table(path: Path, statistics: Path) -> None:
    rows = pd.read_parquet(path)
    assert tuple(rows) == COLUMNS
    with Statistics(statistics) as run:
        found = list(tables(run))
        for table in found:
            chosen = rows[(rows.level == table.level) & (rows.statistic == table.statistic)]
            if table.level == "metric":
                chosen = chosen[chosen.split == table.split]
            if table.columns != ("",):
                chosen = chosen[chosen.column.isin(table.columns)]
                assert chosen.column[: len(table.columns)].tolist() == list(table.columns)
            np.testing.assert_array_equal(
                chosen.value.to_numpy().reshape(-1, len(table.columns)), table.read(0, 9)
            )
    numbers = sum(len(one.columns) * (4 if one.axis == "step" else 2) for one in found)
    assert len(rows[rows.level != "distribution"]) == numbers


def test_steps_have_their_epoch_and_epochs_no_step(path: Path) -> None:
    rows = pd.read_parquet(path)
    cosine = rows[(rows.level == "step") & (rows.statistic == "cosine") & (rows.column == "total")]
    assert cosine.step.tolist() == [0, 1, 2, 3]
    assert cosine.epoch.tolist() == [1, 1, 2, 2]
    norms = rows[(rows.statistic == "l2_norm") & (rows.column == "gru/bias")]
    assert norms.epoch.tolist() == [1, 2]
    assert norms.step.isna().all()
    assert norms.split.isna().all()


def test_histograms_are_counts_by_exponent(path: Path) -> None:
    rows = pd.read_parquet(path)
    rows = rows[(rows.level == "distribution") & (rows.column == "gru/kernel") & (rows.epoch == 2)]
    counts = rows[rows.statistic == "log2_gradient"]
    assert dict(zip(counts.exponent, counts.value, strict=True)) == {0: 1, 1: 0, 2: 1, 3: 1}
    assert rows[rows.statistic == "zeros"].value.tolist() == [1]
    assert rows[rows.statistic == "nonfinite"].value.tolist() == [0]


def test_what_it_is_of_and_the_same_bytes(path: Path, statistics: Path) -> None:
    told = json.loads(pq.read_schema(path).metadata[b"gradevo"])
    assert told == {"experiment": {"name": "toy", "title": "Toy"}, "remarks": "a copy", "seed": 13}
    before = path.read_bytes()
    with Statistics(statistics) as run:
        write_parquet(run, path)
    assert path.read_bytes() == before


def test_without_the_package(statistics: Path, tmp_path: Path, no_package: Any) -> None:
    no_package("pyarrow")
    with (
        Statistics(statistics) as run,
        pytest.raises(GradevoError, match=r"expected pyarrow to be installed.*gradevo\[tables\]"),
    ):
        write_parquet(run, tmp_path / "toy.parquet")
    assert not (tmp_path / "toy.parquet").exists()


def test_rows_are_grouped(statistics: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 50)
    with Statistics(statistics) as run:
        small = write_parquet(run, tmp_path / "small.parquet")
        monkeypatch.setattr(parquet, "GROUP_ROWS", 10**6)
        large = write_parquet(run, tmp_path / "large.parquet")
    groups = [pq.read_metadata(path).num_row_groups for path in (small, large)]
    assert groups[0] > 3
    assert groups[1] == 1
    pd.testing.assert_frame_equal(
        pd.read_parquet(small).astype({"column": str}),
        pd.read_parquet(large).astype({"column": str}),
        check_categorical=False,
    )
