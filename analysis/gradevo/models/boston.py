"""Boston Housing: 13 features, a hidden layer of 64, one price; 961 parameters."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Dense 64 relu, Dense linear."""
    return [
        kl.Dense(64, activation="relu", name="dense", **article(seed)),
        kl.Dense(outputs, name="dense_1", **article(seed)),
    ]
