import numpy as np
import pytest

from gradevo.pictures.layer_graph.routes import RADIUS, Port, Route, on_slope, routes_of, shape_of


def test_a_line_ends_at_the_rims_and_its_head_points_to_the_target():
    shape = shape_of(Route(((0, 0), (2, 0)), (None,), Port(1), Port(-1)), 0.2, 0.3, 0.0)
    assert shape.line.vertices[0].tolist() == pytest.approx([0.23, 0])
    tip, *base = shape.head.vertices[:3]
    assert tip.tolist() == pytest.approx([1.67, 0])
    assert np.mean(base, axis=0).tolist() == pytest.approx(shape.line.vertices[-1].tolist())
    assert shape.line.vertices[-1][0] < tip[0]


def test_wider_lines_have_larger_heads():
    route = Route(((0, 0), (2, 0)), (None,), Port(1), Port(-1))
    thin, thick = (np.ptp(shape_of(route, 0.2, 0.2, width).head.vertices[:, 1]) for width in (1, 5))
    assert thick > thin + 4 / 72


def test_a_slope_begins_and_ends_at_the_rims():
    route = Route(((0, 0), (1, 1)), (None,), Port(1), Port(-1))
    assert on_slope(route, 0.0) == pytest.approx((RADIUS / 2 + 0.03, 0))
    assert on_slope(route, 1.0)[1] == pytest.approx(1)
    middle = on_slope(route, 0.5)
    assert 0.3 < middle[0] < 0.7
    assert 0.3 < middle[1] < 0.7


def test_arrows_that_meet_at_a_layer_fan_out():
    # three edges enter (1, 1) from the left: from above, straight, from below
    points = [((0, 0), (1, 1)), ((0, 1), (1, 1)), ((0, 2), (1, 1))]
    routes = routes_of(points, [(None,)] * 3)
    above, straight, below = (route.enter for route in routes)
    assert above.angle < 0 == straight.angle < below.angle
    assert {route.enter.side for route in routes} == {-1}
    assert all(route.leave == Port(1) for route in routes)


def test_lines_to_another_row_leave_side_by_side_the_outer_one_above():
    points = [((1, 0), (1, 3)), ((1, 0), (1, 2))]
    outer, inner = routes_of(points, [(1.7,), (1.5,)])
    assert outer.leave.shift == -inner.leave.shift < 0
    assert outer.enter == Port(1)
