"""Mantissas rounded to a few bits, against values by hand and a naive reference."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.runfile.rounding import round_mantissa

Array = np.ndarray[Any, Any]
FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


def float32(*values: float) -> Array:
    return np.array(values, np.float32)


def test_two_bits_by_hand() -> None:
    """With two bits there are 1, 1.25, 1.5, 1.75, 2, 2.5 …; ties go to the even neighbour."""
    values = float32(1, 1.1, 1.125, 1.13, 1.375, 1.24, -1.9, 0, -0.0, 3.2, 0.3)
    rounded = round_mantissa(values, 2)
    assert rounded.tolist() == [1, 1, 1, 1.25, 1.5, 1.25, -2, 0, 0, 3, 0.3125]
    assert np.signbit(rounded[8])
    assert rounded.dtype == np.float32


@given(value=FLOAT32, keep_bits=st.integers(1, 22))
def test_a_normal_value_goes_to_the_nearest_of_those_that_are_left(value: float, keep_bits: int) -> None:
    rounded = float(round_mantissa(float32(value), keep_bits)[0])
    smallest_normal = float(np.finfo(np.float32).tiny)
    if abs(value) < smallest_normal:
        assert abs(rounded - value) <= smallest_normal * 2.0 ** -(keep_bits + 1)
        return
    fraction, exponent = math.frexp(value)  # 0.5 <= |fraction| < 1, exact
    scale = 2.0 ** (keep_bits + 1)
    expected = math.ldexp(round(fraction * scale) / scale, exponent)  # Python rounds ties to even, too
    if abs(expected) > float(np.finfo(np.float32).max):
        expected = math.ldexp(math.trunc(fraction * scale) / scale, exponent)
    assert rounded == expected


@given(value=FLOAT32, keep_bits=st.integers(1, 22))
def test_rounding_again_changes_nothing(value: float, keep_bits: int) -> None:
    once = round_mantissa(float32(value), keep_bits)
    np.testing.assert_array_equal(round_mantissa(once, keep_bits), once)


def test_what_is_not_finite_stays_and_nothing_becomes_infinite() -> None:
    largest = np.finfo(np.float32).max
    all_ones = np.array([0xFFFFFFFF], np.uint32).view(np.float32)[0]  # a NaN that addition would wrap to 0
    rounded = round_mantissa(float32(np.nan, np.inf, -np.inf, largest, -largest, all_ones, 1.1), 2)
    expected = [np.nan, np.inf, -np.inf, 1.75 * 2.0**127, -1.75 * 2.0**127, np.nan, 1]
    np.testing.assert_array_equal(rounded, float32(*expected))


def test_float64_and_any_shape() -> None:
    values = np.array([[1.1, 1.13], [math.pi, -1e300]])
    rounded = round_mantissa(values, 2)
    np.testing.assert_array_equal(rounded[0], [1, 1.25])
    assert rounded[1, 0] == 3
    assert rounded[1, 1] == pytest.approx(-1e300, rel=0.125)
    assert (rounded.dtype, rounded.shape) == (np.float64, (2, 2))


def test_the_argument_is_left_alone() -> None:
    values = float32(1.1)
    round_mantissa(values, 2)
    assert values == float32(1.1)
