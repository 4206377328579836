"""Every quantity of a training small enough to compute by hand, and of those that have no value."""

from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose

from gradevo.statistics.catalogue import compared
from gradevo.statistics.derived import compared_series, why_missing
from gradevo.statistics.store import Statistics

ROOT = np.sqrt

# Sums of the epochs: kernel (3, 4) and (−1, −1), bias 2 and −1. Accumulated: (3, 4), (2, 3) and 2, 1.
GRADIENTS = {
    "dense/kernel": np.array([[3.0, 0], [0, 4], [-1, 0], [0, -1]]),
    "dense/bias": np.array([[1.0], [1], [-1], [0]]),
}
WEIGHTS = {
    "dense/kernel": np.array([[3, 4], [3, 4], [3, 4]], np.float32),
    "dense/bias": np.array([[0], [5], [5]], np.float32),
}

BY_HAND = {
    "gradient_norm": [1, (2 / 2 + 1) / (7 / 2 + 2)],
    "dissolving_ratio": [0, 1 - (5 / 2 + 1) / (7 / 2 + 2 + 2 / 2 + 1)],
    "path_efficiency": [
        ROOT(9 + 16 + 4) / (ROOT(10) + ROOT(17)),
        ROOT(4 + 9 + 1) / (ROOT(10) + ROOT(17) + ROOT(2) + 1),
    ],
    "highest": [1, (1 / 4 + 1 / 2) / 2],
    "highest_acc": [1, (3 / 4 + 1 / 2) / 2],
    "cosine": [1 / (ROOT(10) * ROOT(17)), (-1 / (ROOT(17) * ROOT(2)) + 0) / 2],
    "sign_flip_rate": [0, (1 / 3 + 0) / 2],
    "update_to_weight": [5 / 5, 0],
}


@pytest.fixture(scope="module")
def tiny(statistics_file: Callable[..., Path]) -> Iterator[Statistics]:
    with Statistics(statistics_file(GRADIENTS, 2, weights=WEIGHTS)) as run:
        yield run


def test_every_quantity_is_computed_by_hand_below() -> None:
    assert list(compared()) == list(BY_HAND)


@pytest.mark.parametrize("name", BY_HAND)
def test_values(tiny: Statistics, name: str) -> None:
    quantity = compared()[name]
    assert_allclose(compared_series(tiny, quantity), BY_HAND[name], rtol=1e-14, atol=1e-15)
    assert quantity.name == name
    assert quantity.unit == "1"


@pytest.mark.parametrize("name", compared())
def test_what_is_not_finite_has_no_value(kinds: dict[str, list[Path]], name: str) -> None:
    with Statistics(kinds["bad"][0]) as run:  # non-finite from step 5, in the second of four epochs
        values = compared_series(run, compared()[name])
        assert values.shape == (4,)
        assert np.isfinite(values[0])
        if name not in ("cosine", "sign_flip_rate", "update_to_weight"):
            assert np.isnan(values[1:]).all()
        assert not np.isinf(values).any()
        assert why_missing(run, compared()[name]) == "non-finite from step 5 (epoch 2)"


def test_means_leave_out_steps_without_a_value(kinds: dict[str, list[Path]]) -> None:
    with Statistics(kinds["bad"][0]) as run:
        cosine = run.step("cosine")
        assert np.isfinite(cosine[3:5]).all()
        assert_allclose(compared_series(run, compared()["cosine"])[1], cosine[3:5].mean(), rtol=1e-15)
        assert np.isnan(compared_series(run, compared()["cosine"])[2:]).all()


def test_path_efficiency_needs_every_batch(kinds: dict[str, list[Path]]) -> None:
    with Statistics(kinds["thinned"][0]) as run:
        quantity = compared()["path_efficiency"]
        assert np.isnan(compared_series(run, quantity)).all()
        assert why_missing(run, quantity) == "1 of 2 steps recorded"
        assert np.isfinite(compared_series(run, compared()["gradient_norm"])).all()


def test_of_a_record_of_some_epochs_nothing_of_successive_batches_is_compared(
    statistics_file: Callable[..., Path],
) -> None:
    path = statistics_file({"dense/kernel": np.arange(1.0, 13).reshape(4, 3)}, 2)
    with h5py.File(path, "r+") as file:
        file.attrs["record_epochs"] = "[2]"
    with Statistics(path) as run:
        for name, quantity in compared().items():
            needs_all = name in ("path_efficiency", "cosine", "sign_flip_rate")
            assert np.isnan(compared_series(run, quantity)).all() == needs_all, name
            if needs_all:
                assert why_missing(run, quantity) == "steps of epoch 2 recorded, of others the first"


def test_zero_gradients_have_no_ratios(statistics_file: Callable[..., Path]) -> None:
    with Statistics(statistics_file({"dense/kernel": np.zeros((4, 3))}, 2)) as run:
        for name in ("gradient_norm", "dissolving_ratio", "path_efficiency", "cosine"):
            assert np.isnan(compared_series(run, compared()[name])).all(), name
        assert compared_series(run, compared()["highest"]).tolist() == [0, 0]
        assert "division by zero" in why_missing(run, compared()["gradient_norm"])


def test_a_straight_way_is_efficient_and_dissolves_nothing(statistics_file: Callable[..., Path]) -> None:
    scales = np.array([1, 2, 3, 4.0])[:, None]
    with Statistics(statistics_file({"dense/kernel": scales * [1, -2, 3]}, 2)) as run:
        assert_allclose(compared_series(run, compared()["path_efficiency"]), 1, rtol=1e-12)
        assert_allclose(compared_series(run, compared()["dissolving_ratio"]), 0, atol=1e-12)
        assert_allclose(compared_series(run, compared()["cosine"]), 1, rtol=1e-12)


def test_what_cancels_within_an_epoch_is_seen_by_path_efficiency_alone(
    statistics_file: Callable[..., Path],
) -> None:
    back_and_forth = np.array([3.0, -2, 3, -2])[:, None] * [1, 1]
    with Statistics(statistics_file({"dense/kernel": back_and_forth}, 2)) as run:
        assert_allclose(compared_series(run, compared()["path_efficiency"]), 1 / 5, rtol=1e-12)
        assert_allclose(compared_series(run, compared()["dissolving_ratio"]), 0, atol=1e-12)
        assert_allclose(compared_series(run, compared()["sign_flip_rate"]), 1)
