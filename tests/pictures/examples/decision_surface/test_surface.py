import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.pictures.examples.decision_surface.surface import GRID, Surface, _boundary, hinge, unit_colours
from gradevo.pictures.examples.network import Network
from gradevo.pictures.style.frame import new_figure
from gradevo.runfile.reader import Run

LOW, HIGH = np.array([-1.0, -2.0]), np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("weights", "bias", "ends"),
    [
        ((1, 0), -0.5, [(0.5, -2), (0.5, 2)]),  # x = 0.5
        ((0, 2), 2, [(-1, -1), (1, -1)]),  # y = -1
        ((1, -1), 0, [(-1, -1), (1, 1)]),  # y = x
        ((-4, -4), 8, [(0, 2), (1, 1)]),  # y = 2 - x, from the upper edge to the right one
        ((1, 0), -5, None),
        ((1, 1), 9, None),
        ((0, 0), 1, None),
        ((np.nan, 1), 0, None),
        ((1, 1), np.inf, None),
    ],
)
def test_hinges_are_clipped_to_the_box(weights, bias, ends):
    found = hinge(np.array(weights, dtype=float), float(bias), LOW, HIGH)
    if ends is None:
        assert found is None
    else:
        assert_allclose(sorted(found.tolist()), ends, atol=1e-12)


def test_the_boundary_is_where_p_is_a_half():
    x, y = np.linspace(-1, 1, 21), np.linspace(-2, 2, 31)
    p = 0.5 + 0.25 * (x[np.newaxis] - 0.3) * np.ones((31, 1))
    across, up = _boundary(x, y, p)
    assert_allclose(across[np.isfinite(across)], 0.3)
    assert (np.nanmin(up), np.nanmax(up)) == (-2, 2)
    across, _ = _boundary(x, y, np.full((31, 21), np.nan))
    assert not np.isfinite(across).any()


X = np.array([[-4, -4], [-4, 4], [4, -4], [4, 4], [1, 0]], dtype=float)
Y = np.array([0, 1, 1, 0, 0])


@pytest.fixture
def network(small_run):
    weights = {
        "hidden/kernel": [[1, 0], [0, 0]],  # h₁ = relu(x₁ - 2), h₂ = 1
        "hidden/bias": [-2, 1],
        "output/kernel": [[3], [-3]],  # p > 0.5 where x₁ > 3
        "output/bias": [0],
    }
    with Run(small_run(weights=weights).path) as run:
        yield Network.of(run)


def test_the_surface_shows_the_network(network):
    axes = new_figure(3, 3).add_subplot()
    surface = Surface(axes, X, Y, 2)
    before = len(axes.get_children())
    surface.update(network, 1)
    p = surface._image.get_array()
    assert p.shape == (GRID, GRID)
    assert_allclose(p, network.outputs(surface._grid, 1)[-1].reshape(GRID, GRID))
    assert (p[:, 0] < 0.5).all()  # columns are x₁
    assert (p[:, -1] > 0.5).all()
    assert_allclose(surface._boundary.get_xdata()[1:-1], 3, atol=0.01)
    assert_array_equal(surface._wrong.get_xydata(), [[-4, 4], [4, 4]])
    (first, arrow, name), (second, no_arrow, no_name) = surface._hinges
    assert_allclose(first.get_xdata(), 2)
    assert arrow.get_visible()
    assert name.get_position()[0] > 2  # the active side
    assert len(second.get_xdata()) == 0
    assert not no_arrow.get_visible()
    assert not no_name.get_visible()
    assert len(axes.get_children()) == before


def test_weights_that_are_not_finite_leave_the_plane_empty(small_run):
    axes = new_figure(3, 3).add_subplot()
    surface = Surface(axes, X, Y, 2)
    with Run(small_run(weights={"hidden/kernel": np.nan}).path) as run:
        surface.update(Network.of(run), 1)
    assert surface._image.get_array().mask.all()
    assert not np.isfinite(surface._boundary.get_xdata()).any()


def test_a_plain_surface_has_neither_names_nor_arrows(network):
    surface = Surface(new_figure(1, 1).add_subplot(), X, Y, 2, plain=True)
    surface.update(network, 1)
    assert not any(part.get_visible() for _, *parts in surface._hinges for part in parts)


def test_many_units_share_a_colour():
    assert len(set(unit_colours(4))) == 4
    assert len(set(unit_colours(5))) == 1
