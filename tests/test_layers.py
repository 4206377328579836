"""Tensors as matrices."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo.layers import Edge, Layer, LayerGraph, as_matrix, matrix_shape, outputs_last, sides


@pytest.mark.parametrize(
    ("shape", "matrix", "words"),
    [
        ((), (1, 1), "1"),
        ((64,), (1, 64), "64"),
        ((4, 8), (4, 8), "4 × 8"),
        ((1600, 10), (1600, 10), "1600 × 10"),
        ((64, 1), (64, 1), "64 × 1"),
        ((1, 10), (1, 10), "1 × 10"),
        ((3, 64, 64), (192, 64), "3·64 × 64"),
        ((3, 3, 1, 32), (9, 32), "3·3·1 × 32"),
    ],
)
def test_tensors_lie_in_their_natural_layout(shape, matrix, words):
    assert matrix_shape(shape) == matrix
    assert as_matrix(np.zeros(shape)).shape == matrix
    assert sides(shape) == words


def test_a_kernels_rows_are_its_positions_and_input_channels():
    kernel = np.arange(2 * 1 * 2 * 9).reshape(2, 1, 2, 9)
    assert_array_equal(as_matrix(kernel)[3], kernel[1, 0, 1])  # second position, second channel
    tall = np.arange(3 * 2).reshape(3, 2)
    assert_array_equal(as_matrix(tall), [[0, 1], [2, 3], [4, 5]])


@pytest.mark.parametrize(
    ("shape", "outputs", "ordered"),
    [
        ((5, 3), 0, (3, 5)),  # PyTorch's Linear
        ((64, 32, 3, 5), 0, (3, 5, 32, 64)),  # its Conv2d
        ((32, 64, 3, 5), 1, (3, 5, 32, 64)),  # its ConvTranspose2d
        ((3, 64, 32), -2, (3, 32, 64)),  # Conv1DTranspose of Keras
        ((3, 32, 64), -1, (3, 32, 64)),
        ((64,), 0, (64,)),
        ((), 0, ()),
    ],
)
def test_outputs_may_be_any_axis(shape, outputs, ordered):
    assert outputs_last(shape, outputs) == ordered
    kernel = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    matrix = as_matrix(kernel, outputs)
    assert matrix.shape == matrix_shape(ordered)
    if len(shape) > 1:
        assert sorted(matrix[:, 2]) == sorted(kernel.take(2, axis=outputs).reshape(-1))
    if ordered == (3, 5, 32, 64):
        inputs = 1 - outputs
        assert_array_equal(matrix[5 * 32 + 7], kernel.take(7, axis=inputs)[:, 1, 0])


def test_a_graph_tells_the_axis_of_outputs_and_survives_json():
    layers = (Layer("a", "Linear", ("a/weight", "a/bias"), 0), Layer("b", "Dense", ("b/kernel",)))
    graph = LayerGraph(layers, (Edge("a", "b"),))
    assert LayerGraph.from_json(graph.to_json()) == graph
    assert [graph.outputs_of(name) for name in ("a/weight", "b/kernel", "of/nobody")] == [0, -1, -1]


def test_a_graph_tells_what_is_cancelled():
    layers = (Layer("a", "Dense", ("a/kernel", "a/bias"), cancelled=("a/bias",)), Layer("b", "Dense"))
    graph = LayerGraph(layers, (Edge("a", "b"),))
    assert LayerGraph.from_json(graph.to_json()) == graph
    assert graph.cancelled == {"a/bias"}
    assert graph.to_json().count("cancelled") == 1
