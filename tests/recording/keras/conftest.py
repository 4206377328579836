"""Small models and data; TensorFlow is loaded once for all tests of this folder."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradevo.recording.keras import runtime  # isort: skip  sets what TensorFlow reads while it loads

import keras

Array = np.ndarray[Any, Any]
Case = tuple[keras.Model, Any, Any]


def dense() -> Case:
    """Two dense layers, SGD; 11 examples."""
    random = np.random.default_rng(1)
    x = random.normal(size=(11, 4)).astype("float32")
    y = np.eye(3, dtype="float32")[random.integers(0, 3, 11)]
    layers = [
        keras.Input((4,), name="input"),
        keras.layers.Dense(8, "relu", name="dense"),
        keras.layers.Dense(3, "softmax", name="dense_1"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy", metrics=["categorical_accuracy"])
    return model, x, y


def images() -> Case:
    """uint8 images scaled in the model, a convolution, dropout, momentum."""
    random = np.random.default_rng(2)
    x = random.integers(0, 256, (20, 8, 8, 1), dtype=np.uint8)
    y = random.integers(0, 4, 20)
    layers = [
        keras.Input((8, 8, 1), name="input"),
        keras.layers.Rescaling(1 / 255, name="rescaling"),
        keras.layers.Conv2D(5, 3, activation="relu", name="conv2d"),
        keras.layers.MaxPool2D(2, name="pool"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dropout(0.5, seed=3, name="dropout"),
        keras.layers.Dense(4, "softmax", name="dense"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
    return model, x, y


def series() -> Case:
    """Conv1D, batch normalization, a penalty on the weights, Adam with clipping."""
    random = np.random.default_rng(3)
    x = random.normal(size=(18, 12, 1)).astype("float32")
    y = random.normal(size=18).astype("float32")
    layers = [
        keras.Input((12, 1), name="input"),
        keras.layers.Conv1D(6, 3, padding="same", kernel_regularizer="l2", name="conv1d"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.ReLU(name="relu"),
        keras.layers.GlobalAveragePooling1D(name="mean"),
        keras.layers.Dense(1, name="dense"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.Adam(0.01, clipnorm=0.1), "mean_squared_error", metrics=["mae"])
    return model, x, y


def functional() -> Case:
    """Two inputs, a skip connection, two outputs, a frozen layer, an unused embedding row."""
    random = np.random.default_rng(4)
    x = {
        "words": random.integers(0, 5, (13, 3)),
        "numbers": random.normal(size=(13, 4)).astype("float32"),
    }
    y = [random.normal(size=(13, 1)).astype("float32"), random.integers(0, 2, (13, 1)).astype("float32")]
    words = keras.Input((3,), dtype="int64", name="words")
    numbers = keras.Input((4,), name="numbers")
    embedded = keras.layers.Flatten(name="flatten")(keras.layers.Embedding(7, 2, name="embedding")(words))
    both = keras.layers.Concatenate(name="both")([embedded, numbers])
    hidden = keras.layers.Dense(10, "tanh", name="hidden")(both)
    frozen = keras.layers.Dense(10, trainable=False, name="frozen")(hidden)
    skip = keras.layers.Add(name="skip")([frozen, both])
    first = keras.layers.Dense(1, name="first")(skip)
    second = keras.layers.Dense(1, "sigmoid", name="second")(skip)
    model = keras.Model({"words": words, "numbers": numbers}, [first, second], name="net")
    model.compile(keras.optimizers.RMSprop(0.01), ["mse", "binary_crossentropy"])
    return model, x, y


@pytest.fixture(params=[dense, images, series, functional], ids=lambda build: build.__name__)
def build(request: pytest.FixtureRequest) -> Callable[[], Case]:
    """A function that builds the same model and data every time it is called."""

    def fresh() -> Case:
        runtime.prepare()
        keras.utils.set_random_seed(13)
        case: Case = request.param()
        return case

    return fresh


@pytest.fixture
def dense_case() -> Case:
    keras.utils.set_random_seed(13)
    return dense()
