"""How few directions the gradients of a run keep to: sketches that take them in step by step.

The principal directions of the gradients are the eigenvectors of Σ ggᵀ, the sum over the steps. That most of
a gradient lies in few directions, the Hessian's first, was found by G. Gur-Ari, D. A. Roberts and E. Dyer,
"Gradient descent happens in a tiny subspace", arXiv:1812.04754, 2018; here they are the gradients' own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.sketch import FrequentDirections, empty_rows, row_products
from gradevo.statistics.spectrum import SPECTRA, Spectrum

ROWS = 32
"""ℓ, the rows of a sketch."""
LEAST_ROWS = 8
"""ℓ, however large the model."""
BYTES = 15 * 2**26
"""Both sketches and the new rows, 3ℓ in all, keep to this where more than the least rows do: 1.0 GB."""


class Subspace:
    """Sketches of the gradients as they are, and of each divided by its norm.

    Every ℓ steps both take the new rows in, which are kept once. Steps are counted from the run's first, so
    the results do not depend on how many are handed over at once.
    """

    def __init__(self, sizes: Sequence[int], dtype: str) -> None:
        """sizes: numbers of elements of the tensors, in order; dtype: of the gradients."""
        stops = np.cumsum(sizes).tolist()
        self._columns = [slice(stop - size, stop) for stop, size in zip(stops, sizes, strict=True)]
        self._parameters: int = stops[-1]
        kind = np.dtype(dtype)
        length = sketch_rows(self._parameters, kind.itemsize)
        self._rows = empty_rows(length, self._parameters, kind)
        """New gradients, each times a power of two that brings its norm near 1 without rounding."""
        self._scales = {name: np.zeros(length) for name in SPECTRA}
        """By what a new row has to be multiplied to be a row of the matrix that is sketched."""
        self._sketches = {name: FrequentDirections(length, self._parameters, kind) for name in SPECTRA}
        self._filled = 0
        self._steps = 0
        self._zeros = 0
        self._energy = 0.0

    def take(self, gradients: Sequence[NDArray[np.floating]], squares: NDArray[np.float64]) -> None:
        """Take in consecutive steps: (steps, n) per tensor, and ‖g‖² of all tensors, (steps,) float64.

        After a step that is not finite nothing has a value, and further ones are not looked at.
        """
        for square in squares.tolist():  # one after the other, however many there are
            self._energy += square
        self._steps += len(squares)
        if not np.isfinite(self._energy):
            return
        start = 0
        while start < len(squares):
            if self._filled == len(self._rows):
                self._merge()
            stop = min(start + len(self._rows) - self._filled, len(squares))
            self._append([tensor[start:stop] for tensor in gradients], np.sqrt(squares[start:stop]))
            start = stop

    def spectra(self) -> dict[str, Spectrum]:
        """``"energy"`` and ``"direction"`` of all steps so far."""
        steps = {"energy": self._steps, "direction": self._steps - self._zeros}
        totals = {"energy": self._energy, "direction": float(steps["direction"])}
        if not np.isfinite(self._energy):
            return {
                name: Spectrum(np.zeros(0), np.nan, np.nan, self._steps, self._parameters) for name in SPECTRA
            }
        rows = self._rows[: self._filled]
        products = row_products(rows, rows)
        found = {}
        for name, sketch in self._sketches.items():
            energies = sketch.energies(rows, self._scales[name][: self._filled], products)
            found[name] = Spectrum(energies, totals[name], sketch.shrunk, steps[name], self._parameters)
        return found

    def _append(self, gradients: Sequence[NDArray[np.floating]], norms: NDArray[np.float64]) -> None:
        here = slice(self._filled, self._filled + len(norms))
        exponents = np.maximum(np.frexp(norms)[1], np.finfo(self._rows.dtype).minexp)
        factors = np.ldexp(np.ones(1, self._rows.dtype), -exponents)[:, None]
        for columns, tensor in zip(self._columns, gradients, strict=True):
            np.multiply(tensor, factors, out=self._rows[here, columns])
        scales = np.ldexp(1.0, exponents)
        self._scales["energy"][here] = scales
        np.divide(scales, norms, out=scales, where=norms > 0)
        self._scales["direction"][here] = np.where(norms > 0, scales, 0)
        self._zeros += int(np.count_nonzero(norms == 0))
        self._filled = here.stop

    def _merge(self) -> None:
        products = row_products(self._rows, self._rows)
        for name, sketch in self._sketches.items():
            sketch.add(self._rows, self._scales[name], products)
        self._filled = 0


def sketch_rows(parameters: int, itemsize: int) -> int:
    """ℓ: `ROWS`, or fewer for models so large that these would not keep to `BYTES`."""
    return max(LEAST_ROWS, min(ROWS, BYTES // (3 * parameters * itemsize)))
