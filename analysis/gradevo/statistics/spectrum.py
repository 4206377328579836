"""The share of the gradients' energy in their first principal directions, as a sketch bounds it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.errors import GradevoError

SPECTRA = ("energy", "direction")
"""Of the gradients as they are; of each step's gradient divided by its norm."""


@dataclass(frozen=True)
class Spectrum:
    """Squared singular values of A, the matrix whose rows are the gradients of the steps.

    A row is the gradient of all parameters as one vector; nothing is subtracted from it. ``share(k)`` bounds
    Σ_{i≤k} σᵢ²(A) / ‖A‖_F², with singular values in descending order.
    """

    energies: NDArray[np.float64]
    """(r,), descending: σᵢ² of the sketch, at most those of A; empty where there is nothing or no value."""
    total: float
    """‖A‖_F² = Σ‖g‖₂², of all of A; NaN if a gradient is not finite."""
    shrunk: float
    """At least σᵢ²(A) − σᵢ² of the sketch, for every i; 0 where the sketch is exact."""
    steps: int
    """Rows of A; steps whose gradient is zero have no direction and are no rows there."""
    parameters: int
    """Columns of A."""

    def share(self, k: int) -> tuple[float, float]:
        """Lower and upper bound of the share of the energy in the first k ≥ 1 principal directions.

        They are equal where the sketch is exact, and 1 where k reaches `steps` or `parameters`. NaN where all
        gradients are zero, or one is not finite. Rounding moves them by some 10⁻⁶ at most.
        Raises `GradevoError` if k < 1.
        """
        if k < 1:
            raise GradevoError(f"share of the energy: expected at least 1 direction, found {k}")
        if not 0 < self.total < np.inf:
            return np.nan, np.nan
        exact = self.shrunk == 0
        if k >= min(self.steps, self.parameters) or (exact and k >= self.energies.size):
            return 1.0, 1.0
        energy = float(self.energies[:k].sum())
        lower = min(1.0, energy / self.total)
        return lower, lower if exact else min(1.0, (energy + k * self.shrunk) / self.total)
