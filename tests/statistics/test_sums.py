"""The sums that everything rests on."""

from typing import Any

import numpy as np
import pytest

from gradevo.statistics.sums import PIECE, TILE, Workspace, change_squares, step_sums, vector_sums

Array = np.ndarray[Any, Any]


def test_steps_by_hand() -> None:
    epoch_sum = np.array([10.0, 20.0, 30.0])
    gradients = np.array([[1, -2, 0], [-1, -2, 5]], np.float32)
    sums = step_sums(gradients, np.array([-3, 4, 7], np.float32), epoch_sum, Workspace())
    assert sums.absolute.tolist() == [3, 8]
    assert sums.squares.tolist() == [5, 30]
    assert sums.dots.tolist() == [-11, 3]
    assert sums.flips.tolist() == [2, 1]
    assert epoch_sum.tolist() == [10, 16, 35]


def test_the_first_step_has_no_predecessor() -> None:
    sums = step_sums(np.array([[1], [-1]], np.float32), None, np.zeros(1), Workspace())
    np.testing.assert_array_equal(sums.dots, [np.nan, -1])
    np.testing.assert_array_equal(sums.flips, [np.nan, 1])


def test_the_smallest_numbers_count_and_flip() -> None:
    """Their product is zero in float32, not in float64."""
    tiny = np.finfo(np.float32).smallest_subnormal
    sums = step_sums(np.array([[tiny], [-tiny]]), None, np.zeros(1), Workspace())
    assert sums.flips[1] == 1
    assert sums.dots[1] == -(float(tiny) ** 2) != 0


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zeros_never_flip(zero: float) -> None:
    gradients = np.array([[1.0], [zero], [-1.0], [-zero]], np.float32)
    assert step_sums(gradients, None, np.zeros(1), Workspace()).flips[1:].tolist() == [0, 0, 0]


def test_nan_never_flips_and_infinities_do() -> None:
    gradients = np.array([[1, -1], [np.nan, np.inf], [-1, -np.inf]], np.float32)
    assert step_sums(gradients, None, np.zeros(2), Workspace()).flips[1:].tolist() == [1, 1]


@pytest.mark.parametrize("size", [1, 9, PIECE, PIECE + 1, TILE - 1, TILE + 1, 2 * TILE + 3])
def test_every_element_is_counted_once(size: int) -> None:
    gradients = np.array([[1], [-2], [3]], np.float32) * np.ones((3, size), np.float32)
    epoch_sum = np.zeros(size)
    sums = step_sums(gradients, None, epoch_sum, Workspace())
    assert sums.absolute.tolist() == [size, 2 * size, 3 * size]
    assert sums.squares.tolist() == [size, 4 * size, 9 * size]
    assert sums.dots[1:].tolist() == [-2 * size, -6 * size]
    assert sums.flips[1:].tolist() == [size, size]
    assert (epoch_sum == 2).all()


def test_one_step_at_a_time_gives_the_same_bits() -> None:
    workspace = Workspace()
    random = np.random.default_rng(0)
    for size in (1, 3, 1000, PIECE + 5, TILE + 7):
        gradients = random.standard_normal((20, size)).astype(np.float32)
        together, singly = np.zeros(size), np.zeros(size)
        sums = step_sums(gradients, None, together, workspace)
        for step in range(20):
            previous = gradients[step - 1] if step else None
            one = step_sums(gradients[step : step + 1], previous, singly, workspace)
            for name in ("absolute", "squares", "dots", "flips"):
                np.testing.assert_array_equal(getattr(one, name)[0], getattr(sums, name)[step])
        np.testing.assert_array_equal(together, singly)


def test_vectors_by_hand() -> None:
    sums = vector_sums(np.array([3.0, -4.0]))
    assert (sums.absolute, sums.squares, sums.largest) == (7, 25, 4)
    long = np.ones(PIECE + 2)
    long[-1] = -5
    sums = vector_sums(long)
    assert (sums.absolute, sums.squares, sums.largest) == (PIECE + 6, PIECE + 26, 5)


def test_nan_and_infinity_reach_the_sums_of_a_vector() -> None:
    sums = vector_sums(np.append(np.ones(PIECE), [np.nan, np.inf]))
    assert np.isnan([sums.absolute, sums.squares, sums.largest]).all()
    assert vector_sums(np.array([-np.inf])).largest == np.inf


def test_changes_by_hand() -> None:
    before = np.ones(PIECE + 1, np.float32)
    after = before.copy()
    after[[0, -1]] = 3
    assert change_squares(before, after) == (8, PIECE + 1)
