"""Folded gradients against sums by hand, and their products against those of the gradients."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.statistics import fold
from gradevo.statistics.fold import WIDTH, folds, stride

Array = np.ndarray[Any, Any]


def folded(rows: Array, sizes: list[int]) -> Array:
    """The sum of what tensors of these sizes are folded into."""
    bounds = np.cumsum([0, *sizes])
    return np.sum(
        [one.take(rows[:, a:b]) for one, (a, b) in zip(folds(sizes), pairwise(bounds), strict=True)], axis=0
    )


def signs(size: int) -> Array:
    """One ±1 per element, read off by folding a row with a single 1 at a time into as many numbers."""
    return np.concatenate([one._signs for one in folds([size])])


@pytest.mark.parametrize("sizes", [[5000], [3, 1500, 1, 2040, 1456], [WIDTH, 1, WIDTH], [700, 400]])
def test_every_element_goes_to_its_bin_with_its_sign(sizes: list[int]) -> None:
    size = sum(sizes)
    rows = np.random.default_rng(0).standard_normal((7, size))
    signed = rows * signs(size)
    expected = np.zeros((7, min(size, WIDTH)))
    for element in range(size):
        expected[:, element % WIDTH] += signed[:, element]
    assert folded(rows, sizes) == pytest.approx(expected, abs=1e-12)


def test_signs_are_the_same_for_ever() -> None:
    """Of the bits of PCG64(0), lowest first: another sign would make folded rows of two versions differ."""
    words = np.random.PCG64(fold.SEED).random_raw(2)
    bits = [int(word) >> bit & 1 for word in words for bit in range(64)]
    assert signs(128).tolist() == [1 - 2 * bit for bit in bits]
    assert signs(20).tolist() == [-1, -1, -1, -1, -1, 1, -1, 1, 1, -1, 1, 1, 1, 1, 1, -1, 1, -1, 1, 1]
    assert abs(signs(100_000).mean()) < 0.01


def test_few_parameters_keep_their_products() -> None:
    rows = np.random.default_rng(1).standard_normal((5, WIDTH))
    kept = folded(rows, [20, WIDTH - 20])
    assert kept @ kept.T == pytest.approx(rows @ rows.T, rel=1e-9, abs=1e-9)


def test_cosines_of_many_parameters_are_close() -> None:
    """Root mean square below 1/√w = 0.031, with the stripes of a layer's channels in the gradients."""
    random = np.random.default_rng(2)
    rows = random.standard_normal((60, 40_960)) + random.standard_normal((60, 1)) * np.tile(
        random.standard_normal(64), 640
    )
    kept = folded(rows, [40_960])

    def cosines(matrix: Array) -> Array:
        unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
        return np.asarray((unit @ unit.T)[np.triu_indices(len(unit), 1)])

    errors = cosines(kept) - cosines(rows)
    assert np.sqrt(np.mean(errors**2)) < 1 / np.sqrt(WIDTH)
    assert abs(errors.mean()) < 0.005


@pytest.mark.parametrize("tile", [WIDTH, 3 * WIDTH, 2**20])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_neither_tiles_nor_the_number_of_rows_change_a_bit_of_a_row(
    monkeypatch: pytest.MonkeyPatch, tile: int, dtype: str
) -> None:
    rows = np.random.default_rng(3).standard_normal((50, 2500)).astype(dtype)
    alone = np.concatenate([folded(row[None], [100, 2400]) for row in rows])
    monkeypatch.setattr(fold, "TILE", tile)
    several = folded(rows, [100, 2400])
    assert several.dtype == dtype
    if tile >= 3 * WIDTH:
        assert several.tobytes() == alone.tobytes()
    assert several == pytest.approx(alone, rel=1e-4, abs=1e-4)


@given(steps=st.integers(0, 10_000), most=st.integers(1, 300))
def test_the_stride_is_the_least_power_of_two(steps: int, most: int) -> None:
    every = stride(steps, most)
    assert every & (every - 1) == 0
    assert len(range(0, steps, every)) <= most
    assert every == 1 or len(range(0, steps, every // 2)) > most
