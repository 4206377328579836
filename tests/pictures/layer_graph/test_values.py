import json
import math

import numpy as np
import pytest

from gradevo.health.check import Finding
from gradevo.health.record import findings
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.pictures.layer_graph.document import document, write_graph
from gradevo.pictures.layer_graph.values import Threshold, at_or_below, average, graph_values

LAYERS = ("input", "InputLayer"), ("dense", "Dense"), ("relu", "ReLU"), ("dense_1", "Dense")
EDGES = [[math.nan, 0.5, 2**-9], [math.nan, 0.25, 2**-6], [math.nan, 0.75, 2**-8]]


@pytest.fixture
def run(graph_run, chain):
    return graph_run(chain(*LAYERS), norms={"dense": [2, 1, 0.5], "dense_1": [0, 0, 0]}, edges=EDGES)


def test_norms_by_epoch_and_their_averages(run):
    values = graph_values(run, [])
    assert values.epochs == 3
    assert values.recorded
    input_, dense, relu, dense_1 = values.nodes
    assert dense.norms.tolist() == [2, 1, 0.5]
    assert dense.norm == pytest.approx(3.5 / 3)
    assert dense.highest == 2
    assert dense.cosine == pytest.approx(1)
    assert dense_1.norm == 0
    assert np.isnan(dense_1.cosine)
    for node in (input_, relu):
        assert np.isnan(node.norms).all()
        assert math.isnan(node.norm)
    assert np.isnan(values.edges[0].norm)
    assert values.edges[1].norm == pytest.approx(0.5)
    assert values.edges[2].norm == 11 * 2**-9 / 3
    assert values.node_norms.shape == (3, 4)
    assert values.edge_norms.shape == (3, 3)


def test_the_threshold_itself_is_not_above_it():
    assert at_or_below(0.01, Threshold(0.01)) is True
    assert at_or_below(np.nextafter(0.01, 1), Threshold(0.01)) is False
    assert at_or_below(0.0, Threshold(0.0)) is True
    assert at_or_below(math.nan, Threshold(0.01)) is None
    assert at_or_below(math.inf, Threshold(0.01)) is None
    assert at_or_below(1.0, Threshold(math.nan)) is None


def test_a_relative_threshold_is_a_share_of_the_median_edge(run):
    bound = graph_values(run, [], 0.5, relative=True).threshold
    assert bound.median == pytest.approx((0.5 + 11 * 2**-9 / 3) / 2)
    assert bound.value == pytest.approx(0.5 * bound.median)
    assert (bound.relative, bound.factor) == (True, 0.5)


def test_without_recorded_edges_there_is_no_median(graph_run, chain):
    values = graph_values(graph_run(chain(*LAYERS)), [], 0.5, relative=True)
    assert not values.recorded
    assert math.isnan(values.threshold.value)
    assert np.isnan(values.edge_norms).all()


def test_averages_leave_out_what_is_not_finite():
    assert average(np.array([1.0, np.nan, 3.0, np.inf])) == 2
    assert math.isnan(average(np.array([np.nan])))
    assert math.isnan(average(np.array([])))


def test_findings_stand_at_their_layer(run):
    found = findings(run)
    assert [(one.check, one.layer) for one in found] == [("dead", "dense_1")]
    nodes = graph_values(run, found).nodes
    assert [node.findings for node in nodes] == [(), (), (), tuple(found)]


def test_the_document_has_the_keys_of_a_graph(run):
    contents = document(run, graph_values(run, findings(run)))
    assert contents["experiment"] == "toy"
    assert contents["seed"] == 13
    assert contents["threshold"] == {"value": 0.01, "kind": "absolute", "factor": None, "median": None}
    assert [node["id"] for node in contents["nodes"]] == ["input", "dense", "relu", "dense_1"]
    dense, dead = contents["nodes"][1], contents["nodes"][3]
    assert dense["kind"] == "Dense"
    assert dense["tensors"] == ["dense/kernel"]
    assert dense["gradient_norms"] == [2, 1, 0.5]
    assert dense["findings"] == []
    assert contents["nodes"][0]["gradient_norm"] is contents["nodes"][0]["gradient_norms"] is None
    assert dead["findings"][0]["illness"] == "dead"
    assert dead["findings"][0]["epochs"] == [1, 2, 3]
    ends = [(edge["source"], edge["target"]) for edge in contents["edges"]]
    assert ends == [("input", "dense"), ("dense", "relu"), ("relu", "dense_1")]
    none, above, below = contents["edges"]
    assert none["gradient_norm"] is none["state"] is none["colour"] is none["epochs_at_or_below"] is None
    assert (above["state"], above["colour"], above["epochs_at_or_below"]) == ("above", "green", 0)
    assert (below["state"], below["colour"], below["epochs_at_or_below"]) == ("at or below", "red", 2)
    assert below["gradient_norms"] == [2**-9, 2**-6, 2**-8]


def test_the_file_is_valid_json_and_the_same_every_time(run, tmp_path):
    endless = Finding("exploding", "dense", (2,), math.inf, 1e3, "highest batch gradient norm")
    values = graph_values(run, [endless])
    for name in ("one.json", "other.json"):
        write_graph(tmp_path / name, run, values)
    text = (tmp_path / "one.json").read_text()
    assert text == (tmp_path / "other.json").read_text()

    def refuse(constant):
        raise AssertionError(constant)

    read = json.loads(text, parse_constant=refuse)
    assert read == document(run, values)
    assert read["nodes"][1]["findings"][0]["value"] is None
    assert len(text.splitlines()) < 30


def test_layers_connected_more_than_once_have_one_edge_with_the_norm_of_all(graph_run):
    layers = (Layer("encoder", "LSTM", ("encoder/kernel",)), Layer("decoder", "LSTM", ("decoder/kernel",)))
    twice = LayerGraph(layers, (Edge("encoder", "decoder"),) * 2)
    edges = [[3, 4], [math.nan, 2], [math.nan, math.nan]]
    run = graph_run(twice, norms={"encoder": [1, 1, 1], "decoder": [1, 1, 1]}, edges=edges)
    (edge,) = graph_values(run, []).edges
    np.testing.assert_array_equal(edge.norms, [5, 2, math.nan])
