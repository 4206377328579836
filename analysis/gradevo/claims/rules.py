"""Claims, and the rules that make verdicts of what runs show; ``docs/claims.md`` states both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.evidence import Evidence
from gradevo.claims.inference import (
    beyond,
    bootstrap_interval,
    central,
    t_interval,
    t_test,
    tau_b,
    trend_deviation,
)
from gradevo.claims.observation import Amount, NoEvidence, Series, change
from gradevo.claims.verdict import AGREES, CONTRADICTED, DISAGREES, SUPPORTED, UNDECIDED

ENOUGH_SEEDS = 3
"""From this many seeds on, a verdict is tested; below, it describes."""
ENOUGH_TO_RESAMPLE = 10
"""From this many seeds on, a bootstrap over them is wide enough."""
FEWEST = 4
"""Epochs (of claims about steps alone: steps) without which even several seeds decide nothing."""
FEWEST_ALONE = 8
"""The same for one or two seeds."""
NEGLIGIBLE = 0.3
"""|τ| below which a trend decides nothing, however certain."""
ALPHA = 0.05


@dataclass(frozen=True)
class Ruling:
    """A verdict with its numbers; NaN where there are none."""

    effect: float
    low: float
    high: float
    interval: str
    """How low and high came about."""
    verdict: str
    note: str
    p_for: float = np.nan
    """Of the test of the claim."""
    p_against: float = np.nan
    """Of the test of its opposite."""
    bootstrap_low: float = np.nan
    bootstrap_high: float = np.nan

    @property
    def p(self) -> float:
        """The smaller one of the two; NaN if nothing was tested."""
        return float(np.fmin(self.p_for, self.p_against))


def no_ruling(note: str) -> Ruling:
    """Undecided, for want of evidence."""
    return Ruling(np.nan, np.nan, np.nan, "", UNDECIDED, note)


@dataclass(frozen=True)
class _Side:
    """The claim's side of the bounds, or the other one."""

    clear: bool
    """Whether the effect is far enough there."""
    p: float
    """Of the seeds; NaN for one or two."""


@dataclass(frozen=True)
class _Effects:
    """The seeds' numbers."""

    lows: Sequence[float]
    highs: Sequence[float]
    """Equal, but for numbers that are known within bounds only."""
    within: tuple[float, float]
    """What they can be."""
    least: float = 0
    """Least standard deviation over the seeds."""


@dataclass(frozen=True)
class TrendRule:
    """A series falls (sign −1) or rises (+1) with time, or with the training loss."""

    sign: int

    @property
    def criterion(self) -> str:
        """One sentence."""
        side = "above" if self.sign > 0 else "below"
        return (
            f"supported if τ is {side} 0 with p < {ALPHA} over the seeds, contradicted if it is on the other "
            f"side, both only with |mean τ| ≥ {NEGLIGIBLE}; one or two seeds agree or disagree if |τ| ≥ "
            f"{NEGLIGIBLE} in each"
        )

    def judge(self, seen: Sequence[Series]) -> Ruling:
        """The verdict on one series per seed."""
        lengths = [len(series.values) for series in seen]
        _enough(lengths, "epochs")
        taus = [series.orientation * tau_b(series.values, series.against) for series in seen]
        if len(seen) >= ENOUGH_SEEDS:
            strength = float(np.mean(taus))
            p, other = t_test(taus, 0, trend_deviation(lengths)), 1.0
        else:
            strength = _weakest(taus)
            p = other = np.nan
        sides = [
            _Side(sign * strength >= NEGLIGIBLE, p if sign * strength >= 0 else other)
            for sign in (self.sign, -self.sign)
        ]
        unclear = f"too weak a trend: |τ| = {abs(strength):.2f}" if strength else "the seeds disagree"
        effects = _Effects(taus, taus, (-1, 1), trend_deviation(lengths))
        return _ruling(seen, effects, self.sign, sides, change(seen), unclear)


@dataclass(frozen=True)
class LevelRule:
    """A number lies beyond one of two bounds."""

    support: float
    contradict: float
    words: Callable[[float], str]
    """The number for people."""

    unit: str = "epochs"
    """What the number is made of: epochs or steps."""
    within: tuple[float, float] = (-np.inf, np.inf)
    """What the number can be."""

    @property
    def upwards(self) -> bool:
        """Whether larger numbers support the claim."""
        return self.support >= self.contradict

    @property
    def criterion(self) -> str:
        """One sentence."""
        right, wrong = ("above", "below") if self.upwards else ("below", "above")
        return (
            f"supported if it is {right} {self.support:g} with p < {ALPHA} over the seeds, contradicted "
            f"if it is {wrong} {self.contradict:g}; one or two seeds agree or disagree if each is beyond"
        )

    def judge(self, seen: Sequence[Amount]) -> Ruling:
        """The verdict on one number per seed."""
        _enough([one.length for one in seen], self.unit)
        sign = 1 if self.upwards else -1
        lows, highs = [one.low for one in seen], [one.high for one in seen]
        near, far = (lows, highs) if self.upwards else (highs, lows)
        sides = [_side(near, self.support, sign), _side(far, self.contradict, -sign)]
        words = self.words(float(np.mean([one.value for one in seen])))
        bounds = dict.fromkeys(f"{bound:g}" for bound in (self.support, self.contradict))
        effects = _Effects(lows, highs, self.within)
        return _ruling(seen, effects, sign, sides, words, f"not clearly beyond {' or '.join(bounds)}")


@dataclass(frozen=True)
class Claim:
    """A sentence, and how it is tested; ``docs/claims.md`` says why so."""

    id: str
    sentence: str
    source: str
    """"article", or authors and year."""
    reference: str
    """In full."""
    statistic: str
    """What is measured of a run, as a formula."""
    rule: TrendRule | LevelRule
    measure: Callable[[Evidence, str], Series | Amount]
    """A run and a tensor's path (or "total") -> what it shows; raises `NoEvidence` if it shows nothing."""
    per_tensor: bool = False
    """Whether it is about every tensor."""
    signs: bool = False
    """Whether it is held against random signs, too."""

    @property
    def criterion(self) -> str:
        """When the claim is supported and when contradicted, in one sentence."""
        null = "; all only if it is further on that side than with random signs of the epochs, p < "
        return self.rule.criterion + (f"{null}{ALPHA}" if self.signs else "")


def _side(values: Sequence[float], bound: float, sign: int) -> _Side:
    """Above (sign 1) or below (−1) a bound: one or two values are all to be there, of more the mean."""
    if len(values) < ENOUGH_SEEDS:
        return _Side(all(sign * value > sign * bound for value in values), np.nan)
    clear = bool(sign * np.mean(values) > sign * bound)
    return _Side(clear, t_test(values, bound) if clear else 1.0)


def _weakest(taus: Sequence[float]) -> float:
    """The τ that is nearest to 0; 0 if they are not of one sign."""
    return min(taus, key=abs) if len(set(np.sign(taus))) == 1 else 0.0


def _ruling(
    seen: Sequence[Series] | Sequence[Amount],
    effects: _Effects,
    sign: int,
    sides: Sequence[_Side],
    words: str,
    unclear: str,
) -> Ruling:
    """The verdict from both sides, the claim's first.

    sign: 1 if the claim's side is that of large numbers. words: the effect for people. unclear: why there is
    no verdict if neither side is clear.
    """
    tested = len(seen) >= ENOUGH_SEEDS
    nulls = [one.null() for one in seen if one.null]
    against_null = beyond(nulls)[::sign] if nulls else (np.nan, np.nan)
    ps = [float(np.fmax(side.p, p)) for side, p in zip(sides, against_null, strict=True)]
    decided = [side.clear and not p >= ALPHA for side, p in zip(sides, ps, strict=True)]
    verdict = (SUPPORTED if tested else AGREES) if decided[0] else UNDECIDED
    if decided[1]:
        verdict = CONTRADICTED if tested else DISAGREES
    why = "" if any(decided) else _why(sides, against_null, unclear)
    note = "; ".join(filter(None, [words, _range(nulls), why]))
    lows, highs = effects.lows, effects.highs
    effect = float(np.mean([lows, highs]))
    if not tested:
        interval = f"none: {len(seen)} seed{'s' * (len(seen) > 1)}"
        return Ruling(effect, np.nan, np.nan, interval, verdict, note, *ps)
    ends = t_interval(lows, effects.least)[0], t_interval(highs, effects.least)[1]
    low, high = (float(np.clip(end, *effects.within)) for end in ends)
    ruling = Ruling(effect, low, high, f"Student's t over {len(seen)} seeds", verdict, note, *ps)
    if len(seen) < ENOUGH_TO_RESAMPLE:
        return ruling
    again = bootstrap_interval(lows)[0], bootstrap_interval(highs)[1]
    return replace(ruling, bootstrap_low=again[0], bootstrap_high=again[1])


def _why(sides: Sequence[_Side], against_null: Sequence[float], unclear: str) -> str:
    """Why neither side is decided."""
    for side, p in zip(sides, against_null, strict=True):
        if side.clear and side.p >= ALPHA:
            return f"p = {side.p:.2g} over the seeds, not below {ALPHA}"
        if side.clear:
            return f"no further than random signs go: p = {p:.2g}"
    return unclear


def _range(nulls: Sequence[NDArray[np.float64]]) -> str:
    if not nulls:
        return ""
    low, high = central(nulls)
    return f"random signs: {low:.3g} to {high:.3g}"


def _enough(lengths: Sequence[int], unit: str) -> None:
    needed = FEWEST if len(lengths) >= ENOUGH_SEEDS else FEWEST_ALONE
    if min(lengths) < needed:
        raise NoEvidence(f"too short: {min(lengths)} {unit}, {needed} needed")
