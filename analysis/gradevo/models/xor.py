"""XOR of two signs: two hidden relu units and one sigmoid; 9 parameters.

Two units cannot fold the plane into four quadrants: what they make of it instead is what there is to see.
"""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Dense 2 relu, Dense sigmoid."""
    return [
        kl.Dense(2, activation="relu", name="hidden", **article(seed)),
        kl.Dense(outputs, activation="sigmoid", name="output", **article(seed)),
    ]
