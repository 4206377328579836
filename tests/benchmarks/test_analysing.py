"""Errors of rounded statistics, on numbers that one can divide by hand."""

from pathlib import Path

import numpy as np
import pytest
from analysis.benchmarks import cases
from analysis.benchmarks.analysing import error_kind, largest_error, series, stored, write_rounded

from gradevo.runfile.reader import Run
from gradevo.runfile.rounding import round_mantissa
from gradevo.statistics.analyse import analyse
from gradevo.statistics.catalogue import of_level

SMALL = cases.Shape({"dense/kernel": (40, 30), "dense/bias": (30,)}, steps_per_epoch=5, epochs=3)

EXACT = np.array([[1.0, -8.0], [2.0, 0.5]])
ROUNDED = np.array([[1.5, -7.0], [2.25, 0.75]])


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("absolute", 1.0),  # of 0.5, 1, 0.25, 0.25
        ("relative", 0.5),  # of 0.5/1, 1/8, 0.25/2, 0.25/0.5
        ("of the largest", 0.25),  # of 0.5/2, 1/8, 0.25/2, 0.25/8
    ],
)
def test_largest_error_by_hand(kind: str, error: float) -> None:
    assert largest_error(EXACT, ROUNDED, kind) == error


@pytest.mark.parametrize("kind", ["absolute", "relative", "of the largest"])
def test_equal_values_have_no_error_even_where_they_are_zero_or_undefined(kind: str) -> None:
    values = np.array([[0.0, np.nan, 3.0], [0.0, np.nan, np.nan]])
    assert largest_error(values, values.copy(), kind) == 0


@pytest.mark.parametrize("kind", ["relative", "of the largest"])
def test_a_value_in_place_of_zero_is_infinitely_wrong(kind: str) -> None:
    assert largest_error(np.zeros((2, 1)), np.array([[0.0], [1e-9]]), kind) == np.inf


@pytest.mark.parametrize("kind", ["absolute", "relative", "of the largest"])
@pytest.mark.parametrize("swap", [False, True])
def test_undefined_in_one_only_is_no_finite_error(kind: str, swap: bool) -> None:
    pair = [np.array([[1.0], [np.nan]]), np.array([[1.0], [2.0]])][:: -1 if swap else 1]
    assert not np.isfinite(largest_error(pair[0], pair[1], kind))


def test_every_statistic_has_its_kind_of_error() -> None:
    kinds = {name: error_kind(name) for name in (*of_level("epoch"), *of_level("step"))}
    assert {name for name, kind in kinds.items() if kind == "absolute"} == {
        *("cosine", "sign_flip_rate", "density")
    }
    assert {name for name, kind in kinds.items() if kind == "of the largest"} == {
        *("l1_dissolving_norm", "l1_dissolving_norm_standardized"),
        *("l2_dissolving_norm", "l2_dissolving_norm_standardized"),
    }


def test_rounded_record_is_the_record_with_rounded_gradients(tmp_path: Path) -> None:
    whole, rounded = tmp_path / "run.h5", tmp_path / "rounded.h5"
    cases.write_random_run(whole, SMALL)
    write_rounded(whole, rounded, 7)
    with Run(whole) as run, Run(rounded) as copy:
        assert (copy.tensors, copy.steps, copy.epochs, copy.keep_bits) == (run.tensors, 15, 3, 7)
        for tensor in run.tensors:
            expected = round_mantissa(run.read_gradients(tensor, 0, run.steps), 7)
            np.testing.assert_array_equal(copy.read_gradients(tensor, 0, copy.steps), expected)
            for row in range(run.epochs + 1):
                np.testing.assert_array_equal(copy.weights(tensor, row), run.weights(tensor, row))
    assert stored(rounded) < stored(whole)


def test_errors_of_a_real_pair_stay_within_what_an_element_moves(tmp_path: Path) -> None:
    pair = []
    cases.write_random_run(tmp_path / "run.h5", SMALL)
    write_rounded(tmp_path / "run.h5", tmp_path / "rounded.h5", 7)
    for name in ("run", "rounded"):
        analyse(tmp_path / f"{name}.h5", tmp_path / f"{name}.statistics.h5")
        pair.append(dict(series(tmp_path / f"{name}.statistics.h5")))
    exact, rounded = pair
    assert list(exact) == [
        *of_level("epoch"),
        *(name for name, statistic in of_level("step").items() if not statistic.needs),
    ]
    assert exact["l2_norm"].shape == (3, 3)
    assert exact["cosine"].shape == (15, 3)
    # An element moves by at most 2^-8 of itself, and so does a sum of absolute values.
    assert 0 < largest_error(exact["l1_norm_individual"], rounded["l1_norm_individual"], "relative") <= 2**-8
    # Neither weights nor signs are rounded.
    assert largest_error(exact["update_to_weight"], rounded["update_to_weight"], "relative") == 0
    assert largest_error(exact["sign_flip_rate"], rounded["sign_flip_rate"], "absolute") == 0
