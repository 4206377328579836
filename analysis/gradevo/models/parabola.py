"""A curve by ten relu units: 1-10-1; 31 parameters."""

import keras
import numpy as np
from keras import layers as kl
from numpy.typing import NDArray


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Dense 10 relu, Dense linear; kernels normal with deviation 0.5, biases zero.

    With seed 0 these are the original system's initial weights: it draws the noise of its 100 targets first,
    and its weights go on from there.
    """
    random = np.random.RandomState(seed)
    random.normal(size=100)
    hidden = random.randn(*input_shape, 10) * 0.5
    output = random.randn(10, outputs) * 0.5
    return [
        kl.Dense(10, activation="relu", name="hidden", kernel_initializer=_Exactly(hidden)),
        kl.Dense(outputs, name="output", kernel_initializer=_Exactly(output)),
    ]


@keras.saving.register_keras_serializable("gradevo")
class _Exactly(keras.initializers.Initializer):  # type: ignore[misc]
    """These values, which a model's description can hold."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = np.asarray(values).tolist()

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> object:
        return keras.ops.convert_to_tensor(np.reshape(self.values, shape), dtype)

    def get_config(self) -> dict[str, object]:
        return {"values": self.values}
