"""Every illness on arrays that one can judge by eye."""

import numpy as np
import pytest

from gradevo.health.check import runs
from gradevo.health.dead import settled
from gradevo.health.oscillating import chance_bound, turning_back
from gradevo.health.vanishing import behind, share_of_behind, share_of_earliest
from gradevo.layers import Edge, LayerGraph

NAN, INF = np.nan, np.inf


def graph(*edges: str) -> LayerGraph:
    return LayerGraph((), tuple(Edge(edge[0], edge[1]) for edge in edges))


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((), {"a": "bcd", "b": "cd", "c": "d", "d": ""}),  # unknown: the order of computation
        (("ab", "bx", "xc", "cd"), {"a": "bcd", "b": "cd", "c": "d", "d": ""}),  # x has no weights
        (("ab", "ac", "bd"), {"a": "bcd", "b": "d", "c": "", "d": ""}),  # two outputs, c and d
        (("ad", "bc", "cd"), {"a": "d", "b": "cd", "c": "d", "d": ""}),  # two inputs
        (("ab", "bb", "bc", "cb", "cd"), {"a": "bcd", "b": "cd", "c": "bd", "d": ""}),  # b is used twice
    ],
)
def test_what_is_behind_a_layer(edges: tuple[str, ...], expected: dict[str, str]) -> None:
    reached = behind(graph(*edges), "abcd")
    found = {layer: "".join(np.array(list("abcd"))[row]) for layer, row in zip("abcd", reached, strict=True)}
    assert found == expected


def test_the_share_of_the_largest_layer_behind() -> None:
    norms = np.array([[1, 4, 2], [0, 0, 0], [1, INF, 2], [NAN, 1, NAN], [1, 2, 0]])
    found = share_of_behind(norms, np.triu(np.ones((3, 3), bool), 1))
    # A layer that explodes makes no other vanish; nothing is behind the last.
    expected = [[0.25, 2, NAN], [NAN, NAN, NAN], [0.5, INF, NAN], [NAN, NAN, NAN], [0.5, NAN, NAN]]
    np.testing.assert_array_equal(found, expected)
    assert share_of_behind(np.empty((3, 0)), np.empty((0, 0), bool)).shape == (3, 0)


def test_the_share_of_the_earliest_time_step() -> None:
    norms = np.array([[1, 4, 2.0], [0, 0, 0], [3, 1, 1], [NAN, 1, 1]])
    np.testing.assert_array_equal(share_of_earliest(norms), [0.25, NAN, 1, NAN])
    # Padding in front is masked, and has no gradient at all.
    np.testing.assert_array_equal(share_of_earliest(np.array([[0, 0, 1, 4], [0, 1e-9, 0, 1]])), [0.25, 1e-9])


@pytest.mark.parametrize(
    ("highest", "losses", "expected"),
    [
        # At the minimum, with a loss that is not 0.
        ([[5, 1], [0, 0], [0, 0]], [[9.0], [2], [2]], [False, True, True]),
        # All layers died at once: the loss is worse than what it was.
        ([[5, 1], [0, 0], [0, 0]], [[0.7, 16], [16, 16], [16, 16]], [False, False, False]),
        # One layer still learns.
        ([[5, 1], [0, 1], [0, 1]], [[9.0], [2], [2]], [False, False, False]),
        # There never was a gradient.
        ([[0, 0], [0, 0], [0, 0]], [[9.0], [9], [9]], [False, False, False]),
        ([[5, 1], [0, 0], [0, 0]], [[NAN], [NAN], [NAN]], [False, False, False]),
    ],
)
def test_training_that_ended_by_itself(
    highest: list[list[float]], losses: list[list[float]], expected: list[bool]
) -> None:
    assert settled(np.array(highest, float), np.array(losses), 0).tolist() == expected


def test_no_epoch_has_not_ended() -> None:
    assert settled(np.empty((0, 2)), np.empty((0, 3)), 0).tolist() == []


def test_gradients_that_turn_back_again_and_again() -> None:
    ones = np.ones(7)
    cosines = np.array([NAN, -1, 0.5, -0.5, -0.6, -1, 0])
    # One step an epoch: a single turn passes a minimum, three in a row oscillate.
    assert turning_back(cosines, ones, -0.5, 1).tolist() == [False, False, False, True, True, True, False]
    assert turning_back(cosines, ones, -0.6, 1).tolist() == [False] * 7
    # Many steps an epoch: each is a mean of many turns.
    assert turning_back(cosines, ones, -0.5, 20).tolist() == [False, True, False, True, True, True, False]
    # What is left of a converged gradient is rounding.
    shrinking = np.array([1e3, 1e3, 1, 1, 1e-3, 1e-3, 1e-3])
    assert turning_back(cosines, shrinking, -0.5, 20).tolist() == [
        False,
        True,
        False,
        True,
        False,
        False,
        False,
    ]
    assert turning_back(np.array([]), np.array([]), -0.5, 20).tolist() == []


def test_few_steps_may_oppose_each_other_by_chance() -> None:
    assert chance_bound(-0.5, 1) == -0.5
    assert all(chance_bound(-0.5, steps) < -1 for steps in range(2, 7))
    assert chance_bound(-0.5, 7) == pytest.approx(-1 / 6 - 2 / 7**0.5)
    assert chance_bound(-0.5, 26) == -0.5
    assert chance_bound(-0.9, 9) == -0.9


@pytest.mark.parametrize("steps", [8, 12, 20])
def test_converged_batches_that_differ_in_one_direction_are_seldom_taken_for_ill(steps: int) -> None:
    """Gradients ±1 that cancel, in orders drawn at random: what `chance_bound` allows for."""
    random = np.random.default_rng(0)
    signs = np.repeat([1, -1], steps // 2)
    found = []
    for _ in range(2000):
        order = random.permutation(signs)
        found.append((order * np.roll(order, 1)).mean() <= chance_bound(-0.5, steps))
    assert np.mean(found) < 0.03


def test_runs() -> None:
    assert runs(np.array([True, False, True, True])) == [(0, 1), (2, 4)]
    assert runs(np.array([False])) == []
    assert runs(np.array([], bool)) == []
