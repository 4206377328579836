"""``gradevo export``: which viewers, and of which files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from gradevo import GradevoError
from gradevo.cli.app import app
from gradevo.testing import write_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run.h5", {"kernel": np.array([[3.0, 4.0], [0.0, 2.0]])}, 1)


def test_a_run_file_is_analysed_for_it(run: Path, tmp_path: Path) -> None:
    table, logs = tmp_path / "t.parquet", tmp_path / "logs"
    result = CliRunner().invoke(
        app, ["export", str(run), "--parquet", str(table), "--tensorboard", str(logs)]
    )
    assert result.output.splitlines() == [str(next(logs.rglob("*tfevents*"))), str(table)]
    rows = pd.read_parquet(table)
    assert rows[(rows.statistic == "l2_norm") & (rows.column == "kernel")].value.tolist() == [5, 2]
    assert {one.name for one in tmp_path.iterdir()} == {"run.h5", "t.parquet", "logs"}


def test_no_viewer_is_named(run: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(run)])
    assert isinstance(result.exception, GradevoError)
    assert str(result.exception).startswith("export: expected --tensorboard, --parquet or --wandb-offline")
