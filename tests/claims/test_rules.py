"""Verdicts from effects: one, two, three and five seeds."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from gradevo.claims.inference import mann_kendall, t_interval
from gradevo.claims.observation import Amount, NoEvidence, Series, amount
from gradevo.claims.rules import LevelRule, TrendRule

FALLS, RISES = TrendRule(-1), TrendRule(1)
ABOVE = LevelRule(0.55, 0.45, "{:.2f}".format)
BELOW = LevelRule(-0.05, 0.0, "{:.2f}".format)


def point(*values: float) -> list[Amount]:
    return [Amount(value, value, length=20) for value in values]


def with_tau(swaps: int, count: int = 20) -> Series:
    """A falling series of which `swaps` pairs of neighbours are exchanged: τ = −1 + 4·swaps/(n(n−1))."""
    values = -np.arange(count, dtype=float)
    for pair in range(swaps):
        values[2 * pair], values[2 * pair + 1] = values[2 * pair + 1], values[2 * pair]
    return Series(values)


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_seeds_that_agree(seeds: int) -> None:
    falling = [with_tau(seed) for seed in range(seeds)]
    ruling = FALLS.judge(falling)
    assert ruling.verdict == "supported"
    assert RISES.judge(falling).verdict == "contradicted"
    taus = [-1 + 4 * seed / 380 for seed in range(seeds)]
    assert ruling.effect == pytest.approx(np.mean(taus))
    if seeds >= 3:
        low, high = t_interval(taus)
        assert (ruling.low, ruling.high) == (pytest.approx(max(low, -1)), pytest.approx(high))
        assert ruling.interval == f"Student's t over {seeds} seeds"
    else:
        trends = [mann_kendall(series.values) for series in falling]
        assert ruling.high == max(trend.high for trend in trends)
        assert f"p = {max(trend.p for trend in trends):.2g}" in ruling.interval


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_seeds_that_disagree(seeds: int) -> None:
    series = [Series(np.arange(20.0) * (-1) ** seed) for seed in range(seeds)]
    ruling = FALLS.judge(series)
    assert ruling.verdict == "undecided"
    assert ("disagree" if seeds == 2 else "contains 0") in ruling.note


def test_certain_but_negligible() -> None:
    rng = np.random.default_rng(7)
    weak = [Series(np.arange(400) / 400 + rng.normal(size=400)) for _ in range(5)]
    ruling = RISES.judge(weak)
    assert 0 < ruling.low < ruling.effect < 0.3
    assert (ruling.verdict, "too weak" in ruling.note) == ("undecided", True)
    alone = RISES.judge(weak[:1])
    assert (alone.verdict, "too weak" in alone.note) == ("undecided", True)


@pytest.mark.parametrize("seeds", [2, 5])
def test_the_mean_strength_counts(seeds: int) -> None:
    """One seed's trend alone would be negligible."""
    rng = np.random.default_rng(7)
    slopes = [1.0, 4.0, 4.0, 4.0, 4.0][:seeds]
    series = [Series(slope * np.arange(400) / 400 + rng.normal(size=400)) for slope in slopes]
    taus = [mann_kendall(one.values).tau for one in series]
    assert taus[0] < 0.3 < np.mean(taus)
    assert RISES.judge(series).verdict == "supported"


def test_strong_but_uncertain() -> None:
    ruling = RISES.judge([Series(np.array([1, 3, 2, 5, 4, 3, 4, 5.0]))])
    assert ruling.effect > 0.3
    assert (ruling.verdict, "not below 0.05" in ruling.note) == ("undecided", True)
    assert ruling.low < 0


def test_lower_is_better() -> None:
    error = [Series(1 / np.arange(1.0, 21), orientation=-1, name="mae")]
    ruling = RISES.judge(error)
    assert (ruling.verdict, ruling.effect) == ("supported", 1)
    assert ruling.low > 0
    assert ruling.note == "mae falls to 6.8 % of its first tenth"  # (1/19 + 1/20)/(1 + 1/2)


def test_against_the_loss() -> None:
    loss = np.array([5, 4, 6, 3, 2, 2.5, 1, 0.5, 0.4, 0.3])
    ruling = RISES.judge([Series(loss**2, loss)])
    assert (pytest.approx(ruling.effect), ruling.verdict) == (1, "supported")
    assert "while the loss falls to 6 % of its first tenth" in ruling.note


def test_short_and_undefined_series() -> None:
    for series, why in (
        ([Series(np.arange(7.0))], "7 epochs, 8 needed"),
        ([Series(np.arange(3.0))] * 3, "3 epochs, 4 needed"),
    ):
        with pytest.raises(NoEvidence, match=why):
            RISES.judge(series)
    with pytest.raises(NoEvidence, match="the series never changes"):
        Series(np.ones(9))
    with pytest.raises(NoEvidence, match="the loss never changes"):
        Series(np.arange(9.0), np.ones(9))
    with pytest.raises(NoEvidence, match="NaN or infinite in 2 of 4"):
        Series(np.array([1, np.nan, np.inf, 2]))
    with pytest.raises(NoEvidence, match="NaN or infinite in 1 of 2"):
        Series(np.ones(2), np.array([1, np.nan]))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.6], "supported"),
        ([0.5], "undecided"),
        ([0.55], "undecided"),
        ([0.4], "contradicted"),
        ([0.6, 0.4], "undecided"),
        ([0.6, 0.7], "supported"),
        ([0.60, 0.61, 0.62], "supported"),
        ([0.56, 0.61, 0.66], "undecided"),  # the interval begins at 0.49
        ([0.40, 0.41, 0.42, 0.40, 0.41], "contradicted"),
        ([0.5, 0.5, 0.5], "undecided"),
    ],
)
def test_levels(values: Sequence[float], verdict: str) -> None:
    ruling = ABOVE.judge(point(*values))
    assert ruling.verdict == verdict
    assert ruling.effect == pytest.approx(np.mean(values))
    assert ruling.note.startswith(f"{np.mean(values):.2f}")
    assert ("beyond neither bound, 0.55 or 0.45" in ruling.note) == (verdict == "undecided")


def test_levels_that_support_below() -> None:
    for value, verdict in ((-0.1, "supported"), (-0.02, "undecided"), (0.1, "contradicted")):
        assert BELOW.judge(point(value)).verdict == verdict
        assert BELOW.judge(point(value, value, value)).verdict == verdict


def test_numbers_known_within_bounds() -> None:
    known = [Amount(0.56, 0.7, length=20)] * 3
    assert (ABOVE.judge(known).low, ABOVE.judge(known).high) == (0.56, 0.7)
    assert ABOVE.judge(known).verdict == "supported"
    assert ABOVE.judge([Amount(0.54, 0.7, length=20)]).verdict == "undecided"
    assert ABOVE.judge([Amount(0.1, 0.44, length=20)]).verdict == "contradicted"


def test_one_seeds_interval_comes_from_blocks() -> None:
    mean = lambda part: float(part.mean())  # noqa: E731
    steady, unsteady = np.full(40, 0.7), np.repeat([0.1, 1.3], 20)
    assert ABOVE.judge([amount(steady, mean)]).verdict == "supported"
    ruling = ABOVE.judge([amount(unsteady, mean)])
    assert (ruling.verdict, ruling.interval) == ("undecided", "block jackknife")
    assert ruling.low < 0.45
    with pytest.raises(NoEvidence, match="7 epochs, 8 needed"):
        ABOVE.judge([amount(np.full(7, 0.7), mean)])
    with pytest.raises(NoEvidence, match="no finite value"):
        amount(np.full(9, 0.7), lambda part: math.nan)
    with pytest.raises(NoEvidence, match="no finite value"):
        amount(np.empty(0), mean)
