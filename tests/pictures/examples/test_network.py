"""Networks read from run files, and their forward pass compared with values computed by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.errors import GradevoError
from gradevo.pictures.examples.network import ACTIVATIONS, DenseLayer, Network
from gradevo.runfile.reader import Run
from gradevo.testing import write_run


def dense(name, activation="linear", use_bias=True, class_name="Dense"):
    return {
        "class_name": class_name,
        "config": {"name": name, "activation": activation, "use_bias": use_bias},
    }


def sequential(*layers):
    entry = {"class_name": "InputLayer", "config": {"name": "input_layer"}}
    return {"class_name": "Sequential", "config": {"name": "toy", "layers": [entry, *layers]}}


@pytest.fixture
def recorded(tmp_path: Path):
    """A function that writes a run of one epoch without gradients: tensor -> the weights of its two rows."""

    def write(model, tensors, dtype="float64"):
        return write_run(
            tmp_path / "run.h5",
            {name: np.zeros((1, *rows.shape[1:])) for name, rows in tensors.items()},
            1,
            weights=tensors,
            attributes={"model": "" if model is None else json.dumps(model)},
            dtype=dtype,
        )

    return write


TWO = {
    "hidden/kernel": np.array([[[1.0, -1.0], [2.0, 0.5]], [[0.0, 1.0], [1.0, 0.0]]]),
    "hidden/bias": np.array([[0.5, -0.5], [0.0, 0.0]]),
    "output/kernel": np.array([[[1.0], [-2.0]], [[3.0], [4.0]]]),
}
MODEL = sequential(dense("hidden", "relu"), dense("output", use_bias=False))


def test_layers_are_read_from_the_description(recorded):
    with Run(recorded(MODEL, TWO)) as run:
        network = Network.of(run)
    assert network.layers == (
        DenseLayer("hidden", 2, 2, "relu", "hidden/kernel", "hidden/bias"),
        DenseLayer("output", 2, 1, "linear", "output/kernel", None),
    )
    assert network.inputs == 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_of_each_layer_with_the_weights_of_the_row(recorded, dtype):
    x = np.array([[1, 2], [-1, 1]])
    with Run(recorded(MODEL, TWO, dtype)) as run:
        network = Network.of(run)
        hidden, output = network.outputs(x, 0)
        # (1, 2) · kernel + bias = (5.5, -0.5); (-1, 1) · kernel + bias = (1.5, 1)
        assert_array_equal(hidden, [[5.5, 0], [1.5, 1]])
        assert_array_equal(output, [[5.5], [-0.5]])
        assert hidden.dtype == output.dtype == np.float64
        hidden, output = network.outputs(x, 1)
        assert_array_equal(hidden, [[2, 1], [1, 0]])
        assert_array_equal(output, [[10], [3]])
        with pytest.raises(IndexError):
            network.outputs(x, 2)


def test_a_missing_bias_counts_as_zeros(recorded):
    with Run(recorded(MODEL, TWO)) as run:
        (_, first), (_, second) = Network.of(run).weights(0)
    assert_array_equal(first, [0.5, -0.5])
    assert_array_equal(second, [0.0])


def test_activations_of_known_values():
    z = np.array([[-1000.0, 0.0, np.log(3)]])
    values = {name: activation(z)[0] for name, activation in ACTIVATIONS.items()}
    assert_allclose(values.pop("linear"), z[0])
    assert_allclose(values.pop("relu"), [0, 0, np.log(3)])
    assert_allclose(values.pop("leaky_relu"), [-200, 0, np.log(3)])
    assert_allclose(values.pop("sigmoid"), [0, 0.5, 0.75])
    assert_allclose(values.pop("softplus"), [0, np.log(2), np.log(4)])
    assert_allclose(values.pop("softmax"), [0, 0.25, 0.75])
    assert_allclose(values.pop("tanh"), [-1, 0, 0.8])
    assert not values


def test_large_weights_give_infinite_outputs_without_a_warning(recorded):
    large = {name: 1e200 * rows for name, rows in TWO.items()}
    with Run(recorded(MODEL, large)) as run:
        hidden, output = Network.of(run).outputs(np.array([[1.0, 2.0]]), 0)
    assert np.isfinite(hidden).all()
    assert output[0, 0] == np.inf


@pytest.mark.parametrize(
    ("model", "expected", "found"),
    [
        (None, "a Sequential model", "no description of the model"),
        ({"class_name": "Functional", "config": {}}, "a Sequential model", "a Functional"),
        (sequential(), "at least one Dense layer", "a model without layers"),
        (
            sequential(dense("hidden", class_name="LSTM")),
            "Dense layers only",
            "layer 'hidden' of class LSTM",
        ),
        (sequential(dense("hidden", "gelu")), "activations among", "gelu in layer 'hidden'"),
        (
            sequential(dense("hidden", {"class_name": "LeakyReLU", "config": {}})),
            "activations among",
            "a LeakyReLU in layer 'hidden'",
        ),
        (sequential(dense("other")), "the record of other/kernel and other/bias", "tensors hidden/kernel"),
        (sequential(dense("output")), "the record of output/bias", "tensors hidden/kernel"),
    ],
)
def test_other_networks_are_refused_in_one_line(recorded, model, expected, found):
    with Run(recorded(model, TWO)) as run, pytest.raises(GradevoError) as raised:
        Network.of(run)
    message = str(raised.value)
    assert f"expected {expected}" in message
    assert f"found {found}" in message
    assert "\n" not in message


def test_examples_of_another_width_are_refused(recorded):
    with (
        Run(recorded(MODEL, TWO)) as run,
        pytest.raises(GradevoError, match=r"shape \(n, 2\), found \(4, 3\)"),
    ):
        Network.of(run).outputs(np.zeros((4, 3)), 0)
