"""Numbers that tell the shape of a curve over the epochs."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NARROWEST = 6.0
"""Ratios beyond 10^±6 count as that."""


def differences(values: Array) -> Array:
    """Between successive values, (n,) -> (n−1,); infinite ones give NaN without a warning."""
    with np.errstate(invalid="ignore"):
        return np.diff(values)


def deviation(increments: Array) -> float:
    """How far a curve strays from the straight line between its ends, relative to its range.

    increments: (n,) between successive points -> max|curve − line| / (max − min); NaN for a constant curve.
    """
    curve = np.concatenate([[0.0], np.cumsum(increments)])
    line = np.linspace(0, curve[-1], len(curve))
    extent = np.ptp(curve)
    return float(np.abs(curve - line).max() / extent) if extent > 0 else float("nan")


def early_share(increments: Array) -> float:
    """Share of a gain that is there half-way: increments (n,) -> NaN if there is no gain at the end."""
    curve = np.concatenate([[0.0], np.cumsum(increments)])
    half = float(np.interp(len(increments) / 2, np.arange(len(curve)), curve))
    return half / float(curve[-1]) if curve[-1] > 0 else float("nan")


def narrowest(highest: Array, highest_acc: Array) -> float:
    """log₁₀ of the smallest highest_acc / highest, (epochs,) each, within ±6; NaN if all `highest` are 0."""
    there = highest > 0
    if not there.any():
        return float("nan")
    smallest = float((highest_acc[there] / highest[there]).min())
    return float(np.clip(np.log10(smallest), -NARROWEST, NARROWEST)) if smallest > 0 else -NARROWEST
