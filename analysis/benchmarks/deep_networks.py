"""Deep networks that are trained and recorded, and each of the three by a name.

Their data are generated and few: what is drawn of a record does not take longer for better ones.
``python -m analysis.benchmarks.deep_networks NAME FILE`` records one, in a process of its own.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradevo.tensorflow_log import silenced

if TYPE_CHECKING:
    import keras

SEED = 13
CLASSES = 10


class Training(NamedTuple):
    """How a network is trained. build: without arguments, to a model that is not compiled."""

    title: str
    build: Callable[[], "keras.Model"]
    data: Callable[[int], tuple[NDArray[Any], NDArray[Any]]]
    examples: int
    batch_size: int
    epochs: int
    learning_rate: float


def images(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images of 32 × 32 pixels, (count, 32, 32, 3), each its class's pattern under noise, and the classes."""
    random = np.random.default_rng(SEED)
    patterns = random.normal(0, 50, (CLASSES, 8, 8, 3)).repeat(4, axis=1).repeat(4, axis=2)
    classes = random.integers(0, CLASSES, count)
    noisy = 128 + patterns[classes] + random.normal(0, 30, (count, 32, 32, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8), classes


TOKENS, LENGTH, WIDTH, BLOCKS = 64, 24, 64, 12


def sequences(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sequences of tokens, (count, 24), and their classes: the token that follows the first 0, modulo 10."""
    random = np.random.default_rng(SEED)
    tokens = random.integers(1, TOKENS, (count, LENGTH))
    marks = random.integers(0, LENGTH - 1, count)
    tokens[np.arange(count), marks] = 0
    return tokens, tokens[np.arange(count), marks + 1] % CLASSES


FEATURES, DEPTH = 16, 300


def vectors(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors, (count, 16), and which of the first ten elements is the largest."""
    x = np.random.default_rng(SEED).standard_normal((count, FEATURES), np.float32)
    return x, x[:, :CLASSES].argmax(axis=1)


def resnet50() -> "keras.Model":
    """214 tensors, 23.6 million parameters."""
    import keras

    inputs = keras.Input((32, 32, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, -1)(inputs)
    network = keras.applications.ResNet50(weights=None, input_tensor=scaled, classes=CLASSES)
    return keras.Model(inputs, network.output)


def transformer() -> "keras.Model":
    """Twelve blocks of attention and feed-forward layers with normalization before each: 198 tensors."""
    import keras
    from keras import layers

    inputs = keras.Input((LENGTH,), dtype="int32")
    places = layers.Embedding(LENGTH, WIDTH, name="places")
    x = layers.Embedding(TOKENS, WIDTH, name="tokens")(inputs)
    x = layers.Add(name="embedded")([x, places(keras.ops.cumsum(keras.ops.ones_like(inputs), axis=1) - 1)])
    for block in range(1, BLOCKS + 1):
        normed = layers.LayerNormalization(name=f"block_{block}_norm_1")(x)
        attended = layers.MultiHeadAttention(4, WIDTH // 4, name=f"block_{block}_attention")(normed, normed)
        x = layers.Add(name=f"block_{block}_add_1")([x, attended])
        hidden = layers.LayerNormalization(name=f"block_{block}_norm_2")(x)
        hidden = layers.Dense(4 * WIDTH, "gelu", name=f"block_{block}_widen")(hidden)
        hidden = layers.Dense(WIDTH, name=f"block_{block}_narrow")(hidden)
        x = layers.Add(name=f"block_{block}_add_2")([x, hidden])
    x = layers.GlobalAveragePooling1D(name="mean")(layers.LayerNormalization(name="norm")(x))
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax", name="classes")(x))


def dense300() -> "keras.Model":
    """A chain of 300 dense layers of width 16 and the output: 602 tensors; gradients vanish in it."""
    import keras

    hidden = [keras.layers.Dense(FEATURES, "tanh", name=f"dense_{place}") for place in range(1, DEPTH + 1)]
    classes = keras.layers.Dense(CLASSES, "softmax", name="classes")
    return keras.Sequential([keras.Input((FEATURES,)), *hidden, classes])


TRAININGS = {
    "resnet50": Training("ResNet50", resnet50, images, 640, 32, 2, 1e-3),
    "transformer": Training("Transformer of 12 blocks", transformer, sequences, 640, 32, 4, 1e-3),
    "dense300": Training("300 dense layers", dense300, vectors, 640, 32, 4, 1e-3),
}


def record(name: str, path: Path, quick: bool = False) -> None:
    """Train the network and record every gradient; ``quick``: two steps an epoch."""
    with silenced():
        import keras

    import gradevo

    training = TRAININGS[name]
    keras.utils.set_random_seed(SEED)
    model = training.build()
    model.compile(
        keras.optimizers.Adam(training.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    x, y = training.data(2 * training.batch_size if quick else training.examples)
    gradevo.record(
        model,
        x,
        y,
        path,
        epochs=training.epochs,
        batch_size=training.batch_size,
        updates=True,
        activation_gradients=True,
        deterministic=False,
        experiment={"name": name, "title": training.title, "dataset": "generated"},
    )


if __name__ == "__main__":
    record(sys.argv[1], Path(sys.argv[2]), quick=len(sys.argv) > 3)
