"""A curve by ten relu units: 1-10-1; 31 parameters."""

import keras
import numpy as np
from keras import layers as kl


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> keras.Sequential:
    """Dense 10 relu, Dense linear; kernels normal with deviation 0.5, biases zero.

    With seed 0 these are the original system's initial weights: it draws the noise of its 100 targets first,
    and its weights go on from there.
    """
    normal = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.5, seed=seed)}
    model = keras.Sequential(
        [
            keras.Input(input_shape, name="input"),
            kl.Dense(10, activation="relu", name="hidden", **normal),
            kl.Dense(outputs, name="output", **normal),
        ],
        name="parabola",
    )
    random = np.random.RandomState(seed)
    random.normal(size=100)
    hidden, output = random.randn(*input_shape, 10) * 0.5, random.randn(10, outputs) * 0.5
    # Values, not an initializer that holds them: Keras alone then builds the model from its description.
    model.set_weights([hidden, np.zeros(10), output, np.zeros(outputs)])
    return model
