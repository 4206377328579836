"""Curves on the axis of training progress, and the table of what the figure draws."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gradevo.comparison.curves import curve, write_curves
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import Ensemble, open_ensembles
from gradevo.statistics.statistic import Statistic


def series(*values: object) -> tuple[Ensemble, Statistic]:
    """An experiment whose runs are the series themselves."""
    quantity = Statistic("any", "derived", "any", "any", "any", read=lambda run: np.asarray(run, np.float64))  # type: ignore[arg-type]
    return Ensemble("any", "Any", values), quantity  # type: ignore[arg-type]


def test_runs_of_equal_length_keep_their_values() -> None:
    found = curve(*series([3, 1, 2], [6, 5, 4]))
    assert found.progress.tolist() == [1 / 3, 2 / 3, 1]
    np.testing.assert_array_equal(found.values, [[3, 1, 2], [6, 5, 4]])
    low, middle, high = found.spread()
    assert (low.tolist(), middle.tolist(), high.tolist()) == ([3, 1, 2], [4.5, 3, 3], [6, 5, 4])


def test_a_shorter_run_gives_the_epoch_under_way() -> None:
    found = curve(*series([10, 20], [1, 2, 3, 4, 5], []))
    assert found.progress.tolist() == [0.2, 0.4, 0.6, 0.8, 1]
    # 2 epochs: progress 0.4 is in the first, 0.6 in the second.
    nothing = [np.nan] * 5
    np.testing.assert_array_equal(found.values, [[10, 10, 20, 20, 20], [1, 2, 3, 4, 5], nothing])


def test_without_epochs_there_is_no_point() -> None:
    found = curve(*series([], []))
    assert found.progress.shape == (0,)
    assert np.shape(found.values) == (2, 0)


def test_undefined_values_do_not_enter_the_spread() -> None:
    low, middle, high = curve(*series([np.nan, np.nan], [7, np.nan])).spread()
    assert [low[0], middle[0], high[0]] == [7, 7, 7]
    assert np.isnan([low[1], middle[1], high[1]]).all()


@pytest.mark.parametrize("kind", ["plain", "lengths", "short", "single", "bad", "thinned"])
def test_the_table_holds_every_number_of_the_curves(
    kinds: dict[str, list[Path]], kind: str, tmp_path: Path
) -> None:
    with open_ensembles(kinds[kind]) as ensembles:
        table = pd.read_csv(write_curves(ensembles, tmp_path / "curves.csv"))
        (ensemble,) = ensembles
        assert list(table.columns) == ["experiment", "seed", "quantity", "progress", "value"]
        assert set(table.experiment) == {kind}
        for name in compared():
            found = curve(ensemble, name)
            for run, values in zip(ensemble.runs, found.values, strict=True):
                rows = table[(table.quantity == name) & (table.seed == run.seed)]
                np.testing.assert_array_equal(rows.progress, found.progress)
                np.testing.assert_array_equal(rows.value, values)
        assert len(table) == len(compared()) * len(ensemble.runs) * len(found.progress)


def test_median_and_range_can_be_recomputed_from_the_table(
    kinds: dict[str, list[Path]], tmp_path: Path, training: Callable[..., Path]
) -> None:
    with open_ensembles([*kinds["plain"], *kinds["lengths"]]) as ensembles:
        table = pd.read_csv(write_curves(ensembles, tmp_path / "curves.csv"))
        spreads = table.groupby(["experiment", "quantity", "progress"]).value.agg(["min", "median", "max"])
        for ensemble in ensembles:
            low, middle, high = curve(ensemble, "path_efficiency").spread()
            rows = spreads.loc[ensemble.name, "path_efficiency"]
            np.testing.assert_array_equal(rows["min"], low)
            np.testing.assert_array_equal(rows["median"], middle)
            np.testing.assert_array_equal(rows["max"], high)
