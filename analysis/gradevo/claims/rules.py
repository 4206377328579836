"""Claims, and the rules that make verdicts of what runs show; ``docs/claims.md`` states both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gradevo.claims.evidence import Evidence
from gradevo.claims.inference import block_jackknife, mann_kendall, t_interval, tau_b
from gradevo.claims.observation import Amount, NoEvidence, Series, change

SUPPORTED: Final = "supported"
CONTRADICTED: Final = "contradicted"
UNDECIDED: Final = "undecided"
VERDICTS: Final = (SUPPORTED, CONTRADICTED, UNDECIDED)

ENOUGH_SEEDS = 3
"""From this many seeds on, their spread decides; below, the test within each run."""
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
    verdict: str
    note: str


def no_ruling(note: str) -> Ruling:
    """Undecided, for want of evidence."""
    return Ruling(np.nan, np.nan, np.nan, "", UNDECIDED, note)


@dataclass(frozen=True)
class TrendRule:
    """A series falls (sign −1) or rises (+1) with time, or with the training loss."""

    sign: int

    @property
    def criterion(self) -> str:
        """One sentence."""
        side = "above" if self.sign > 0 else "below"
        return (
            f"supported if the 95 % interval of τ is {side} 0, contradicted if it is on the other side, "
            f"both only with mean |τ| ≥ {NEGLIGIBLE}; one or two seeds: Mann–Kendall test of each"
        )

    def judge(self, seen: Sequence[Series]) -> Ruling:
        """The verdict on one series per seed."""
        _enough([len(series.values) for series in seen], "epochs")
        taus = [series.orientation * tau_b(series.values, series.against) for series in seen]
        effect = float(np.mean(taus))
        words = change(seen)
        if len(seen) >= ENOUGH_SEEDS:
            low, high = t_interval(taus)
            low, high = max(low, -1.0), min(high, 1.0)
            verdict, why = self._verdict(low, high, taus)
            return Ruling(effect, low, high, _seeds(len(seen)), verdict, _join(words, why))
        trends = [mann_kendall(series.values, series.against) for series in seen]
        ends = [
            series.orientation * x for series, t in zip(seen, trends, strict=True) for x in (t.low, t.high)
        ]
        worst = max(trend.p for trend in trends)
        factor = max(trend.factor for trend in trends)
        how = f"Mann–Kendall, p = {worst:.2g}, variance × {factor:.2g} for dependent epochs" + _each(
            len(seen)
        )
        if len({np.sign(tau) for tau in taus}) > 1:
            verdict, why = UNDECIDED, "the seeds disagree"
        elif worst >= ALPHA:
            verdict, why = UNDECIDED, f"p = {worst:.2g}, not below {ALPHA}"
        else:
            verdict, why = self._verdict(min(taus), max(taus), taus)
        return Ruling(effect, min(ends), max(ends), how, verdict, _join(words, why))

    def _verdict(self, low: float, high: float, taus: Sequence[float]) -> tuple[str, str]:
        if low <= 0 <= high:
            return UNDECIDED, "the interval of τ contains 0"
        strength = float(np.mean(np.abs(taus)))
        if strength < NEGLIGIBLE:
            return UNDECIDED, f"a trend too weak to count: mean |τ| = {strength:.2f}"
        return (SUPPORTED if self.sign * low > 0 else CONTRADICTED), ""


@dataclass(frozen=True)
class LevelRule:
    """A number lies beyond one of two bounds."""

    support: float
    contradict: float
    words: Callable[[float], str]
    """The number for people."""

    unit: str = "epochs"
    """What the number is made of: epochs or steps."""

    @property
    def upwards(self) -> bool:
        """Whether larger numbers support the claim."""
        return self.support >= self.contradict

    @property
    def criterion(self) -> str:
        """One sentence."""
        right, wrong = ("above", "below") if self.upwards else ("below", "above")
        return (
            f"supported if the 95 % interval is {right} {self.support:g}, "
            f"contradicted if it is {wrong} {self.contradict:g}"
        )

    def judge(self, seen: Sequence[Amount]) -> Ruling:
        """The verdict on one number per seed."""
        _enough([one.length for one in seen], self.unit)
        effect = float(np.mean([one.value for one in seen]))
        words = self.words(effect)
        if len(seen) >= ENOUGH_SEEDS:
            low, high = t_interval([one.low for one in seen])[0], t_interval([one.high for one in seen])[1]
            verdict = self._verdict(low, high)
            return Ruling(effect, low, high, _seeds(len(seen)), verdict, _join(words, self._why(verdict)))
        intervals = [_alone(one) for one in seen]
        verdicts = {self._verdict(low, high) for low, high in intervals}
        verdict = verdicts.pop() if len(verdicts) == 1 else UNDECIDED
        sampled = any(one.formula is not None for one in seen)
        how = ("block jackknife" if sampled else "the run itself") + _each(len(seen))
        low, high = min(low for low, _ in intervals), max(high for _, high in intervals)
        return Ruling(effect, low, high, how, verdict, _join(words, self._why(verdict)))

    def _verdict(self, low: float, high: float) -> str:
        sign = 1 if self.upwards else -1
        nearest, farthest = sorted((sign * low, sign * high))
        if nearest > sign * self.support:
            return SUPPORTED
        return CONTRADICTED if farthest < sign * self.contradict else UNDECIDED

    def _why(self, verdict: str) -> str:
        if verdict != UNDECIDED:
            return ""
        if self.support == self.contradict:
            return f"the interval contains {self.support:g}"
        return f"the interval is beyond neither bound, {self.support:g} or {self.contradict:g}"


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

    @property
    def criterion(self) -> str:
        """When the claim is supported and when contradicted, in one sentence."""
        return self.rule.criterion


def _alone(seen: Amount) -> tuple[float, float]:
    """The interval that one run gives."""
    if seen.values is None or seen.formula is None:
        return seen.low, seen.high
    low, high = block_jackknife(seen.values, seen.formula)
    if not np.isfinite([low, high]).all():
        raise NoEvidence("has no finite interval")
    return low, high


def _enough(lengths: Sequence[int], unit: str) -> None:
    needed = FEWEST if len(lengths) >= ENOUGH_SEEDS else FEWEST_ALONE
    if min(lengths) < needed:
        raise NoEvidence(f"too short: {min(lengths)} {unit}, {needed} needed")


def _seeds(count: int) -> str:
    return f"Student's t over {count} seeds"


def _each(count: int) -> str:
    return ", each of 2 seeds" if count == 2 else ""


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
