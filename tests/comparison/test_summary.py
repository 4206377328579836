"""The summary's numbers are those of the statistics files, computed here anew with h5py alone; its files."""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

import gradevo.cli
from gradevo.comparison.summary import COLUMNS, compare, last_quarter, summarize, write_summary
from gradevo.statistics.ensembles import open_ensembles


def naive(path: Path) -> dict[str, float]:
    """A run's numbers, from the file and with plain loops."""
    with h5py.File(path) as file:
        epochs = {name: values[:] for name, values in file["epochs"].items()}
        steps = {name: values[:] for name, values in file["steps"].items()}
        metrics = {name: values[:] for name, values in file["metrics/train"].items()}
        parameters = int(file["sizes"][-1])
    count = len(epochs["highest"])
    way = sum(math.sqrt(sum(norm**2 for norm in row[:-1])) for row in steps["l2_norm_individual"])
    late = [epoch for epoch in range(1, count + 1) if epoch / count > 0.75]

    def late_mean(statistic: str) -> float:
        of_epochs = []
        for epoch in late:
            values = steps[statistic][steps["epoch"] == epoch, -1]
            of_epochs.append(np.mean(values[~np.isnan(values)]) if not np.isnan(values).all() else np.nan)
        return float(np.mean(of_epochs))

    norms = epochs["l1_norm_standardized"][:, -1]
    return {
        "parameters": parameters,
        "epochs": count,
        "steps": len(steps["loss"]),
        **{f"{name}_first": values[0] for name, values in metrics.items()},
        **{f"{name}_last": values[-1] for name, values in metrics.items()},
        "gradient_norm_last": norms[-1] / norms[0],
        "dissolving_ratio_last": epochs["l1_dissolving_norm_standardized"][-1, -1]
        / epochs["acc_l1_norm_standardized"][-1, -1],
        "path_efficiency_last": math.sqrt(sum(norm**2 for norm in epochs["l2_norm_acc"][-1, :-1])) / way,
        "highest_last": float(np.median(epochs["highest"][-1, :-1])),
        "highest_acc_last": float(np.median(epochs["highest_acc"][-1, :-1])),
        "cosine_last_quarter": late_mean("cosine"),
        "sign_flip_rate_last_quarter": late_mean("sign_flip_rate"),
        "update_to_weight_last": epochs["update_to_weight"][-1, -1],
    }


@pytest.mark.parametrize("kind", ["plain", "lengths", "short", "single"])
def test_the_numbers_are_those_of_the_files(kinds: dict[str, list[Path]], kind: str, tmp_path: Path) -> None:
    with open_ensembles(kinds[kind]) as ensembles:
        table = pd.read_csv(write_summary(summarize(ensembles), tmp_path / "summary.csv"))
    assert list(table.columns) == list(COLUMNS)
    expected = [naive(path) for path in kinds[kind]]
    assert set(table.quantity) == set(expected[0])
    for row in table.itertuples():
        values = [numbers[row.quantity] for numbers in expected]
        wanted = [np.median(values), min(values), max(values)]
        np.testing.assert_allclose([row.median, row.low, row.high], wanted, rtol=1e-13, atol=1e-15)
        known = 0 if np.isnan(values).any() else len(values)
        assert (row.experiment, row.seeds) == (kind, known), row.quantity


def test_numbers_keep_all_digits(kinds: dict[str, list[Path]], tmp_path: Path) -> None:
    with open_ensembles(kinds["plain"]) as ensembles:
        table = summarize(ensembles)
    again = pd.read_csv(write_summary(table, tmp_path / "summary.csv"))
    for column in ("median", "low", "high"):
        assert (again[column] == table[column]).all()


def test_seeds_without_a_value_are_left_out_and_named(kinds: dict[str, list[Path]]) -> None:
    with open_ensembles(kinds["bad"]) as ensembles:
        table = summarize(ensembles).set_index("quantity")
    row = table.loc["gradient_norm_last"]
    assert row["seeds"] == 1
    assert row["note"] == "seed 13: non-finite from step 5 (epoch 2)"
    assert row["median"] == row["low"] == row["high"] == naive(kinds["bad"][1])["gradient_norm_last"]
    assert table.seeds["loss_last"] == 2


def test_what_has_no_value_says_why(kinds: dict[str, list[Path]]) -> None:
    with open_ensembles([*kinds["thinned"], *kinds["short"]]) as ensembles:
        table = summarize(ensembles).set_index(["experiment", "quantity"])
    row = table.loc[("thinned", "path_efficiency_last")]
    assert np.isnan(row["median"])
    assert (row["seeds"], row["note"]) == (0, "every 2nd step; seed 13: 1 of 2 steps recorded")
    assert table.note["short", "cosine_last_quarter"] == "seed 13: no predecessor, or a division by zero"
    assert table.note["short", "gradient_norm_last"] == ""


def test_metrics_come_in_the_experiments_order(statistics_file: Callable[..., Path]) -> None:
    path = statistics_file(
        {"dense/kernel": np.ones((2, 3))}, 1, metrics={"accuracy": [0.25, 0.5], "mae": [2.0, 1.0]}
    )
    with h5py.File(path, "r+") as file:
        experiment = json.loads(file.attrs["experiment"]) | {"metrics": ["mae", "accuracy"]}
        file.attrs["experiment"] = json.dumps(experiment)
    with open_ensembles([path]) as ensembles:
        table = summarize(ensembles)
    units = dict(zip(table.quantity, table.unit, strict=True))
    assert list(units)[5:9] == ["mae_first", "mae_last", "accuracy_first", "accuracy_last"]
    assert (units["mae_last"], units["accuracy_last"], units["loss_last"]) == ("target unit", "1", "?")


@pytest.mark.parametrize(
    ("epochs", "expected"), [(1, 1), (3, 3), (4, 4), (5, 4.5), (8, 7.5), (100, 88)], ids=str
)
def test_the_last_quarter(epochs: int, expected: float) -> None:
    assert last_quarter(np.arange(1.0, epochs + 1)) == expected


def test_the_last_quarter_without_values() -> None:
    assert np.isnan(last_quarter(np.empty(0)))
    assert np.isnan(last_quarter(np.full(8, np.nan)))
    assert last_quarter(np.array([1, 1, 1, 1, 1, 1, np.nan, 5])) == 5


@pytest.mark.parametrize(
    ("metric", "loss", "expected"),
    [
        ("loss", "categorical_crossentropy", ("loss: cross-entropy", "nats")),
        ("loss", "summed_squared_error", ("loss: summed squared error", "target unit²")),
        ("loss", None, ("loss", "?")),
        ("sparse_categorical_accuracy", None, ("accuracy", "1")),
        ("root_mean_squared_error", None, ("root mean squared error", "target unit")),
        ("my_score", None, ("my score", "?")),
    ],
)
def test_measures(
    statistics_file: Callable[..., Path], metric: str, loss: str | None, expected: tuple[str, str]
) -> None:
    """Words and units as they stand in the table; the loss is named by the experiment."""
    series = {} if metric == "loss" else {"metrics": {metric: [0.5, 0.25]}}
    path = statistics_file(
        {"w": np.ones((2, 1))}, 1, "measured", **({"loss": loss} if loss else {}), **series
    )
    with open_ensembles([path]) as ensembles:
        table = summarize(ensembles).set_index("quantity")
    row = table.loc[f"{metric}_last"]
    assert (row["label"], row["unit"]) == (f"training {expected[0]}, last epoch", expected[1])


FILES = ["curves.csv", "summary.csv", "summary.tex"]


def test_the_command_writes_what_the_function_writes_to_the_byte(
    kinds: dict[str, list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = [path for kind in ("plain", "bad", "short") for path in kinds[kind]]
    written = compare(paths, tmp_path / "one")
    assert written == [tmp_path / "one" / name for name in FILES]
    command = ["gradevo", "compare", *map(str, paths), "--folder", str(tmp_path / "other")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        gradevo.cli.main()
    assert not ended.value.code
    others = [tmp_path / "other" / name for name in FILES]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in others]
    for one, other in zip(written, others, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    for name in FILES:
        text = (tmp_path / "one" / name).read_text(encoding="utf-8")
        assert "\r" not in text
        assert str(tmp_path) not in text
