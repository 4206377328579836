"""CIFAR-10: six convolutions with batch normalization; 2,396,330 parameters for 32 x 32 x 3 images."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Scaling, [Conv 3x3 same relu, BatchNorm] x 2 and MaxPool 2 for 32, 64, 128 filters, Dense 1024 relu,
    Dense softmax; Dropout 0.2 before either.
    """
    # The images stay uint8 in memory; the model scales them to [0, 1].
    stack: list[kl.Layer] = [kl.Rescaling(1 / 255, name="rescaling")]
    suffixes = iter(("", *(f"_{number}" for number in range(1, 6))))
    for pool, filters in zip(("", "_1", "_2"), (32, 64, 128), strict=True):
        for suffix in (next(suffixes), next(suffixes)):
            convolution = {"padding": "same", "activation": "relu", **article(seed)}
            stack += [
                kl.Conv2D(filters, 3, name=f"conv2d{suffix}", **convolution),
                kl.BatchNormalization(name=f"batch_normalization{suffix}"),
            ]
        stack.append(kl.MaxPool2D(2, name=f"max_pooling2d{pool}"))
    return [
        *stack,
        kl.Flatten(name="flatten"),
        kl.Dropout(0.2, seed=seed, name="dropout"),
        kl.Dense(1024, activation="relu", name="dense", **article(seed)),
        kl.Dropout(0.2, seed=seed, name="dropout_1"),
        kl.Dense(outputs, activation="softmax", name="dense_1", **article(seed)),
    ]
