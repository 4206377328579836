from gradevo.pictures.layer_graph.edge_labels import Box, edge_labels
from gradevo.pictures.layer_graph.routes import Port, Route


def test_a_value_moves_below_its_line_where_another_leaves_upwards():
    level = Route(((0, 1), (1, 1)), (None,), Port(1), Port(-1))
    upwards = Route(((0, 1), (1, 0)), (None,), Port(1, -45), Port(-1))
    assert [label.side for label in edge_labels([level], [])] == [-1]
    assert [label.side for label in edge_labels([level, upwards], [])] == [1, 0]


def test_a_value_on_a_slope_evades_a_label():
    slope = Route(((0, 0), (2, 2)), (None,), Port(1), Port(-1))
    (free,) = edge_labels([slope], [])
    (moved,) = edge_labels([slope], [Box(free.x - 0.1, free.y - 0.05, free.x + 0.1, free.y + 0.05)])
    assert moved != free
    assert not moved.box.meets(Box(free.x - 0.1, free.y - 0.05, free.x + 0.1, free.y + 0.05))
