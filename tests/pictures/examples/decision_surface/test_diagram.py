"""The network drawn neuron by neuron: where its units and numbers stand, and what they show."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from numpy.testing import assert_allclose

from gradevo.pictures.examples.decision_surface.diagram import (
    ENOUGH,
    LABEL,
    PALE,
    Diagram,
    gradient_colours,
    label_positions,
    magnitude,
    unit_name,
    unit_positions,
)
from gradevo.pictures.examples.network import Network
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import VERMILION
from gradevo.runfile.reader import Run


def test_layers_stand_around_the_middle():
    first, second = unit_positions([2, 1], (4.0, 2.75))
    (x, upper), (same, lower) = first
    assert x == same
    assert second[0][0] > x
    assert upper > second[0][1] > lower
    assert_allclose((upper + lower) / 2, second[0][1])


def test_many_units_keep_within_the_height():
    ((_, top), *_, (_, bottom)), _ = unit_positions([8, 1], (4.0, 2.75))
    assert 0 < bottom < top < 2.75


def column(x, count):
    return [(x, 1.2 * ((count - 1) / 2 - unit)) for unit in range(count)]


def test_numbers_of_crossing_edges_stand_before_the_crossing():
    places = label_positions(column(0, 2), column(2.4, 2))
    assert places[0, 0] == places[1, 1] == 0.5
    assert places[0, 1] == places[1, 0] != 0.5


@pytest.mark.parametrize(("sources", "targets"), [(2, 1), (2, 2), (2, 3), (3, 3), (1, 4)])
def test_numbers_do_not_lie_on_each_other(sources, targets):
    left, right = np.array(column(0, sources)), np.array(column(2.4, targets))
    shares = label_positions(left.tolist(), right.tolist())
    assert shares is not None
    points = [
        (1 - shares[i, j]) * left[i] + shares[i, j] * right[j] for i in range(sources) for j in range(targets)
    ]
    for place, one in enumerate(points):
        for other in points[:place]:
            assert (np.abs(one - other) >= ENOUGH * np.array(LABEL) - 1e-6).any()


def test_without_space_there_are_no_positions():
    assert label_positions(column(0, 8), column(1.2, 8)) is None


LIMITS = (0.01, 1.0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.0123456, "0.0123"),
        (0.05, "0.0500"),
        (0.00123, "0.00123"),
        (0.000123, "1.2e-4"),
        (1.5, "1.50"),
        (12.345, "12.3"),
        (1234.5, "1.23e+03"),
        (np.nan, "nan"),
        (np.inf, "inf"),
    ],
)
def test_magnitudes_in_few_characters(value, words):
    assert magnitude(value) == words
    assert len(words) <= 8


def test_names_of_units():
    assert [unit_name("h", 0, 2), unit_name("h", 11, 12), unit_name("p", 0, 1)] == ["h₁", "h₁₂", "p"]


@pytest.fixture
def drawn(small_run):
    def draw(sizes, **options):
        with Run(small_run(sizes, **options).path) as run:
            network = Network.of(run)
            axes = new_figure(5, 3).add_axes((0, 0, 1, 1))
            fills = [["white"] * 8] * len(sizes)
            return Diagram(axes, network, LIMITS, (5, 3), ["x", *"hgfe"][: len(sizes)], fills), axes

    return draw


def test_edges_show_their_gradient(drawn):
    diagram, _ = drawn((2, 2, 1))
    magnitudes = {
        "hidden/kernel": np.array([[0.01, 0.1], [1.0, 5.0]]),
        "hidden/bias": np.array([0.1, 0.0]),
        "output/kernel": np.array([[0.0], [np.nan]]),
        "output/bias": np.array([1e-5]),
    }
    diagram.update(magnitudes, [np.array([False, True]), np.array([False])])
    colours = gradient_colours()
    lines = {key: line for key, (line, _) in diagram._edges.items()}
    labels = {key: label.get_text() for key, (_, label) in diagram._edges.items()}
    assert lines[0, 0, 0].get_color() == to_hex(colours(0.0))
    assert lines[0, 1, 0].get_color() == lines[0, 1, 1].get_color() == to_hex(colours(1.0))  # beyond the end
    assert lines[0, 0, 0].get_linewidth() < lines[0, 0, 1].get_linewidth() < lines[0, 1, 0].get_linewidth()
    for gone in ((1, 0, 0), (1, 1, 0)):
        assert lines[gone].get_color() == PALE
        assert lines[gone].get_linestyle() == "--"
    assert labels == {
        (0, 0, 0): "0.0100", (0, 0, 1): "0.100", (0, 1, 0): "1.00", (0, 1, 1): "5.00",
        (1, 0, 0): "0", (1, 1, 0): "nan",
    }  # fmt: skip
    alive, dead = diagram._nodes[1, 0], diagram._nodes[1, 1]
    assert not alive.cross.get_visible()
    assert dead.cross.get_visible()
    assert dead.word.get_visible()
    assert alive.bias.get_text() == "bias 0.100"
    assert dead.ring.get_edgecolor()[:3] == to_rgb(VERMILION)
    assert to_hex(alive.ring.get_edgecolor()) == to_hex(colours(0.5))


def test_artists_are_created_once_and_all_named(drawn):
    diagram, axes = drawn((2, 3, 2, 1), epochs=1)
    magnitudes = {t: np.ones(s) for t, s in SHAPES.items()}
    before = len(axes.get_children())
    diagram.update(magnitudes, [np.ones(3, bool), np.zeros(2, bool), np.zeros(1, bool)])
    assert len(axes.get_children()) == before
    changing = {id(part) for edge in diagram._edges.values() for part in edge if part is not None}
    for node in diagram._nodes.values():
        changing |= {id(part) for part in (node.ring, node.cross, node.word, node.bias)}
    assert changing == {id(artist) for artist in diagram.moving}


SHAPES = {
    "hidden/kernel": (2, 3), "hidden/bias": (3,), "hidden_2/kernel": (3, 2), "hidden_2/bias": (2,),
    "output/kernel": (2, 1), "output/bias": (1,),
}  # fmt: skip


def test_edges_without_room_have_no_numbers(drawn):
    diagram, _ = drawn((2, 8, 8, 1), epochs=1)
    assert all(label is None for (depth, *_), (_, label) in diagram._edges.items() if depth < 2)
    assert len(diagram._edges) == 16 + 64 + 8


def test_layers_without_bias(drawn):
    diagram, _ = drawn((2, 2, 1), use_bias=False)
    diagram.update(
        {"hidden/kernel": np.ones((2, 2)), "output/kernel": np.ones((2, 1))}, [np.zeros(2, bool)] * 2
    )
    assert diagram._nodes[1, 0].bias.get_text() == ""
