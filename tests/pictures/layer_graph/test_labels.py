import numpy as np
import pytest

from gradevo.health.check import Finding
from gradevo.health.vanishing import VanishingThroughTime
from gradevo.layers import Layer
from gradevo.pictures.layer_graph.labels import epoch_words, finding_lines, kind_lines, label_of
from gradevo.pictures.layer_graph.values import Node


def finding(check, epochs, measure="norm"):
    return Finding(check, "dense", tuple(epochs), 0.0, 0.0, measure)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("Dense", ["Dense"]),
        ("Conv2DTranspose", ["Conv2D", "Transpose"]),
        ("BatchNormalization", ["Batch", "Normalization"]),
        ("GlobalAveragePooling1D", ["GlobalAverage", "Pooling1D"]),
        ("LSTM", ["LSTM"]),
        ("custom_layer_of_somebody", ["custom_layer_", "of_somebody"]),
    ],
)
def test_classes_are_broken_before_capitals(kind, lines):
    assert kind_lines(kind, 14) == lines


def test_names_are_broken_at_underscores():
    node = Node(Layer("batch_normalization_5", "Dense"), np.ones(1), 1.0, 1.0, ())
    assert label_of(node, 1, 15).name == ["batch_", "normalization_5"]


def test_a_finding_says_what_and_when():
    found = [finding("dead", range(3, 101))]
    assert finding_lines(found, 100, 30) == {"dead": ["✕ dead · ≤ 0 · epochs 3–100"]}
    assert finding_lines(found, 100, 15) == {"dead": ["✕ dead", "≤ 0", "epochs 3–100"]}


def test_one_check_by_several_measures_is_one():
    found = [
        finding("vanishing", [1], VanishingThroughTime.measure),
        finding("vanishing", [1, 2]),
        finding("dead", [3]),
    ]
    assert finding_lines(found, 9, 40) == {
        "vanishing": ["↓ vanishing · ≤ 0 · epochs 1–2"],
        "dead": ["✕ dead · ≤ 0 · epoch 3"],
    }


def test_vanishing_through_time_says_so():
    found = [finding("vanishing", [1, 2], VanishingThroughTime.measure)]
    assert finding_lines(found, 2, 15) == {"vanishing": ["↓ vanishing", "through time", "≤ 0", "every epoch"]}


def test_many_ranges_of_epochs_become_a_number():
    assert epoch_words([1, 3, 5, 7, 9], 10, 15) == "5 of 10 epochs"
    assert epoch_words([1], 1, 15) == "epoch 1"
