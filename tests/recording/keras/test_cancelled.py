"""Biases that a normalization cancels: what the graph says, against the gradients themselves, in float64."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradevo import Run
from gradevo.recording.keras.graph import calls_of, layer_graph
from gradevo.recording.keras.record import record

kl = keras.layers
Tensor = Any


def normalized(x: Tensor, **options: Any) -> Tensor:
    return kl.BatchNormalization(name="norm", **options)(x)


def conv(x: Tensor, **options: Any) -> Tensor:
    return kl.Conv1D(4, 3, name="conv", **options)(x)


def branches(x: Tensor) -> Tensor:
    """What comes behind the convolution goes two ways, of which one is not normalized."""
    y = conv(x)
    return kl.Concatenate()([normalized(y), kl.ReLU()(y)])


def residual(x: Tensor) -> Tensor:
    """Two convolutions add to a stream of which nothing is read but normalized."""
    y = kl.Conv1D(4, 1, name="stem")(x)
    for number in (1, 2):
        inner = kl.ReLU()(kl.BatchNormalization(name=f"norm_{number}")(y))
        y = y + kl.Conv1D(4, 3, padding="same", name=f"block_{number}")(inner)
    return kl.ReLU()(kl.BatchNormalization(name="norm_3")(y))


def nested(x: Tensor) -> Tensor:
    inputs = keras.Input((12, 2))
    return kl.BatchNormalization(name="norm")(keras.Model(inputs, conv(inputs), name="inner")(x))


def also_an_output(x: Tensor) -> list[Tensor]:
    y = conv(x)
    return [kl.ReLU()(normalized(y)), y]


def shared(x: Tensor) -> Tensor:
    """One layer in two places, of which one is not normalized."""
    layer = kl.Conv1D(4, 3, name="conv")
    return kl.Concatenate()([normalized(layer(x)), kl.ReLU()(layer(2 * x))])


CASES: dict[str, tuple[Callable[[Tensor], Any], set[str]]] = {
    "directly before": (lambda x: normalized(conv(x)), {"conv/bias"}),
    "of a dense layer": (lambda x: normalized(kl.Dense(4, name="dense")(x)), {"dense/bias"}),
    "of a transposed one": (
        lambda x: normalized(kl.Conv1DTranspose(4, 3, name="conv")(x)),
        {"conv/bias"},
    ),
    "of a depthwise one": (lambda x: normalized(kl.DepthwiseConv1D(3, name="conv")(x)), {"conv/bias"}),
    "an offset before": (lambda x: kl.BatchNormalization(name="second")(normalized(x)), {"norm/beta"}),
    "an activation within": (lambda x: normalized(conv(x, activation="relu")), set()),
    "an activation between": (lambda x: normalized(kl.ReLU()(conv(x))), set()),
    "frozen": (lambda x: normalized(conv(x), trainable=False), set()),
    "another axis": (lambda x: normalized(conv(x), axis=1), set()),
    "a regularized bias": (lambda x: normalized(conv(x, bias_regularizer="l2")), set()),
    "regularized activity": (lambda x: normalized(conv(x, activity_regularizer="l2")), set()),
    "dropout between": (lambda x: normalized(kl.Dropout(0.3, seed=1)(conv(x))), set()),
    "a product between": (lambda x: normalized(conv(x) * x[:, 2:, :1]), set()),
    "the highest of a pool": (lambda x: normalized(kl.MaxPooling1D(2)(conv(x))), {"conv/bias"}),
    "the mean of a pool": (lambda x: normalized(kl.AveragePooling1D(3)(conv(x))), {"conv/bias"}),
    "global pooling": (lambda x: normalized(kl.GlobalAveragePooling1D()(conv(x))), {"conv/bias"}),
    "global pooling that keeps the axis": (
        lambda x: normalized(kl.GlobalMaxPooling1D(keepdims=True)(conv(x))),
        {"conv/bias"},
    ),
    "flattened": (lambda x: normalized(kl.Flatten()(conv(x))), {"conv/bias"}),
    "layers one by one": (lambda x: kl.LayerNormalization(name="norm")(conv(x)), set()),
    "channels one by one": (lambda x: kl.GroupNormalization(-1, name="norm")(conv(x)), {"conv/bias"}),
    "as many groups": (lambda x: kl.GroupNormalization(4, name="norm")(conv(x)), {"conv/bias"}),
    "groups of two": (lambda x: kl.GroupNormalization(2, name="norm")(conv(x)), set()),
    "nothing behind": (conv, set()),
    "one of two branches": (branches, set()),
    "a residual stream": (residual, {"stem/bias", "block_1/bias", "block_2/bias"}),
    "concatenated": (
        lambda x: normalized(kl.Concatenate()([conv(x), kl.Conv1D(2, 3, name="other")(x)])),
        {"conv/bias", "other/bias"},
    ),
    "concatenated in time": (
        lambda x: normalized(kl.Concatenate(axis=1)([conv(x), kl.Conv1D(4, 3, name="other")(x)])),
        set(),
    ),
    "a model inside": (nested, {"conv/bias"}),
    "also an output": (also_an_output, set()),
    "a shared layer": (shared, set()),
}


@pytest.fixture
def float64() -> Any:
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy("float32")
    keras.utils.clear_session()  # Keras numbers operations as it goes; other tests know theirs by name


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", CASES)
def test_cancelled_is_what_has_no_gradient(case: str) -> None:
    make, expected = CASES[case]
    keras.utils.set_random_seed(5)
    inputs = keras.Input((12, 2), name="input", dtype="float64")
    model = keras.Model(inputs, make(inputs), name="net")
    random = np.random.default_rng(2)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    x = random.normal(size=(6, 12, 2))
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(model(x, training=True))
        # Cubes, since the squares of what is normalized hardly depend on anything.
        loss = sum(tf.reduce_sum((output - random.normal(size=output.shape)) ** 3) for output in outputs)
        loss += sum(model.losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    highest = max(float(tf.reduce_max(tf.abs(gradient))) for gradient in gradients)
    zero = [float(tf.reduce_max(tf.abs(gradient))) < 1e-9 * highest for gradient in gradients]
    paths = [variable.path.removeprefix("net/") for variable in model.trainable_variables]
    assert {path for path, none in zip(paths, zero, strict=True) if none} == expected

    assert layer_graph(model, calls_of(model)).cancelled == expected


class Own(keras.Model):  # type: ignore[misc]
    """A call of one's own, in which only the model inside is known."""

    def __init__(self) -> None:
        super().__init__(name="own")
        inputs = keras.Input((12, 2))
        first = kl.BatchNormalization(name="norm")(kl.Conv1D(3, 3, name="first")(inputs))
        self.inner = keras.Model(inputs, kl.Conv1D(3, 3, name="second")(first), name="inner")
        self.last = kl.BatchNormalization(name="last")

    def call(self, x: Tensor) -> Tensor:
        return self.last(self.inner(x))


def test_of_a_call_of_ones_own_only_what_is_inside_is_known() -> None:
    model = Own()
    model(np.zeros((2, 12, 2)))
    assert layer_graph(model, calls_of(model)).cancelled == {"first/bias"}


@pytest.mark.parametrize("streamed", [False, True])
def test_the_record_holds_it(streamed: bool, tmp_path: Path) -> None:
    """Of `record` and of what is recorded inside of ``fit``."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            kl.Dense(3, name="dense"),
            kl.BatchNormalization(name="norm"),
            kl.Dense(1, name="last"),
        ]
    )
    model.compile("sgd", "mse")
    x, y = np.random.default_rng(1).normal(size=(8, 4)), np.ones((8, 1))
    fit: dict[str, Any] = {"sample_weight": np.ones(8)} if streamed else {}
    path = record(model, x, y, tmp_path / "run.h5", epochs=1, batch_size=4, **fit).path
    with Run(path) as run:
        assert run.graph.cancelled == {"dense/bias"}
