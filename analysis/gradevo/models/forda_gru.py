"""FordA read step by step: a small recurrent network through which gradients have far to go."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Conv1D 8 over 10 values at a time, GRU 16 over the 50 steps that this gives, Dense softmax."""
    return [
        kl.Conv1D(8, 10, strides=10, activation="tanh", name="conv1d", **article(seed)),
        kl.GRU(16, seed=seed, name="gru", **article(seed)),
        kl.Dense(outputs, activation="softmax", name="dense", **article(seed)),
    ]
