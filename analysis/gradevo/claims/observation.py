"""What one run shows of a claim."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class NoEvidence(Exception):
    """A run cannot speak for or against a claim; the message says why."""


class Rounding(NoEvidence):
    """The tensor's gradient is zero, or nothing but rounding."""


@dataclass(frozen=True)
class Series:
    """An epoch series whose trend is the effect."""

    values: Array
    """(epochs,)"""
    against: Array | None = None
    """(epochs,): the training loss, if the trend is with the loss and not with time."""
    orientation: int = 1
    """−1 if smaller is what the claim calls better: τ changes its sign."""
    name: str = ""
    """Of the series, where the claim leaves it open."""

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
    values: Array | None = None
    """(n,): the series it is made of, in time order, if that is a sample."""
    formula: Callable[[Array], float] | None = None
    """values -> the number"""
    length: int = 0
    """Epochs, or steps, that were looked at."""

    def __post_init__(self) -> None:
        if not np.isfinite([self.low, self.high]).all():
            raise NoEvidence("has no finite value")

    @property
    def value(self) -> float:
        """The number, or the middle of its bounds."""
        return (self.low + self.high) / 2


def amount(values: Array, formula: Callable[[Array], float], length: int | None = None) -> Amount:
    """The number that a formula makes of a series, (n,) in time order; `length` is n unless given."""
    if not np.isfinite(values).all():
        raise NoEvidence(_nonfinite(values))
    number = formula(values) if len(values) else np.nan
    return Amount(number, number, values, formula, len(values) if length is None else length)


def _nonfinite(values: Array) -> str:
    bad = int(np.count_nonzero(~np.isfinite(values)))
    return f"NaN or infinite in {bad} of {len(values)} values"
