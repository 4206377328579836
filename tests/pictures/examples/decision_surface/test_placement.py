import numpy as np
import pytest
from numpy.testing import assert_allclose

from gradevo.pictures.examples.decision_surface.placement import ENOUGH, LABEL, label_places, unit_places


def test_layers_stand_around_the_middle():
    first, second = unit_places([2, 1], (4.0, 2.75))
    (x, upper), (same, lower) = first
    assert x == same
    assert second[0][0] > x
    assert upper > second[0][1] > lower
    assert_allclose((upper + lower) / 2, second[0][1])


def test_many_units_keep_within_the_height():
    ((_, top), *_, (_, bottom)), _ = unit_places([8, 1], (4.0, 2.75))
    assert 0 < bottom < top < 2.75


def column(x, count):
    return [(x, 1.2 * ((count - 1) / 2 - unit)) for unit in range(count)]


def test_numbers_of_crossing_edges_stand_before_the_crossing():
    places = label_places(column(0, 2), column(2.4, 2))
    assert places[0, 0] == places[1, 1] == 0.5
    assert places[0, 1] == places[1, 0] != 0.5


@pytest.mark.parametrize(("sources", "targets"), [(2, 1), (2, 2), (2, 3), (3, 3), (1, 4)])
def test_numbers_do_not_lie_on_each_other(sources, targets):
    left, right = np.array(column(0, sources)), np.array(column(2.4, targets))
    ways = label_places(left.tolist(), right.tolist())
    assert ways is not None
    points = [
        (1 - ways[i, j]) * left[i] + ways[i, j] * right[j] for i in range(sources) for j in range(targets)
    ]
    for place, one in enumerate(points):
        for other in points[:place]:
            assert (np.abs(one - other) >= ENOUGH * np.array(LABEL) - 1e-6).any()


def test_without_room_there_are_no_places():
    assert label_places(column(0, 8), column(1.2, 8)) is None
