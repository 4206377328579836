"""The fused kernel computes what Keras' batch normalization computes, and leaves no trace."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradevo.recording.keras.fused import fused_batch_normalization

Array = np.ndarray[Any, Any]


def network(shape: tuple[int, ...], **arguments: Any) -> keras.Model:
    layer = keras.layers.BatchNormalization(momentum=0.9, name="norm", **arguments)
    model = keras.Sequential([keras.Input(shape), layer], name="net")
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.5, 2, weight.shape) for weight in model.get_weights()])
    return model


def passed(model: keras.Model, x: Array, training: bool) -> Iterator[Array]:
    """Output, gradients of a weighted sum of it, and the variables afterwards."""
    weights = np.random.default_rng(6).normal(size=x.shape).astype("float32")
    inputs = tf.constant(x)

    @tf.function
    def compute() -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = model(inputs, training=training)
            loss = tf.reduce_sum(y * weights)
        variables = [variable.value for variable in model.trainable_variables]
        return y, tape.gradient(loss, [inputs, *variables])

    y, gradients = compute()
    yield y.numpy()
    yield from (gradient.numpy() for gradient in gradients)
    yield from (variable.numpy() for variable in model.variables)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "arguments", [{}, {"scale": False}, {"center": False}, {"epsilon": 0.1}, {"trainable": False}]
)
@pytest.mark.parametrize("shape", [(6, 7, 3), (12, 4)])
def test_it_computes_what_keras_computes(
    shape: tuple[int, ...], arguments: dict[str, Any], training: bool
) -> None:
    x = np.random.default_rng(7).normal(1, 2, (5, *shape)).astype("float32")
    expected = list(passed(network(shape, **arguments), x, training))
    model = network(shape, **arguments)
    with fused_batch_normalization(model):
        assert "call" in vars(model.get_layer("norm"))
        fused = list(passed(model, x, training))
    assert len(fused) == len(expected) >= 4
    for one, other in zip(fused, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())
    assert "call" not in vars(model.get_layer("norm"))


def test_one_example_of_one_place_has_no_variance() -> None:
    """n = 1: the kernel's correction by n - 1 must not divide by zero."""
    x = np.ones((1, 1, 1, 2), "float32")
    expected = list(passed(network((1, 1, 2)), x, training=True))
    model = network((1, 1, 2))
    with fused_batch_normalization(model):
        fused = list(passed(model, x, training=True))
    for one, other in zip(fused, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ((4,), {}),  # rows of features
        ((2, 3, 4, 5), {}),  # volumes
        ((6, 7, 3), {"axis": 1}),
        ((6, 7, 3), {"synchronized": True}),
        ((6, 7, 3), {"dtype": "float64"}),
        ((6, 7, 3), {"dtype": "mixed_bfloat16"}),
    ],
)
def test_other_layers_compute_as_before(shape: tuple[int, ...], arguments: dict[str, Any]) -> None:
    model = network(shape, **arguments)
    with fused_batch_normalization(model):
        assert "call" not in vars(model.get_layer("norm"))


def test_a_layer_of_the_users_own_kind_computes_as_before() -> None:
    class Own(keras.layers.BatchNormalization):  # type: ignore[misc]
        pass

    model = keras.Sequential([keras.Input((6, 7, 3)), Own(name="norm")])
    with fused_batch_normalization(model):
        assert "call" not in vars(model.get_layer("norm"))


def test_layers_of_a_model_inside_are_found() -> None:
    inner = network((6, 7, 3))
    model = keras.Sequential([keras.Input((6, 7, 3)), inner])
    with fused_batch_normalization(model):
        assert "call" in vars(inner.get_layer("norm"))
    assert "call" not in vars(inner.get_layer("norm"))


def test_an_error_in_the_block_leaves_the_layers_as_they_were() -> None:
    model = network((6, 7, 3))
    with pytest.raises(ZeroDivisionError), fused_batch_normalization(model):
        raise ZeroDivisionError
    assert "call" not in vars(model.get_layer("norm"))


def test_a_layer_that_is_used_twice_is_restored_once() -> None:
    shared = keras.layers.BatchNormalization(name="norm")
    inside = keras.Input((6, 7, 3))
    inner = keras.Model(inside, shared(inside))
    outside = keras.Input((6, 7, 3))
    model = keras.Model(outside, shared(inner(outside)))
    with fused_batch_normalization(model):
        assert "call" in vars(shared)
    assert "call" not in vars(shared)


@pytest.mark.filterwarnings("ignore:.*unbuilt state:UserWarning")
def test_a_layer_that_is_never_called_is_no_trouble() -> None:
    class Forgetful(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.forgotten = keras.layers.BatchNormalization()
            self.dense = keras.layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    model = Forgetful()
    model(np.zeros((2, 3), "float32"))
    with fused_batch_normalization(model):
        assert "call" not in vars(model.forgotten)
