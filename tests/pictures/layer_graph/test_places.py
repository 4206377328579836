"""Geometry: nothing leaves the page, nothing stands on anything else."""

import itertools

import numpy as np
import pytest

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.pictures.layer_graph.layout import lanes_of
from gradevo.pictures.layer_graph.lines import on_slope, shape_of
from gradevo.pictures.layer_graph.places import GAP, LETTERS, Sheet
from gradevo.pictures.layer_graph.ports import Port, ports_of
from gradevo.pictures.layer_graph.spots import Box, spots_of
from gradevo.pictures.layer_graph.ways import RADIUS, Way

WIDTH = 7.0


def graph_of(size, edges):
    layers = tuple(Layer(str(number), "Dense") for number in range(size))
    return LayerGraph(layers, tuple(Edge(str(one), str(other)) for one, other in edges))


def chain(size):
    return list(itertools.pairwise(range(size)))


GRAPHS = {
    "one layer": graph_of(1, []),
    "short": graph_of(3, chain(3)),
    "long": graph_of(25, chain(25)),
    "skips": graph_of(12, [*chain(12), (1, 4), (4, 7), (7, 10)]),
    "nested": graph_of(30, [*chain(30), *((n, 29 - n) for n in range(12))]),
    "wide": graph_of(9, [(0, n) for n in range(1, 8)] + [(n, 8) for n in range(1, 8)]),
    "unconnected": graph_of(9, []),
    "back": graph_of(4, [*chain(4), (3, 1), (2, 2)]),
}


def placed(graph):
    sheet = Sheet(lanes_of(graph), WIDTH)
    return sheet.place([(sheet.label, 3)] * len(graph.layers)), sheet


@pytest.mark.parametrize("name", GRAPHS)
def test_everything_is_on_the_page(name):
    places, sheet = placed(GRAPHS[name])
    for x, y in places.centres:
        assert sheet.label / 2 <= x <= WIDTH - sheet.label / 2
        assert RADIUS <= y <= places.height - RADIUS - GAP - 3 * LETTERS
    for way, spot in zip(places.ways, places.spots, strict=True):
        vertices = shape_of(way, RADIUS, RADIUS, 5.0).line.vertices
        assert vertices.min() > 0
        assert vertices[:, 0].max() < WIDTH
        assert vertices[:, 1].max() < places.height
        assert 0 <= spot.box.left <= spot.box.right <= WIDTH


@pytest.mark.parametrize("name", GRAPHS)
def test_layers_and_their_labels_stand_apart(name):
    places, sheet = placed(GRAPHS[name])
    boxes = [
        Box(x - sheet.label / 2, y - RADIUS, x + sheet.label / 2, y + RADIUS + GAP + 3 * LETTERS)
        for x, y in places.centres
    ]
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])]


@pytest.mark.parametrize("name", ["short", "long", "skips", "back"])
def test_values_stand_clear_of_layers_labels_and_each_other(name):
    places, sheet = placed(GRAPHS[name])
    boxes = [spot.box for spot in places.spots]
    for x, y in places.centres:
        boxes.append(Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS))
        top = y + RADIUS + GAP
        boxes.append(Box(x - sheet.label / 2, top, x + sheet.label / 2, top + 3 * LETTERS))
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])]


@pytest.mark.parametrize("name", ["skips", "nested"])
def test_lines_that_turn_at_the_side_stay_apart(name):
    places, _ = placed(GRAPHS[name])
    turns = [
        (turn, *sorted((one[1], other[1])))
        for way in places.ways
        for (one, other), turn in zip(itertools.pairwise(way.points), way.turns, strict=True)
        if turn is not None
    ]
    assert turns
    for (x, top, bottom), (other, above, below) in itertools.combinations(turns, 2):
        assert abs(x - other) > 0.04 or bottom < above or below < top


def test_a_line_ends_at_the_rims_and_its_head_points_to_the_target():
    shape = shape_of(Way(((0, 0), (2, 0)), (None,), Port(1), Port(-1)), 0.2, 0.3, 0.0)
    assert shape.line.vertices[0].tolist() == pytest.approx([0.23, 0])
    tip, *base = shape.head.vertices[:3]
    assert tip.tolist() == pytest.approx([1.67, 0])
    assert np.mean(base, axis=0).tolist() == pytest.approx(shape.line.vertices[-1].tolist())
    assert shape.line.vertices[-1][0] < tip[0]


def test_wider_lines_have_larger_heads():
    way = Way(((0, 0), (2, 0)), (None,), Port(1), Port(-1))
    thin, thick = (np.ptp(shape_of(way, 0.2, 0.2, width).head.vertices[:, 1]) for width in (1, 5))
    assert thick > thin + 4 / 72


def test_a_slope_begins_and_ends_at_the_rims():
    way = Way(((0, 0), (1, 1)), (None,), Port(1), Port(-1))
    assert on_slope(way, 0.0) == pytest.approx((RADIUS / 2 + 0.03, 0))
    assert on_slope(way, 1.0)[1] == pytest.approx(1)
    middle = on_slope(way, 0.5)
    assert 0.3 < middle[0] < 0.7
    assert 0.3 < middle[1] < 0.7


def test_arrows_that_meet_at_a_layer_fan_out():
    # three edges enter (1, 1) from the left: from above, straight, from below
    points = [((0, 0), (1, 1)), ((0, 1), (1, 1)), ((0, 2), (1, 1))]
    ports = ports_of(points, [(None,)] * 3)
    above, straight, below = (enter for _, enter in ports)
    assert above.angle < 0 == straight.angle < below.angle
    assert {port.side for _, port in ports} == {-1}
    assert all(leave == Port(1) for leave, _ in ports)


def test_lines_to_another_row_leave_side_by_side_the_outer_one_above():
    points = [((1, 0), (1, 3)), ((1, 0), (1, 2))]
    (outer, into_outer), (inner, _) = ports_of(points, [(1.7,), (1.5,)])
    assert outer.shift == -inner.shift < 0
    assert into_outer == Port(1)


def test_a_value_moves_below_its_line_where_another_leaves_upwards():
    level = Way(((0, 1), (1, 1)), (None,), Port(1), Port(-1))
    upwards = Way(((0, 1), (1, 0)), (None,), Port(1, -45), Port(-1))
    assert [spot.side for spot in spots_of([level], [])] == [-1]
    assert [spot.side for spot in spots_of([level, upwards], [])] == [1, 0]


def test_a_value_on_a_slope_evades_a_label():
    slope = Way(((0, 0), (2, 2)), (None,), Port(1), Port(-1))
    (free,) = spots_of([slope], [])
    (moved,) = spots_of([slope], [Box(free.x - 0.1, free.y - 0.05, free.x + 0.1, free.y + 0.05)])
    assert moved != free
    assert not moved.box.meets(Box(free.x - 0.1, free.y - 0.05, free.x + 0.1, free.y + 0.05))
