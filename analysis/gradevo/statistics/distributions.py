"""How large single elements of gradients are, from exact histograms of their exponents.

A histogram is (…, 2, 256) int64: elements with + before those with −, by float32's biased exponent. Bin b
holds 2^(b − 127) ≤ |g| < 2^(b − 126); bin 0 zeros and what is below 2⁻¹²⁶, bin 255 what is not finite. So
sizes are known to a factor of two, and counts exactly.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradevo.bands import Bins
from gradevo.statistics.exponents import BIAS

if TYPE_CHECKING:
    from gradevo.statistics.store import Statistics

NONFINITE = 255
LOWEST = -149
"""The exponent of float32's smallest number."""

QUANTILES = (0.05, 0.5, 0.95)
"""Those that are shown."""

LOSS_SCALE = 16
"""The exponent of the factor by which a loss is usually scaled for float16."""


def magnitudes(counts: NDArray[np.int64], zeros: NDArray[np.int64]) -> NDArray[np.int64]:
    """Elements by the size of what is not zero and finite, both signs: (…, 2, 256), zeros (…,) -> (…, 255).

    Entry b holds 2^(b − 127) ≤ |g| < 2^(b − 126); entry 0 what is below 2⁻¹²⁶.
    """
    both: NDArray[np.int64] = counts.sum(axis=-2)[..., :NONFINITE]
    both[..., 0] -= zeros
    return both


def quantiles(sizes: NDArray[np.int64], levels: ArrayLike = QUANTILES) -> NDArray[np.float64]:
    """log₂|g| below which such shares of the elements lie that are not zero: (…, 255) -> (…, levels).

    Within a bin, elements are taken to be spread evenly over log₂|g|, so that a quantile is exact to the bin,
    a factor of two. Bin 0 reaches down to 2⁻¹⁴⁹. NaN where all elements are zero or not finite.

    >>> sizes = np.zeros(255, np.int64)
    >>> sizes[[120, 127]] = 1, 3  # one of 2⁻⁷ to 2⁻⁶, three of 1 to 2
    >>> quantiles(sizes, [0.125, 0.25, 0.5]).tolist()
    [-6.5, -6.0, 0.3333333333333333]
    """
    wanted = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    rows = sizes.reshape(-1, sizes.shape[-1])
    bottoms = np.append(LOWEST, np.arange(1, rows.shape[1]) - BIAS).astype(np.float64)
    tops = np.arange(rows.shape[1]) - BIAS + 1.0
    found = np.full((len(rows), len(wanted)), np.nan)
    for row, into in zip(rows, found, strict=True):
        ends = np.cumsum(row)
        if ends[-1] == 0:
            continue
        ranks = wanted * ends[-1]
        there = np.flatnonzero(row)
        place = np.clip(np.searchsorted(ends, ranks), there[0], there[-1])
        within = (ranks - (ends[place] - row[place])) / row[place]
        into[:] = bottoms[place] + within * (tops[place] - bottoms[place])
    return found.reshape(*sizes.shape[:-1], len(wanted))


@dataclass(frozen=True)
class Elements:
    """The elements of a tensor's gradients, in bins of epochs."""

    sizes: NDArray[np.int64]
    """(bins, 255), as of `magnitudes`"""
    zeros: NDArray[np.int64]
    """(bins,): how many are exactly zero"""
    count: NDArray[np.int64]
    """(bins,): how many there are, those that are not finite among them"""

    @classmethod
    def of(cls, run: "Statistics", tensor: str, bins: Bins) -> Self:
        """Those of a run's epochs, in bins of one or several."""
        counts, zeros = (
            np.add.reduceat(of, bins.edges[:-1], axis=0) for of in (run.exponents(tensor), run.zeros(tensor))
        )
        return cls(magnitudes(counts, zeros), zeros, counts.sum(axis=(1, 2)))

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of all elements that has a size, (bins, 255)."""
        return self.sizes / np.maximum(self.count, 1)[:, None]

    @property
    def zero_shares(self) -> NDArray[np.float64]:
        """Share of all elements that is exactly zero, (bins,)."""
        return self.zeros / np.maximum(self.count, 1)

    def overall(self, level: float) -> float:
        """A quantile of all bins together; −∞ where all elements are zero."""
        return float(np.nan_to_num(quantiles(self.sizes.sum(axis=0), level)[0], nan=-np.inf))


@dataclass(frozen=True)
class Format:
    """A floating-point format of lower precision, by what it cannot hold."""

    name: str
    flush: int
    """numbers below 2 to this are rounded to zero: half of the smallest that it has"""
    overflow: int
    """numbers from 2 to this on are certainly beyond the largest that it has"""
    scaled: bool = False
    """whether the loss, and so the gradient, is 2¹⁶ times as large while it is held"""

    @property
    def shift(self) -> int:
        """The exponent of the factor by which the gradient is larger while it is held."""
        return LOSS_SCALE if self.scaled else 0

    def flushed(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Which share of the elements that are not zero becomes zero: (…, 255) -> (…,); NaN without any."""
        last = self.flush - self.shift + BIAS  # the first bin that stays
        below = sizes[..., : max(last, int(self.flush - self.shift > LOWEST))]
        return _share(below, sizes)

    def overflowing(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Which share becomes infinite, or the largest number: (…, 255) -> (…,); NaN without any."""
        return _share(sizes[..., self.overflow - self.shift + BIAS :], sizes)

    def lost(self, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Which share becomes zero or overflows: (…, 255) -> (…,); NaN without any."""
        return self.flushed(sizes) + self.overflowing(sizes)


def _both(name: str, flush: int, overflow: int) -> tuple[Format, Format]:
    return Format(name, flush, overflow), Format(name, flush, overflow, scaled=True)


FORMATS: tuple[Format, ...] = (
    *_both("bfloat16", -134, 128),
    *_both("float16", -25, 16),
    *_both("float8 e5m2", -17, 16),
    *_both("float8 e4m3", -10, 9),
)
"""From the widest range to the narrowest, each without and with the scale. float32's numbers below 2⁻¹²⁶,
whose exponent says no more, count as flushed by bfloat16 without a scale, where they may be."""


def _share(part: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.asarray(part.sum(axis=-1) / sizes.sum(axis=-1).astype(np.float64))
