"""Few repetitions of the simulations of docs/claims.md, which show what noise is taken for."""

import sys

import numpy as np
import pytest
from analysis.simulations import accumulations, dependent, main, missed, trends


def test_noise_supports_claims_unless_held_against_random_signs() -> None:
    shares = accumulations(3, 12, 0.0, 40)
    for claim in ("highest-acc-rises", "separation"):
        alone, held, _ = shares[claim]
        assert alone > 0.7
        assert held <= 0.15  # of 40 repetitions 6, where 1 is expected
    assert max(against for *_, against in shares.values()) <= 0.15


def test_a_direction_that_epochs_share_is_found() -> None:
    shares = accumulations(3, 12, 1.0, 20)
    for claim in ("highest-acc-rises", "separation"):
        assert shares[claim][1] > 0.9
    assert shares["accumulated-not-linear"].tolist()[:2] == [0, 0]


def test_dependent_series() -> None:
    series = dependent(np.random.default_rng(1), (2000, 3), 0.8)
    assert np.corrcoef(series.T)[0] == pytest.approx([1, 0.8, 0.64], abs=0.05)
    assert series.std(axis=0) == pytest.approx([1 / 0.6] * 3, rel=0.05)
    walk = dependent(np.random.default_rng(1), (2000, 3), 1)
    assert walk.var(axis=0) == pytest.approx([1, 2, 3], rel=0.15)


def test_one_dependent_series_often_looks_like_a_trend() -> None:
    assert trends(0.9, 1, 20, 60) > 0.4
    assert trends(0.9, 3, 20, 60) < 0.2


def test_the_bootstrap_needs_seeds() -> None:
    assert missed(3, 200) > 0.15
    assert missed(20, 200) < 0.13


def test_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["simulations", "--repetitions", "2"])
    lines: list[str] = []
    main(lines.append)
    assert sum("→" in line for line in lines) == 10
    assert lines[-1].count("%") == 4
