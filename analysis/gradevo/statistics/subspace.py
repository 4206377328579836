"""How few directions the gradients of a run keep to: sums of the products of folded gradients.

The principal directions of the gradients are the eigenvectors of Σ ggᵀ, the sum over the steps. That most of
a gradient lies in few directions, the Hessian's first, was found by G. Gur-Ari, D. A. Roberts and E. Dyer,
"Gradient descent happens in a tiny subspace", arXiv:1812.04754, 2018; here they are the gradients' own.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.spectrum import HALVES, SPECTRA, Spectrum

ROWS = 1024
"""Folded gradients that are multiplied at a time."""
DIRECTIONS = 32
"""Whose energies are kept."""


class Subspace:
    """Sums Σ ppᵀ over the steps, of the folded gradients as they are, and of each divided by its norm.

    Steps are counted from the run's first, so the results do not depend on how many are handed over at once.
    """

    def __init__(self, width: int, parameters: int) -> None:
        """width: of the folded gradients."""
        self._parameters = parameters
        foldings = 1 if width == parameters else HALVES
        shape = (foldings, width // foldings, width // foldings)
        self._products = {name: np.zeros(shape) for name in SPECTRA}
        self._rows = np.zeros((ROWS, width), np.float32)
        """Folded gradients, each divided by its norm."""
        self._norms = np.zeros(ROWS)
        self._counts = {"filled": 0, "steps": 0, "zeros": 0}
        self._finite = True

    def take(self, folded: NDArray[np.floating], squares: NDArray[np.float64]) -> None:
        """Take in consecutive steps: (steps, w), and ‖g‖² of all tensors, (steps,) float64.

        After a step that is not finite nothing has a value, and further ones are not looked at.
        """
        self._counts["steps"] += len(squares)
        self._finite &= bool(np.isfinite(squares).all() and np.isfinite(folded).all())
        if not self._finite:
            return
        norms = np.sqrt(squares)
        self._counts["zeros"] += int(np.count_nonzero(norms == 0))
        directions = np.zeros(folded.shape, np.float64)
        np.divide(folded, norms[:, None], out=directions, where=norms[:, None] > 0)
        start = 0
        while start < len(squares):
            filled = self._counts["filled"]
            stop = min(start + ROWS - filled, len(squares))
            here = slice(filled, filled + stop - start)
            self._rows[here] = directions[start:stop]
            self._norms[here] = norms[start:stop]
            self._counts["filled"] = here.stop
            if here.stop == ROWS:
                self._add(self._products)
                self._counts["filled"] = 0
            start = stop

    def spectra(self) -> dict[str, Spectrum]:
        """``"energy"`` and ``"direction"`` of all steps so far."""
        steps = {"energy": self._counts["steps"], "direction": self._counts["steps"] - self._counts["zeros"]}
        if not self._finite:
            none = np.zeros((1, 0)), np.array([np.nan])
            return {name: Spectrum(*none, self._counts["steps"], self._parameters) for name in SPECTRA}
        products = {name: matrix.copy() for name, matrix in self._products.items()}
        self._add(products)
        with ThreadPoolExecutor(len(SPECTRA)) as both:
            found = both.map(lambda name: _spectra(products[name]), SPECTRA)
            return {
                name: Spectrum(*one, steps[name], self._parameters)
                for name, one in zip(SPECTRA, found, strict=True)
            }

    def state(self) -> dict[str, NDArray[np.generic]]:
        """All that `restore` needs."""
        filled = self._counts["filled"]
        return {
            **self._products,
            "rows": self._rows[:filled],
            "norms": self._norms[:filled],
            "counts": np.array([*self._counts.values(), self._finite]),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on from where another one was."""
        *counts, finite = state["counts"].tolist()
        self._counts = dict(zip(self._counts, counts, strict=True))
        self._finite = bool(finite)
        for name, matrix in self._products.items():
            matrix[:] = state[name]
        self._rows[: len(state["rows"])] = state["rows"]
        self._norms[: len(state["norms"])] = state["norms"]

    def _add(self, products: dict[str, NDArray[np.float64]]) -> None:
        """Add the products of the rows that are filled."""
        rows, norms = (all_of[: self._counts["filled"]] for all_of in (self._rows, self._norms))
        # A power of two that brings the largest norm near 1, so that no product overflows.
        scale = np.ldexp(1.0, int(np.frexp(norms.max(initial=0.0))[1]))
        weights = (norms / scale).astype(np.float32)[:, None]
        with np.errstate(over="ignore"):
            for nth, half in enumerate(_halved(rows) if len(products["energy"]) == HALVES else [rows]):
                products["direction"][nth] += half.T @ half
                weighted = half * weights
                products["energy"][nth] += (weighted.T @ weighted) * scale**2


def _halved(rows: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """Two foldings into half as many numbers, (steps, w/2), with uncorrelated errors: see `_combined`."""
    one, other = np.split(rows, 2, axis=1)
    return [one + other, one - other]


def _combined(products: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The same of Σ ppᵀ, (w, w), instead of p: two matrices (w/2, w/2).

    With p = (a, b), a + b and a − b are foldings with other signs. In (a + b)·(a + b)′ and (a − b)·(a − b)′
    the mixed terms a·b′ + b·a′ have opposite signs, and are uncorrelated with p·p′: so the errors of the two
    are uncorrelated, and their mean is that of p.
    """
    half = len(products) // 2
    same = products[:half, :half] + products[half:, half:]
    mixed = products[:half, half:] + products[half:, :half]
    return [same + mixed, same - mixed]


def _spectra(products: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energies and totals of the exact fold, or of the halves and their halves: see `Spectrum`."""
    matrices = list(products)
    if len(products) == HALVES:
        matrices += [quarter for half in products for quarter in _combined(half)]
    energies = [np.linalg.eigvalsh(matrix)[::-1][:DIRECTIONS] for matrix in matrices]
    least = min(map(len, energies))
    totals = np.array([np.trace(matrix) for matrix in matrices])
    return np.stack([own[:least] for own in energies]).clip(0), totals
