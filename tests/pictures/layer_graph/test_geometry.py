"""Geometry: nothing leaves the page, nothing stands on anything else."""

import itertools

import pytest

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.pictures.layer_graph.edge_labels import Box
from gradevo.pictures.layer_graph.geometry import GAP, LETTERS, Sheet
from gradevo.pictures.layer_graph.layout import lanes_of
from gradevo.pictures.layer_graph.routes import RADIUS, shape_of

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
    geometry, sheet = placed(GRAPHS[name])
    for x, y in geometry.centres:
        assert sheet.label / 2 <= x <= WIDTH - sheet.label / 2
        assert RADIUS <= y <= geometry.height - RADIUS - GAP - 3 * LETTERS
    for route, label in zip(geometry.routes, geometry.edge_labels, strict=True):
        vertices = shape_of(route, RADIUS, RADIUS, 5.0).line.vertices
        assert vertices.min() > 0
        assert vertices[:, 0].max() < WIDTH
        assert vertices[:, 1].max() < geometry.height
        assert 0 <= label.box.left <= label.box.right <= WIDTH


@pytest.mark.parametrize("name", GRAPHS)
def test_layers_and_their_labels_stand_apart(name):
    geometry, sheet = placed(GRAPHS[name])
    boxes = [
        Box(x - sheet.label / 2, y - RADIUS, x + sheet.label / 2, y + RADIUS + GAP + 3 * LETTERS)
        for x, y in geometry.centres
    ]
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])]


@pytest.mark.parametrize("name", ["short", "long", "skips", "back"])
def test_values_stand_clear_of_layers_labels_and_each_other(name):
    geometry, sheet = placed(GRAPHS[name])
    boxes = [label.box for label in geometry.edge_labels]
    for x, y in geometry.centres:
        boxes.append(Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS))
        top = y + RADIUS + GAP
        boxes.append(Box(x - sheet.label / 2, top, x + sheet.label / 2, top + 3 * LETTERS))
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].meets(pair[1])]


@pytest.mark.parametrize("name", ["skips", "nested"])
def test_lines_that_turn_at_the_side_stay_apart(name):
    geometry, _ = placed(GRAPHS[name])
    turns = [
        (turn, *sorted((one[1], other[1])))
        for route in geometry.routes
        for (one, other), turn in zip(itertools.pairwise(route.points), route.turns, strict=True)
        if turn is not None
    ]
    assert turns
    for (x, top, bottom), (other, above, below) in itertools.combinations(turns, 2):
        assert abs(x - other) > 0.04 or bottom < above or below < top
