"""FordA: three blocks of convolution, batch normalization and relu; 25,474 parameters."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """[Conv1D 64 k3 same, BatchNorm, ReLU] x 3, GlobalAveragePooling1D, Dense softmax."""
    stack: list[kl.Layer] = []
    for suffix in ("", "_1", "_2"):
        stack += [
            kl.Conv1D(64, 3, padding="same", name=f"conv1d{suffix}", **article(seed)),
            kl.BatchNormalization(name=f"batch_normalization{suffix}"),
            kl.ReLU(name=f"re_lu{suffix}"),
        ]
    return [
        *stack,
        kl.GlobalAveragePooling1D(name="global_average_pooling1d"),
        kl.Dense(outputs, activation="softmax", name="dense", **article(seed)),
    ]
