"""Frequent Directions: what a few rows can tell of the principal directions of very many.

The algorithm is that of E. Liberty, "Simple and deterministic matrix sketching", KDD 2013, in the form of
M. Ghashami, E. Liberty, J. M. Phillips, D. P. Woodruff, "Frequent Directions: simple and deterministic matrix
sketching", SIAM Journal on Computing 45(5), 2016. A sketch B of ℓ rows stands for all rows A so far. With new
rows below it, B = UΣVᵀ becomes √max(Σ² − δ, 0) Vᵀ, where δ is the energy σ² number ℓ + 1: at most ℓ rows are
left. In any direction x, |x| = 1, ‖Bx‖² loses at least 0 and at most δ each time. So with Δ = Σδ

    σᵢ²(B) ≤ σᵢ²(A) ≤ σᵢ²(B) + Δ    for every i,

and as ‖B‖_F² loses at least (ℓ + 1)δ each time, Δ ≤ ‖A − A_k‖_F² / (ℓ + 1 − k) for every k ≤ ℓ, where A_k is
the matrix of rank k nearest to A.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

TILE = 512  # columns: short enough for a sum of products in float32
TILES = 16  # at a time: 32 rows of them in float32 take 1 MiB and stay in the cache


class FrequentDirections:
    """A sketch of ℓ rows of n columns, kept as directions, of the rows' type, and energies, float64.

    New rows are handed over as `rows` from `empty_rows`, to be multiplied by `scales`, (m,) float64,
    together with their `products`, rows·rowsᵀ, (m, m) float64. So several sketches can share rows and
    products, and neither overflows.
    """

    def __init__(self, length: int, columns: int, dtype: np.dtype[np.floating]) -> None:
        self.shrunk = 0.0
        """Δ; 0 as long as no more than ℓ rows were added, and always where n ≤ ℓ."""
        self._length = min(length, columns)
        self._columns = columns
        self._directions = empty_rows(self._length, columns, dtype)
        self._energies = np.zeros(0)
        """Of the directions that there are, descending."""

    def add(
        self, rows: NDArray[np.floating], scales: NDArray[np.float64], products: NDArray[np.float64]
    ) -> None:
        """Take rows in, and shrink to ℓ."""
        kept, factors = len(self._energies), self._factors(scales)
        energies, vectors = np.linalg.eigh(self._gram(rows, factors, products))
        energies, vectors = energies[::-1], vectors[:, ::-1]
        loss = 0.0
        if self._length < min(len(energies), self._columns):
            loss = max(0.0, float(energies[self._length]))
        # Whatever is smaller is rounding, and its direction might overflow.
        least = max(loss, float(energies[0]) * np.finfo(np.float64).eps ** 2)
        count = int(np.count_nonzero(energies[: self._length] > least))
        turn = vectors[:, :count].T * factors / np.sqrt(energies[:count, None])
        turn = turn.astype(self._directions.dtype)
        for new, old in zip(_tiles(rows), _tiles(self._directions), strict=True):
            turned = turn[:, kept:] @ new
            if kept:
                turned += turn[:, :kept] @ old[:, :kept]
            old[:, :count] = turned
        self._energies = energies[:count] - loss
        self.shrunk += loss

    def energies(
        self, rows: NDArray[np.floating], scales: NDArray[np.float64], products: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """σ² of the sketch with further rows below it, (r,) descending; the last may be mere rounding."""
        gram = self._gram(rows, self._factors(scales), products)
        energies = np.linalg.eigvalsh(gram)[::-1][: self._columns]
        least = len(gram) * np.finfo(np.float64).eps * energies.max(initial=0.0)
        return np.asarray(energies[energies > least], dtype=np.float64)

    def _factors(self, scales: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([np.sqrt(self._energies), scales])

    def _gram(
        self, rows: NDArray[np.floating], factors: NDArray[np.float64], products: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The products of all rows, of the sketch and new, with each other."""
        kept = len(self._energies)
        gram = np.eye(len(factors))  # the sketch's rows are orthogonal
        gram[kept:, kept:] = products
        if kept:
            gram[kept:, :kept] = row_products(rows, self._directions[:kept])
        gram[:kept, kept:] = gram[kept:, :kept].T
        gram *= factors
        gram *= factors[:, None]
        return gram


def empty_rows(length: int, columns: int, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Rows for a sketch: (length, n′), the n columns filled up with zeros to whole tiles."""
    rows: NDArray[np.floating] = np.zeros((length, -(-columns // TILE) * TILE), dtype)
    return rows


def row_products(ones: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """ones·othersᵀ, (m, k) float64; summed in the rows' type within a tile, then in float64."""
    products = np.zeros((len(ones), len(others)))
    for one, other in zip(_tiles(ones), _tiles(others), strict=True):
        products += (one @ other.mT).sum(axis=0, dtype=np.float64)
    return products


def _tiles(rows: NDArray[np.floating]) -> Iterator[NDArray[np.floating]]:
    """Views of the rows, some tiles at a time: (tiles, m, `TILE`)."""
    tiles = rows.reshape(len(rows), rows.shape[1] // TILE, TILE).swapaxes(0, 1)
    return (tiles[first : first + TILES] for first in range(0, len(tiles), TILES))
