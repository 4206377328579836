"""Verdicts from effects: one, two, three and five seeds."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from gradevo.claims.inference import t_interval, t_test, trend_deviation
from gradevo.claims.observation import Amount, NoEvidence, Series, amount
from gradevo.claims.rules import LevelRule, TrendRule

FALLS, RISES = TrendRule(-1), TrendRule(1)
ABOVE = LevelRule(0.55, 0.45, "{:.2f}".format)
BELOW = LevelRule(-0.05, 0.0, "{:.2f}".format)


def point(*values: float) -> list[Amount]:
    return [Amount(value, value, 20) for value in values]


def with_tau(swaps: int, count: int = 20) -> Series:
    """A falling series of which `swaps` pairs of neighbours are exchanged: τ = −1 + 4·swaps/(n(n−1))."""
    values = -np.arange(count, dtype=float)
    for pair in range(swaps):
        values[2 * pair], values[2 * pair + 1] = values[2 * pair + 1], values[2 * pair]
    return Series(values)


def named(verdict: str, seeds: int) -> str:
    """What a verdict is called with so many seeds."""
    return (
        verdict if seeds >= 3 else {"supported": "agrees", "contradicted": "disagrees"}.get(verdict, verdict)
    )


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_seeds_that_agree(seeds: int) -> None:
    falling = [with_tau(seed) for seed in range(seeds)]
    ruling, other = FALLS.judge(falling), RISES.judge(falling)
    assert ruling.verdict == named("supported", seeds)
    assert other.verdict == named("contradicted", seeds)
    taus = [-1 + 4 * seed / 380 for seed in range(seeds)]
    assert ruling.effect == pytest.approx(np.mean(taus))
    if seeds >= 3:
        least = trend_deviation([20] * seeds)
        low, high = t_interval(taus, least)
        assert (ruling.low, ruling.high) == (pytest.approx(max(low, -1)), pytest.approx(high))
        assert ruling.interval == f"Student's t over {seeds} seeds"
        assert ruling.p == ruling.p_for == other.p_against == pytest.approx(t_test(taus, 0, least))
        assert ruling.p_against == 1
    else:
        assert np.isnan([ruling.low, ruling.high, ruling.p, other.p]).all()
        assert ruling.interval == ("none: 1 seed" if seeds == 1 else "none: 2 seeds")


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_seeds_that_disagree(seeds: int) -> None:
    series = [Series(np.arange(20.0) * (-1) ** seed) for seed in range(seeds)]
    ruling = FALLS.judge(series)
    assert ruling.verdict == "undecided"
    why = {2: "disagree", 3: "p = 0.67 over the seeds", 5: "too weak a trend: |τ| = 0.20"}
    assert why[seeds] in ruling.note


def test_seeds_that_disagree_do_not_add_to_the_strength() -> None:
    """Certain enough, and each seed strong, but for the mean."""
    taus = [0.34, 0.49, -0.08, 0.23, 0.39]  # boston's `accumulated-weaker`
    assert np.mean(np.abs(taus)) > 0.3 > np.mean(taus)
    assert t_test(taus, 0) < 0.05
    series = [Series(_of_tau(tau)) for tau in taus]
    ruling = RISES.judge(series)
    assert ruling.effect == pytest.approx(np.mean(taus), abs=0.01)
    assert (ruling.verdict, "too weak a trend: |τ| = 0.27" in ruling.note) == ("undecided", True)


def _of_tau(tau: float, count: int = 100) -> np.ndarray:
    """A series whose first values rise and whose last ones fall below them one after the other."""
    pairs = count * (count - 1) // 2
    values, inversions = list(range(count)), round((1 - tau) / 2 * pairs)
    found: list[int] = []
    for place in range(count):
        take = min(inversions, count - 1 - place)
        found.append(values.pop(take))
        inversions -= take
    return np.array(found, dtype=float)


def test_certain_but_negligible() -> None:
    rng = np.random.default_rng(7)
    weak = [Series(np.arange(400) / 400 + rng.normal(size=400)) for _ in range(5)]
    ruling = RISES.judge(weak)
    assert 0 < ruling.low < ruling.effect < 0.3
    assert ruling.p < 0.05
    assert (ruling.verdict, "too weak" in ruling.note) == ("undecided", True)
    for seeds in (1, 2):
        alone = RISES.judge(weak[:seeds])
        assert (alone.verdict, "too weak" in alone.note) == ("undecided", True)


def test_equal_trends_are_not_certain() -> None:
    """Three seeds need six epochs."""
    for epochs, verdict in ((5, "undecided"), (6, "supported")):
        ruling = FALLS.judge([with_tau(0, epochs)] * 3)
        assert (ruling.verdict, ruling.effect) == (verdict, pytest.approx(-1))
        high = -1 + 4.302653 * trend_deviation([epochs]) / np.sqrt(3)
        assert (ruling.low, ruling.high) == (-1, pytest.approx(high, abs=1e-6))


def test_lower_is_better() -> None:
    error = [Series(1 / np.arange(1.0, 21), orientation=-1, name="mae")]
    ruling = RISES.judge(error)
    assert (ruling.verdict, ruling.effect) == ("agrees", 1)
    assert ruling.note == "mae falls to 6.8 % of its first tenth"  # (1/19 + 1/20)/(1 + 1/2)


def test_against_the_loss() -> None:
    loss = np.array([5, 4, 6, 3, 2, 2.5, 1, 0.5, 0.4, 0.3])
    ruling = RISES.judge([Series(loss**2, loss)])
    assert (pytest.approx(ruling.effect), ruling.verdict) == (1, "agrees")
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
    assert ruling.verdict == named(verdict, len(values))
    assert ruling.effect == pytest.approx(np.mean(values))
    assert ruling.note.startswith(f"{np.mean(values):.2f}")
    unclear = "not clearly beyond 0.55 or 0.45" in ruling.note or "over the seeds, not below" in ruling.note
    assert unclear == (verdict == "undecided")


def test_levels_that_support_below() -> None:
    for value, verdict in ((-0.1, "supported"), (-0.02, "undecided"), (0.1, "contradicted")):
        assert BELOW.judge(point(value)).verdict == named(verdict, 1)
        assert BELOW.judge(point(value, value, value)).verdict == verdict


def test_numbers_known_within_bounds() -> None:
    known = [Amount(0.56, 0.7, 20)] * 3
    assert (ABOVE.judge(known).low, ABOVE.judge(known).high) == (0.56, 0.7)
    assert ABOVE.judge(known).verdict == "supported"
    assert ABOVE.judge([Amount(0.54, 0.7, length=20)]).verdict == "undecided"
    assert ABOVE.judge([Amount(0.1, 0.44, length=20)]).verdict == "disagrees"


def test_p_of_a_level_is_that_of_its_bound() -> None:
    values = [0.60, 0.61, 0.64]
    ruling = ABOVE.judge(point(*values))
    assert ruling.p == ruling.p_for == pytest.approx(t_test(values, 0.55))
    assert ruling.p_against == 1
    low = ABOVE.judge(point(0.1, 0.2, 0.4))
    assert low.p == low.p_against == pytest.approx(t_test([0.1, 0.2, 0.4], 0.45))
    assert ABOVE.judge(point(0.4, 0.5, 0.6)).p == 1


def test_intervals_end_where_the_numbers_do() -> None:
    cosine = LevelRule(-0.05, 0.0, "{:.2f}".format, within=(-1, 1))
    ruling = cosine.judge(point(0.99, 0.5, 0.9))
    assert t_interval([0.99, 0.5, 0.9])[1] > 1
    assert ruling.high == 1


def test_the_seeds_are_drawn_again_where_there_are_ten() -> None:
    values = [0.5, 0.7] * 5  # means of ten such draws are 0.54 to 0.66 in 95 % of them
    ruling = ABOVE.judge(point(*values))
    assert (ruling.bootstrap_low, ruling.bootstrap_high) == (pytest.approx(0.54), pytest.approx(0.66))
    few = ABOVE.judge(point(*values[:9]))
    assert np.isnan([few.bootstrap_low, few.bootstrap_high]).all()


def with_null(seen: Sequence[Series | Amount], *draws: Sequence[float]) -> list:
    """Seeds with the effects of their draws of random signs, that of the run first."""
    return [replace(one, null=partial(np.array, found)) for one, found in zip(seen, draws, strict=True)]


@pytest.mark.parametrize("seeds", [1, 3])
def test_no_further_than_random_signs(seeds: int) -> None:
    """Of 99 draws, 1 is as far as the run, p = 4/100; or 2, p = 6/100."""
    for far, verdict in ((1, "supported"), (2, "undecided")):
        draws = [0.7, *[0.8] * far, *np.linspace(0, 0.6, 99 - far)]
        ruling = ABOVE.judge(with_null(point(*[0.7] * seeds), *[draws] * seeds))
        assert ruling.p_for == pytest.approx((2 + 2 * far) / 100)
        assert ruling.verdict == named(verdict, seeds)
        assert ("no further than random signs go: p = 0.06" in ruling.note) == (far == 2)
        assert "random signs: 0.0" in ruling.note


def test_the_null_has_two_sides() -> None:
    low = [-0.9, *np.linspace(-0.5, 1, 99)]
    series = [with_tau(0)] * 3
    assert FALLS.judge(with_null(series, low, low, low)).verdict == "supported"
    assert RISES.judge(with_null(series, low, low, low)).verdict == "contradicted"
    assert FALLS.judge(with_null(series, *[[1.0, *low[1:]]] * 3)).verdict == "undecided"
    assert BELOW.judge(with_null(point(-0.9), low)).verdict == "agrees"
    assert LevelRule(0.5, 0.0, str).judge(with_null(point(-0.9), low)).verdict == "disagrees"


def test_seeds_and_null_have_to_agree() -> None:
    """p is the larger one of the two."""
    values, draws = [0.60, 0.61, 0.64], [0.62, *np.linspace(0, 0.5, 99)]
    ruling = ABOVE.judge(with_null(point(*values), draws, draws, draws))
    assert ruling.p == pytest.approx(t_test(values, 0.55)) == pytest.approx(0.031, abs=1e-3)
    certain = [0.60, 0.601, 0.602]
    assert ABOVE.judge(point(*certain)).p < 0.01
    assert ABOVE.judge(with_null(point(*certain), draws, draws, draws)).p == 2 / 100
    assert ABOVE.judge(with_null(point(0.56, 0.61, 0.66), draws, draws, draws)).verdict == "undecided"


def test_numbers_without_a_value() -> None:
    with pytest.raises(NoEvidence, match="7 epochs, 8 needed"):
        ABOVE.judge([amount(np.full(7, 0.7), np.mean)])
    with pytest.raises(NoEvidence, match="no finite value"):
        amount(np.full(9, 0.7), lambda part: np.float64("nan"))
    with pytest.raises(NoEvidence, match="no finite value"):
        amount(np.empty(0), np.mean)
