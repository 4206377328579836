"""Accumulated gradients with random signs, against sums formed draw by draw."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradevo.claims import signs
from gradevo.claims.signs import accumulated, draw_signs, random_signs
from gradevo.statistics.store import Statistics


def test_sums_draw_by_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "WIDTH", 3)  # so that 8 elements are three parts
    gradients = np.random.default_rng(1).normal(size=(5, 8)).astype(np.float32)
    chosen = draw_signs(13, 6, 5)
    largest, total = accumulated(gradients, chosen)
    for draw, row in enumerate(chosen):
        sums = np.abs(np.cumsum(gradients * row[:, None], axis=0, dtype=np.float64))
        np.testing.assert_allclose(largest[draw], sums.max(axis=1), rtol=1e-6)
        np.testing.assert_allclose(total[draw], sums.sum(axis=1), rtol=1e-6)


def test_signs_are_even_and_their_own_for_every_seed() -> None:
    one, other = draw_signs(13, 999, 20), draw_signs(14, 999, 20)
    assert one.shape == (1000, 20)
    assert (one[0] == 1).all()
    assert (one[:, 0] == 1).all()
    assert set(np.unique(one)) == {-1, 1}
    # 19 · 999 signs: four standard errors of their mean are 0.03.
    assert abs(one[1:, 1:].mean()) < 0.03
    assert abs((one * other)[1:, 1:].mean()) < 0.03
    assert (draw_signs(13, 999, 20) == one).all()


@pytest.fixture
def run(statistics_file: Callable[..., Path]) -> Path:
    random = np.random.default_rng(2)
    return statistics_file({"a": random.normal(size=(24, 50)), "b": random.normal(size=(24, 2, 3))}, 2)


def test_the_first_row_is_the_run(run: Path) -> None:
    with Statistics(run) as statistics:
        found = random_signs(statistics, draws=4)
        assert found.norms_acc.shape == (5, 12)
        close = {"rtol": 1e-5}
        np.testing.assert_allclose(found.norms_acc[0], statistics.epoch("l1_norm_acc_standardized"), **close)
        np.testing.assert_allclose(found.norms, statistics.epoch("l1_norm_standardized"), **close)
        for tensor in ("a", "b"):
            largest = statistics.epoch("highest_acc", tensor)
            of_run = found.highest_acc[tensor][0]
            np.testing.assert_allclose(of_run / of_run.max(), largest, **close)
            ratio = statistics.epoch("highest", tensor) / largest
            np.testing.assert_allclose(found.highest[tensor] / of_run, ratio, **close)


def test_of_large_tensors_some_elements(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "ELEMENTS", 20)  # of 50 every third, 17
    with Statistics(run) as statistics:
        found = random_signs(statistics, draws=1)
        for epoch in (1, 12):
            some = np.abs(statistics.gradient("a", epoch)[::3])
            assert len(some) == 17
            assert found.highest["a"][epoch - 1] == some.max()
            everything = np.abs(statistics.gradient("b", epoch))  # 6 elements
            assert found.norms[epoch - 1] == pytest.approx(some.mean() + everything.mean())


def test_what_is_not_finite_flows_through() -> None:
    gradients = np.ones((3, 4), np.float32)
    gradients[1, 2] = np.nan
    largest, total = accumulated(gradients, draw_signs(1, 2, 3))
    assert np.isfinite(largest[:, 0]).all()
    assert np.isnan(largest[:, 1:]).all()
    assert np.isnan(total[:, 1:]).all()
