"""The table of verdicts, and runs that can say little."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from gradevo.claims.inference import t_interval, t_test, trend_deviation
from gradevo.claims.judge import CLAIMS, corrected, judge, together
from gradevo.claims.rules import Ruling, no_ruling
from gradevo.layers import Layer, LayerGraph
from gradevo.statistics.ensembles import open_ensembles

COLUMNS = ["claim", "source", "experiment", "tensor", "statistic", "effect", "low", "high", "interval"]
COLUMNS += ["bootstrap_low", "bootstrap_high", "seeds", "epochs", "p", "p_adjusted"]
COLUMNS += ["verdict", "correction", "note"]


def judged(*paths: Path) -> pd.DataFrame:
    with open_ensembles(paths) as ensembles:
        table = judge(ensembles)
    assert table.columns.tolist() == COLUMNS
    return table


def row(table: pd.DataFrame, claim: str, tensor: str = "total") -> pd.Series:
    (found,) = [line for _, line in table[table["claim"] == claim].iterrows() if line["tensor"] == tensor]
    return found


def test_rows_and_their_order(scenario: Callable[[str], list[Path]], statistics_file: Any) -> None:
    other = statistics_file({"dense/kernel": np.ones((20, 3))}, 2, "alone", 5)
    table = judged(*scenario("falling"), other)
    ids = [claim.id for claim in CLAIMS]
    assert list(dict.fromkeys(table["claim"])) == ids
    tensors = {"toy": ["all tensors", "one/kernel", "two/kernel"], "alone": ["all tensors", "dense/kernel"]}
    for claim in CLAIMS:
        rows = table[table["claim"] == claim.id]
        expected = [
            (name, tensor)
            for name, several in tensors.items()
            for tensor in (several if claim.per_tensor else ["total"])
        ]
        assert list(zip(rows["experiment"], rows["tensor"], strict=True)) == expected
    assert set(table["verdict"][table["seeds"] == 3]) <= {"supported", "contradicted", "undecided"}
    assert set(table["verdict"][table["seeds"] == 1]) <= {"agrees", "disagrees", "undecided"}
    toy = table[table["experiment"] == "toy"]
    assert set(zip(toy["seeds"], toy["epochs"], strict=True)) == {(3, 20)}
    pd.testing.assert_frame_equal(table, judged(*scenario("falling"), other))


def test_equal_seeds(verdicts: Callable[[str, int], pd.DataFrame]) -> None:
    found = row(verdicts("falling", 3), "gradient-norm-falls")
    least = trend_deviation([20] * 3)
    assert (found["effect"], found["low"], found["high"]) == (-1, -1, t_interval([-1] * 3, least)[1])
    assert found["p"] == t_test([-1] * 3, 0, least)
    assert found["note"] == "falls to 6.8 % of its first tenth"


def test_one_layer_that_contradicts(statistics_file: Any) -> None:
    time = np.repeat(np.arange(1, 21.0), 2)[:, None] * np.ones(5)
    table = judged(statistics_file({"a": 1 / time, "b": time, "c": 1 / time}, 2))
    found = row(table, "highest-falls", "all tensors")
    assert (found["verdict"], found["note"]) == ("disagrees", "2 of 3 tensors; disagrees: b")
    assert found["effect"] == pytest.approx(2 / 3)
    assert row(table, "highest-acc-rises", "all tensors")["verdict"] == "agrees"


def ruling(p_for: float, p_against: float, verdict: str) -> Ruling:
    return Ruling(0.5, np.nan, np.nan, "", verdict, "", p_for, p_against)


def test_all_tensors_are_as_certain_as_the_least_certain_one() -> None:
    rulings = {"a": ruling(0.01, 1, "supported"), "b": ruling(0.04, 1, "supported")}
    found = together(rulings, ["a", "b"])
    assert (found.verdict, found.p_for, found.p_against, found.effect) == ("supported", 0.04, 1, 1)
    rulings["c"] = no_ruling("too short")
    found = together(rulings, ["a", "b", "c"])
    assert (found.verdict, found.p_for, found.effect) == ("undecided", 1, pytest.approx(2 / 3))


def test_one_of_many_tensors_is_not_enough_to_contradict() -> None:
    rulings = {name: ruling(0.001, 1, "supported") for name in "abc"}
    for p, verdict in ((0.012, "contradicted"), (0.013, "undecided")):  # times four
        found = together({**rulings, "d": ruling(1, p, "contradicted")}, ["a", "b", "c", "d"])
        assert (found.verdict, found.p) == (verdict, pytest.approx(4 * p))
        assert found.note == "3 of 4 tensors; contradicted: d"


def test_descriptions_of_all_tensors() -> None:
    agrees, disagrees = (ruling(np.nan, np.nan, word) for word in ("agrees", "disagrees"))
    found = together({"a": agrees, "b": agrees}, ["a", "b"])
    assert (found.verdict, found.effect, np.isnan(found.p)) == ("agrees", 1, True)
    assert together({"a": agrees, "b": disagrees}, ["a", "b"]).verdict == "disagrees"
    assert together({"a": agrees, "b": no_ruling("")}, ["a", "b"]).verdict == "undecided"


def test_correction_by_hand() -> None:
    # Benjamini and Yekutieli of three: c = 1 + 1/2 + 1/3; p·3c/rank, from the largest on never rising.
    c = 11 / 6
    table = pd.DataFrame(
        {
            "p": [0.005, np.nan, 0.04, 0.012],
            "verdict": ["supported", "agrees", "contradicted", "undecided"],
        }
    )
    found = corrected(table)
    expected = [0.005 * 3 * c, np.nan, 0.04 * c, 0.012 * 3 * c / 2]
    np.testing.assert_allclose(found["p_adjusted"], expected)
    assert found["correction"].tolist() == ["survives", "", "does not survive", ""]
    nothing = corrected(table.assign(p=np.nan))
    assert nothing["p_adjusted"].isna().all()
    assert set(nothing["correction"]) == {""}


def test_p_of_the_table(verdicts: Callable[[str, int], pd.DataFrame]) -> None:
    """Three seeds have one wherever there is a number, one seed where there is a null."""
    three, one = verdicts("falling", 3), verdicts("falling", 1)
    assert (three["p"].isna() == three["effect"].isna()).all()
    with_null = {claim.id for claim in CLAIMS if claim.signs}
    assert set(one["claim"][one["p"].notna()]) <= with_null
    assert "random signs" in row(one, "separation", "one/kernel")["note"]
    assert one["low"].isna().all()


def test_tensors_of_rounding_are_left_out(statistics_file: Any) -> None:
    time = np.repeat(np.arange(1, 21.0), 2)[:, None] * np.ones(5)
    table = judged(statistics_file({"kernel": 1 / time, "bias": 1e-10 * time, "zero": 0 * time}, 2))
    for claim in ("highest-falls", "highest-acc-rises", "separation"):
        for tensor in ("bias", "zero"):
            found = row(table, claim, tensor)
            assert (found["verdict"], "zero or rounding" in found["note"]) == ("undecided", True)
            assert np.isnan(found["effect"])
        whole = row(table, claim, "all tensors")
        assert (whole["verdict"], whole["note"]) == (
            "agrees",
            "1 of 1 tensors; left out as rounding: bias, zero",
        )


@pytest.mark.parametrize(("size", "left_out"), [(9e-4, True), (2e-3, False)])
def test_a_tensor_that_the_graph_calls_cancelled_is_left_out_if_it_is_small(
    statistics_file: Any, size: float, left_out: bool
) -> None:
    """Above a thousandth it is no rounding: the normalization did not use the batch."""
    time = np.repeat(np.arange(1, 21.0), 2)[:, None] * np.ones(5)
    gradients = {"kernel": 1 / time, "bias": size * np.flip(1 / time), "other": size / time}
    graph = LayerGraph((Layer("conv", "Conv1D", ("kernel", "bias"), cancelled=("bias",)),))
    table = judged(statistics_file(gradients, 2, graph=graph))
    assert row(table, "highest-falls", "other")["verdict"] == "agrees"
    assert row(table, "highest-falls", "bias")["verdict"] == ("undecided" if left_out else "disagrees")
    whole = row(table, "highest-falls", "all tensors")
    assert (whole["verdict"], whole["note"]) == (
        ("agrees", "2 of 2 tensors; left out as rounding: bias")
        if left_out
        else ("disagrees", "2 of 3 tensors; disagrees: bias")
    )


def test_only_zero_gradients(statistics_file: Any) -> None:
    table = judged(statistics_file({"kernel": np.zeros((40, 30))}, 2, losses=np.ones(20)))
    assert set(table["verdict"]) == {"undecided"}
    assert row(table, "loss-falls")["note"] == "the series never changes"
    assert row(table, "separation", "all tensors")["verdict"] == "undecided"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_gradients_that_are_not_finite(statistics_file: Any, scenario: Any, bad: float, split: Any) -> None:
    gradients = np.ones((40, 50))
    gradients[25:, 3] = bad
    ill = statistics_file(split(gradients), 2, "toy", 77)
    table = judged(ill)
    about_gradients = table[~table["claim"].isin(["loss-falls", "metric-improves"])]
    finite = (about_gradients["tensor"] == "two/kernel") | (about_gradients["tensor"] == "all tensors")
    assert set(about_gradients["verdict"][~finite]) == {"undecided"}
    assert row(table, "loss-falls")["verdict"] == "agrees"
    assert "NaN or infinite in 8 of 20 values" in row(table, "gradient-norm-falls")["note"]
    both = judged(*scenario("falling"), ill)
    assert row(both, "gradient-norm-falls")["note"].startswith("seed 77: NaN or infinite")


def test_full_batches_have_no_noise(statistics_file: Any) -> None:
    table = judged(statistics_file({"w": np.linspace(1, 2, 40)[:, None] * np.ones(30)}, 1))
    for claim in ("noise-scale-grows", "variance-grows"):
        found = row(table, claim)
        assert (found["verdict"], "there is no noise" in found["note"]) == ("undecided", True)
    assert row(table, "successive-oppose")["verdict"] == "disagrees"


def test_equal_steps_have_no_noise_scale(verdicts: Callable[[str, int], pd.DataFrame]) -> None:
    found = row(verdicts("constant", 1), "noise-scale-grows")
    assert found["verdict"] == "undecided"


def test_a_subspace_has_to_be_small(statistics_file: Any) -> None:
    table = judged(statistics_file({"w": np.ones((40, 19))}, 2))
    found = row(table, "subspace")
    assert (found["verdict"], "among 19 directions" in found["note"]) == ("undecided", True)


def test_few_huge_gradients_decide_the_energy_alone(statistics_file: Any) -> None:
    gradients = np.eye(40, 50)
    gradients[0] *= 1000
    table = judged(statistics_file({"w": gradients}, 2))
    assert row(table, "subspace")["verdict"] == "agrees"
    assert row(table, "subspace-direction")["verdict"] == "disagrees"


def test_share_of_the_energy_is_that_of_the_singular_values(statistics_file: Any) -> None:
    gradients = np.random.default_rng(5).normal(size=(24, 30)) * np.linspace(0.1, 3, 30)
    table = judged(statistics_file({"w": gradients}, 2))
    energies = np.linalg.svd(gradients.astype(np.float32), compute_uv=False) ** 2
    found = row(table, "subspace")
    assert found["effect"] == pytest.approx(energies[:2].sum() / energies.sum(), abs=1e-5)  # k = 24 // 10


@pytest.mark.parametrize("epochs", [1, 2, 7])
def test_short_runs(statistics_file: Any, epochs: int) -> None:
    gradients = np.random.default_rng(2).normal(size=(epochs, 30))
    table = judged(statistics_file({"w": gradients}, 1))
    assert set(table["verdict"]) == {"undecided"}
    assert "8 needed" in row(table, "loss-falls")["note"]


def test_runs_of_different_lengths(statistics_file: Any) -> None:
    time = np.arange(1, 21.0)[:, None] * np.ones(30)
    paths = [statistics_file({"w": 1 / time[:epochs]}, 1, seed=epochs) for epochs in (20, 9, 14)]
    found = row(judged(*paths), "gradient-norm-falls")
    assert (found["verdict"], found["epochs"], found["seeds"]) == ("supported", 9, 3)


def test_thinned_records_have_no_successive_gradients(statistics_file: Any) -> None:
    path = statistics_file({"w": np.ones((40, 30))}, 2)
    with h5py.File(path, "r+") as file:
        file.attrs["record_every"] = 3
    for claim in ("successive-oppose", "noise-scale-grows", "variance-grows"):
        found = row(judged(path), claim)
        assert (found["verdict"], "1 of 3 steps recorded" in found["note"]) == ("undecided", True)


def test_of_a_record_of_some_epochs_means_of_epochs_are_no_evidence(statistics_file: Any) -> None:
    path = statistics_file({"w": np.ones((40, 30)) / np.arange(1, 41)[:, None]}, 2)
    assert row(judged(path), "diminish-towards-optimum")["verdict"] == "agrees"
    with h5py.File(path, "r+") as file:
        file.attrs["record_epochs"] = "[1, 20]"
    for claim in ("diminish-towards-optimum", "successive-oppose"):
        found = row(judged(path), claim)
        assert (found["verdict"], "steps of epochs 1, 20 recorded" in found["note"]) == ("undecided", True)


def test_the_first_metric_is_that_which_the_experiment_lists_first(statistics_file: Any) -> None:
    falling = 1 / np.arange(1.0, 10)
    metrics = {"accuracy": falling, "mean_squared_error": falling}  # the file holds them by name
    listed = ["mean_squared_error", "accuracy"]
    path = statistics_file({"w": np.ones((9, 3))}, 1, metrics=metrics)
    with h5py.File(path, "r+") as file:
        file.attrs["experiment"] = json.dumps({"name": "toy", "metrics": listed})
    found = row(judged(path), "metric-improves")
    assert (found["verdict"], found["note"].split()[0]) == ("agrees", "mean_squared_error")


def test_unknown_metric(statistics_file: Any) -> None:
    path = statistics_file({"w": np.ones((9, 3))}, 1, metrics={"lift": np.arange(9.0)})
    assert "does not say" in row(judged(path), "metric-improves")["note"]
    path = statistics_file({"w": np.ones((9, 3))}, 1)
    assert row(judged(path), "metric-improves")["note"] == "no metric beside the loss"


def test_numbers_are_those_of_the_statistics(scenario: Callable[[str], list[Path]]) -> None:
    """The dissolving share, read with h5py alone."""
    path = scenario("dissolving early")[0]
    with h5py.File(path) as file:
        total = file["columns"].asstr()[:].tolist().index("total")
        curve = file["epochs/l1_dissolving_norm_standardized"][:, total]
    half = (curve[9] + curve[10]) / 2  # between epochs 10 and 11
    found = row(judged(path), "dissolving-early")
    assert found["effect"] == pytest.approx((half - curve[0]) / (curve[-1] - curve[0]))
