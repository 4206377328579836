"""The share of the gradients' energy in their first principal directions, as folded gradients tell it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.statistics.fold import WIDTH

SPECTRA = ("energy", "direction")
"""Of the gradients as they are; of each step's gradient divided by its norm."""
HALVES = 2
DEVIATIONS = 3
"""Standard deviations on either side of an estimate."""


@dataclass(frozen=True)
class Spectrum:
    """Squared singular values of A, the matrix whose rows are the gradients of the steps.

    A row is the gradient of all parameters as one vector; nothing is subtracted from it. ``share(k)``
    estimates Σ_{i≤k} σᵢ²(A) / ‖A‖_F², σᵢ in descending order, by the same of folded gradients.
    """

    energies: NDArray[np.float64]
    """(1, r) where the fold is exact, else (6, r): the first σᵢ², descending, of the gradients folded into
    w/2 numbers in two ways, and into w/4 in four; r = 0 where there is no value."""
    totals: NDArray[np.float64]
    """(1,) or (6,): ‖A‖_F² of each; NaN if a gradient is not finite."""
    steps: int
    """Rows of A; steps whose gradient is zero have no direction and are no rows there."""
    parameters: int
    """Columns of A."""

    def share(self, k: int) -> tuple[float, float]:
        """An interval for the share of the energy in the first k ≥ 1 principal directions.

        Foldings into m numbers find s + b/m, where s is the share and b/m is what noise adds to the first
        directions of few. So the mean of the halves is as far from s as that of the quarters is from it:
        twice the one minus the other is left. Around that lies an error: folded into w numbers, the energy of
        a direction has a relative standard deviation of √(2/w), and so to first order the share has

            s (1 − s) √(2/w) √(Σ_{i≤k} σᵢ⁴ / (Σ_{i≤k} σᵢ²)² + Σ_{i>k} σᵢ⁴ / (Σ_{i>k} σᵢ²)²).

        The interval is ± (three of these + the bias that was taken away). Its ends are equal where the fold
        is exact, and 1 where k reaches `steps` or `parameters`. Beyond the r directions that are kept,
        further ones hold between nothing and as much as the last. NaN where all gradients are zero, or one
        is not finite.
        Raises `GradevoError` if k < 1.
        """
        if k < 1:
            raise GradevoError(f"share of the energy: expected at least 1 direction, found {k}")
        if not (np.isfinite(self.totals).all() and (self.totals > 0).all()):
            return np.nan, np.nan
        if k >= min(self.steps, self.parameters):
            return 1.0, 1.0
        energies = self.energies / self.totals[:, None]
        shares = energies[:, :k].sum(axis=1)
        share, error = float(shares[:HALVES].mean()), 0.0
        if len(shares) > HALVES:
            bias = float(shares[HALVES:].mean()) - share
            error = abs(bias) + DEVIATIONS * _deviation(energies[:HALVES].mean(axis=0), k)
            share -= bias
        beyond = max(0, k - self.energies.shape[1]) * float(energies[:, -1].max())
        low, high = np.clip([share - error, share + error + beyond], 0, 1).tolist()
        return low, high


def _deviation(energies: NDArray[np.float64], k: int) -> float:
    """The standard deviation of the share of the first k of these shares, (r,): see `Spectrum.share`.

    Those that are not kept are counted as if they were as large as the last.
    """
    first, others = energies[:k], energies[k:]
    inside, outside = first.sum(), 1 - first.sum()
    if inside <= 0 or outside <= 0:
        return 0.0
    squares = (others**2).sum() + energies[-1] * max(0, outside - others.sum())
    spread = (first**2).sum() / inside**2 + squares / outside**2
    return float(inside * outside * np.sqrt(2 / WIDTH * spread))
