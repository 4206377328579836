"""Iris: 4 features, a hidden layer of 8, 3 classes; 67 parameters."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Dense 8 relu, Dense softmax."""
    return [
        kl.Dense(8, activation="relu", name="dense", **article(seed)),
        kl.Dense(outputs, activation="softmax", name="dense_1", **article(seed)),
    ]
