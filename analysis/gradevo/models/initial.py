"""The article's initial values: Glorot-uniform kernels, zero biases."""

from typing import Any

import keras


def article(seed: int) -> dict[str, Any]:
    """Keyword arguments for a layer with a kernel and a bias.

    Every layer gets the same seed, as in the article: equally shaped kernels start equal.
    Source: Glorot & Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks".
    """
    return {
        "kernel_initializer": keras.initializers.GlorotUniform(seed=seed),
        "bias_initializer": keras.initializers.Zeros(),
    }
