"""Epochs of any lengths among the steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.timeline import Timeline

LENGTHS = st.lists(st.integers(1, 9), max_size=8)


def timeline(lengths: list[int], rest: int = 0) -> Timeline:
    stops = np.cumsum(np.array(lengths, np.int64))
    return Timeline(stops, sum(lengths) + rest)


def test_by_hand() -> None:
    found = timeline([4, 2, 3], rest=1)
    assert (found.epochs, found.steps, found.complete_steps, found.per_epoch) == (3, 10, 9, 4)
    assert found.lengths.tolist() == [4, 2, 3]
    assert not found.regular
    assert [found.of(epoch) for epoch in (1, 2, 3, 4)] == [
        slice(0, 4),
        slice(4, 6),
        slice(6, 9),
        slice(9, 10),
    ]
    assert [found.epoch_of(step) for step in (0, 3, 4, 5, 8, 9)] == [1, 1, 2, 2, 3, 4]
    assert found.epochs_by(np.array([0, 2, 4, 5, 9, 12])).tolist() == [0, 0.5, 1, 1.5, 3, 4]
    assert [part.tolist() for part in found.split(np.arange(10))] == [[0, 1, 2, 3], [4, 5], [6, 7, 8]]


def test_without_a_complete_epoch() -> None:
    found = timeline([], rest=5)
    assert (found.epochs, found.complete_steps, found.per_epoch, found.regular) == (0, 0, 5, True)
    assert found.of(1) == slice(0, 5)
    assert found.split(np.arange(5)) == []
    assert timeline([]).per_epoch == 1


@given(lengths=LENGTHS, rest=st.integers(0, 3))
def test_every_step_is_in_its_epoch(lengths: list[int], rest: int) -> None:
    found = timeline(lengths, rest)
    for step in range(found.steps):
        of = found.of(found.epoch_of(step))
        assert of.start <= step < of.stop


@given(lengths=LENGTHS, at=st.floats(0, 40))
def test_steps_and_epochs_are_inverse(lengths: list[int], at: float) -> None:
    found = timeline(lengths, rest=1)
    assert found.steps_by(found.epochs_by(at)) == pytest.approx(at, abs=1e-9)
    assert found.epochs_by(found.complete_steps) == pytest.approx(found.epochs)


@pytest.mark.parametrize("length", [1, 3, 7])
def test_equal_epochs_are_a_matter_of_dividing(length: int) -> None:
    found = timeline([length] * 4, rest=1)
    steps = np.arange(5 * length) + 0.5
    np.testing.assert_array_equal(found.epochs_by(steps), steps / length)
