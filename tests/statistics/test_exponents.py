"""Histograms of exponents against logarithms."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradevo.statistics.exponents import BIAS, TILE, exponent_counts

Array = np.ndarray[Any, Any]
NORMAL = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False)


def test_by_hand() -> None:
    values = [1.0, 1.99, 2.0, -0.5, 0.0, -0.0, 1e-45, np.inf, -np.inf, 3e38]
    counts = exponent_counts(np.array(values, np.float32))
    assert {(int(sign), int(bin)): int(counts[sign, bin]) for sign, bin in np.argwhere(counts)} == {
        (0, 127): 2,
        (0, 128): 1,
        (1, 126): 1,
        (0, 0): 2,
        (1, 0): 1,
        (0, 255): 1,
        (1, 255): 1,
        (0, 254): 1,
    }


@given(arrays(np.float32, st.integers(0, 60), elements=NORMAL))
def test_bins_are_those_of_the_logarithm(values: Array) -> None:
    counts = exponent_counts(values)
    expected = np.zeros_like(counts)
    for value in values.tolist():
        exponent = int(np.floor(np.log2(abs(value)))) if value else -BIAS
        expected[int(np.signbit(value)), exponent + BIAS] += 1
    assert counts.tolist() == expected.tolist()


@pytest.mark.parametrize("size", [TILE - 1, TILE, 2 * TILE + 3])
def test_tiles_cover_every_element_once(size: int) -> None:
    values = np.random.default_rng(0).standard_normal((1, size)).astype(np.float32)
    counts = exponent_counts(values)
    assert counts.sum() == size
    assert counts[1].sum() == np.count_nonzero(values < 0)
    assert counts[:, BIAS + 1 :].sum() == np.count_nonzero(np.abs(values) >= 2)


def test_float64_is_rounded_to_float32() -> None:
    counts = exponent_counts(np.array([1e-300, 1e300, 1 - 2.0**-40]))
    assert (counts[0, 0], counts[0, 255], counts[0, 127]) == (1, 1, 1)
