"""What one run shows of a claim."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Null = Callable[[], NDArray[np.float64]]
"""Computes the effects of the run, of the same elements, and of the draws of random signs: (1 + draws,)."""


class NoEvidence(Exception):
    """A run cannot speak for or against a claim; the message says why."""


class Rounding(NoEvidence):
    """The tensor's gradient is zero, or nothing but rounding."""


@dataclass(frozen=True)
class Series:
    """An epoch series whose trend is the effect."""

    values: NDArray[np.float64]
    """(epochs,)"""
    against: NDArray[np.float64] | None = None
    """(epochs,): the training loss, if the trend is with the loss and not with time."""
    orientation: int = 1
    """−1 if smaller is what the claim calls better: τ changes its sign."""
    name: str = ""
    """Of the series, where the claim leaves it open."""
    null: Null | None = None
    """The same with random signs, if the claim has this null."""

    def __post_init__(self) -> None:
        for values in (self.values, self.against):
            if values is not None and not np.isfinite(values).all():
                raise NoEvidence(_nonfinite(values))
        for name, values in (("series", self.values), ("loss", self.against)):
            if values is not None and len(values) > 1 and np.ptp(values) == 0:
                raise NoEvidence(f"the {name} never changes")


@dataclass(frozen=True)
class Amount:
    """A number that is compared with bounds."""

    low: float
    high: float
    """Equal, but for a number that is known within bounds only."""
    length: int = 0
    """Epochs, or steps, that were looked at."""
    null: Null | None = None
    """The same with random signs, if the claim has this null."""

    def __post_init__(self) -> None:
        if not np.isfinite([self.low, self.high]).all():
            raise NoEvidence("has no finite value")

    @property
    def value(self) -> float:
        """The number, or the middle of its bounds."""
        return (self.low + self.high) / 2


def amount(
    values: NDArray[np.float64],
    formula: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    length: int | None = None,
    null: Null | None = None,
) -> Amount:
    """The number that a formula makes of a series, (n,) in time order; `length` is n unless given."""
    if not np.isfinite(values).all():
        raise NoEvidence(_nonfinite(values))
    number = float(formula(values)) if len(values) else np.nan
    return Amount(number, number, len(values) if length is None else length, null)


def _nonfinite(values: NDArray[np.float64]) -> str:
    bad = int(np.count_nonzero(~np.isfinite(values)))
    return f"NaN or infinite in {bad} of {len(values)} values"


def change(seen: Sequence[Series]) -> str:
    """What the series do from the first tenth of the epochs to the last: median over the seeds."""
    words = seen[0].name + " " * bool(seen[0].name) + _change([series.values for series in seen])
    losses = [series.against for series in seen if series.against is not None]
    return f"{words} while the loss {_change(losses)}" if losses else words


def _change(series: Sequence[NDArray[np.float64]]) -> str:
    ends = np.array([_ends(values) for values in series])
    first, last = np.median(ends, axis=0)
    verb = "falls" if last < first else "rises"
    if (ends <= 0).any():
        return f"{verb} from {first:.3g} to {last:.3g}"
    with np.errstate(over="ignore"):
        ratio = float(np.median(ends[:, 1] / ends[:, 0]))
    verb = "falls" if ratio < 1 else "rises"
    if 0.995 <= ratio < 1.005:
        return "stays at its first tenth"
    if ratio < 1e-4:
        return f"{verb} to {ratio:.1e} of its first tenth"
    if ratio < 0.1:
        return f"{verb} to {100 * ratio:.2g} % of its first tenth"
    if ratio < 10:
        return f"{verb} to {100 * ratio:.0f} % of its first tenth"
    return f"{verb} to {ratio:.3g} times its first tenth"


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    """The means of the first and the last tenth, at least one value each."""
    tenth = max(1, len(values) // 10)
    return float(values[:tenth].mean()), float(values[-tenth:].mean())
