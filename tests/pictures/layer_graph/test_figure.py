"""The figure of a layer graph: what it says, and that it can be read."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, PathPatch
from matplotlib.text import Text

from gradevo.health.check import Finding
from gradevo.health.record import findings
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.pictures.layer_graph.figure import draw
from gradevo.pictures.layer_graph.routes import RADIUS
from gradevo.pictures.layer_graph.style import FILL, FOUND_FILL, NO_VALUE
from gradevo.pictures.layer_graph.values import graph_values
from gradevo.pictures.style.house import GREEN, VERMILION, house_style
from gradevo.pictures.style.save import save

IRIS = ("input", "InputLayer"), ("dense", "Dense"), ("dense_1", "Dense")
NAN = math.nan


def deep(blocks):
    layers = [("input", "InputLayer")]
    for block in range(blocks):
        layers += [(f"conv2d_{block}", "Conv2D"), (f"batch_normalization_{block}", "BatchNormalization")]
        layers.append((f"global_average_pooling2d_{block}", "ReLU"))
    return layers


def edges_of(graph, epochs):
    values = np.geomspace(1e-6, 3.0, len(graph.edges)) * np.linspace(1, 2, epochs)[:, None]
    values[:, [edge.source in ("input", "image", "table") for edge in graph.edges]] = NAN
    return values


@pytest.fixture
def graphs(chain, branched):
    return {"iris": chain(*IRIS), "deep": chain(*deep(8)), "branched": branched, "alone": chain(IRIS[1])}


def shown(figure):
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in texts if text.get_figure(root=True) is figure]


@pytest.mark.parametrize("name", ["iris", "deep", "branched", "alone"])
@pytest.mark.parametrize("marked", [False, True])
@house_style()
def test_texts_are_large_enough_inside_the_page_and_apart(graphs, graph_run, check_readable, name, marked):
    graph = graphs[name]
    run = graph_run(graph, edges=edges_of(graph, 3) if graph.edges else None)
    found = [
        Finding(check, layer.id, (1, 3), 0.0, 0.0, "x")
        for layer in graph.layers
        for check in ("dead", "oscillating")
        if marked and layer.tensors
    ]
    figure = draw(run, graph_values(run, found))
    figure.draw_without_rendering()
    boxes = {text: text.get_window_extent() for text in shown(figure)}
    assert len(boxes) > 5
    check_readable(figure, boxes, tolerance=1.5)


@house_style()
def test_edges_are_green_above_and_vermilion_and_dashed_below(graph_run, chain):
    layers = [*IRIS, ("dense_2", "Dense")]
    run = graph_run(chain(*layers), epochs=1, edges=[[NAN, 0.5, 0.0078125]])
    figure = draw(run, graph_values(run, []))
    lines = figure.findobj(lambda artist: type(artist) is PathPatch and artist.get_zorder() == 2)
    colors = [to_hex(line.get_edgecolor()) for line in lines]
    assert colors == [NO_VALUE, GREEN, VERMILION]
    assert [line.get_linestyle() == "-" for line in lines] == [True, True, False]
    assert lines[1].get_linewidth() > lines[2].get_linewidth() > lines[0].get_linewidth()


@house_style()
def test_layers_are_sized_by_norm_and_marked_by_findings(graph_run, chain):
    layers = [*IRIS, ("dense_2", "Dense")]
    run = graph_run(chain(*layers), norms={"dense": [1] * 3, "dense_1": [2] * 3, "dense_2": [0] * 3})
    figure = draw(run, graph_values(run, findings(run)))
    circles = figure.findobj(lambda artist: type(artist) is Circle and artist.get_zorder() == 3)
    dense, dense_1, dead = sorted(circles, key=lambda circle: circle.center[0])
    assert dead.radius < dense.radius < dense_1.radius
    assert to_hex(dense.get_facecolor()) == FILL
    assert to_hex(dead.get_facecolor()) == FOUND_FILL
    words = [text.get_text() for text in shown(figure)]
    assert "✕ dead" in " ".join(words)
    assert "every epoch" in " ".join(words)
    assert words.count("✕") == 2  # on the layer and in the legend


@house_style()
def test_what_was_not_recorded_is_said(graph_run, chain, branched):
    run = graph_run(chain(*IRIS))
    words = " ".join(text.get_text() for text in shown(draw(run, graph_values(run, []))))
    assert "was not recorded" in words
    assert "at or below" not in words
    unconnected = type(branched)(branched.layers, ())
    run = graph_run(unconnected)
    words = " ".join(text.get_text() for text in shown(draw(run, graph_values(run, []))))
    assert "they stand in their order" in words


@house_style()
def test_a_relative_threshold_is_explained(graph_run, chain):
    run = graph_run(chain(*IRIS), edges=[[NAN, 0.5]] * 3)
    words = " ".join(text.get_text() for text in shown(draw(run, graph_values(run, [], 0.1, True))))
    assert "The threshold 0.05 is 0.1 times the connections' median 0.5." in words


@house_style()
def test_a_run_without_an_epoch_says_so(graph_run, chain):
    run = graph_run(chain(*IRIS), epochs=0, edges=np.empty((0, 2)))
    words = " ".join(text.get_text() for text in shown(draw(run, graph_values(run, []))))
    assert "no complete epoch" in words


def test_the_same_run_gives_the_same_pages(graph_run, branched, tmp_path):
    run = graph_run(branched, edges=edges_of(branched, 3))
    for folder in ("one", "other"):
        save(draw(run, graph_values(run, [])), tmp_path / folder, "graph")
    for name in ("graph.png", "graph.pdf"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def long_chain(chain, size):
    return chain(("input", "InputLayer"), *((f"dense_{place}", "Dense") for place in range(1, size)))


@pytest.mark.parametrize(("size", "labelled"), [(48, True), (49, False), (600, False)])
@house_style()
def test_of_many_layers_only_the_rows_ends_are_named(graph_run, chain, check_readable, size, labelled):
    graph = long_chain(chain, size)
    norms = {f"dense_{place}": [float(place)] * 2 for place in range(1, size)}
    run = graph_run(graph, epochs=2, norms=norms, edges=[[NAN, *[0.5] * (size - 2)]] * 2)
    values = graph_values(run, [Finding("dead", "dense_7", (1,), 0.0, 0.0, "x")])
    figure = draw(run, values)
    figure.draw_without_rendering()
    texts = {text: text.get_window_extent() for text in shown(figure)}
    words = [text.get_text() for text in texts]
    assert ("dense_7" in words) == labelled
    assert ("✕" in words) == labelled
    assert figure.get_figheight() * 300 < 4000
    if not labelled:
        check_readable(figure, texts, tolerance=1.5)
        assert next(line for line in words if "→" in line).startswith("input → dense_")
        assert any(
            line.endswith(f"← dense_{size - 1}")
            or line.startswith(f"dense_{size - 1} ←")
            or line.endswith(f"→ dense_{size - 1}")
            for line in words
        )
        assert "layers with a finding of health: dead 1" in words
        told = " ".join(words)
        assert f"largest dense_{size - 1} ({size - 1}), " in told
        assert "smallest dense_1 (1), dense_2 (2), dense_3 (3)" in told


@house_style()
def test_small_circles_grow_with_the_norm_and_are_orange_with_a_finding(graph_run, chain):
    graph = long_chain(chain, 70)
    run = graph_run(graph, norms={"dense_5": [100] * 3, "dense_9": [0.1] * 3})
    figure = draw(run, graph_values(run, [Finding("dead", "dense_9", (1,), 0.0, 0.0, "x")]))
    circles = [one for one in figure.findobj(Circle) if one.get_zorder() == 3]
    radii = [one.get_window_extent().width / 2 for one in circles]
    assert len(circles) == 69
    assert max(radii) == radii[4]
    assert min(radii) == radii[8]
    assert [place for place, one in enumerate(circles) if to_hex(one.get_facecolor()) == FOUND_FILL] == [8]
    widest = RADIUS * figure.dpi
    assert max(radii) < widest / 3


@house_style()
def test_a_wide_graph_is_shrunk_until_it_fits(graph_run):
    names = [f"branch_{place}" for place in range(150)]
    layers = (Layer("in", "Dense", ("in/w",)), *(Layer(one, "Dense", (f"{one}/w",)) for one in names))
    graph = LayerGraph(
        (*layers, Layer("out", "Dense", ("out/w",))),
        tuple(edge for one in names for edge in (Edge("in", one), Edge(one, "out"))),
    )
    run = graph_run(graph)
    assert draw(run, graph_values(run, [])).get_figheight() * 300 < 4000
