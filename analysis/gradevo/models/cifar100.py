"""CIFAR-100: four convolutions and a wide dense layer; 8,578,820 parameters for 32 x 32 x 3 images."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Scaling, Conv 3x3 same relu with 16, 32, 64, MaxPool 2, Conv 128, Dense 256 relu, BatchNorm,
    Dense 256 relu, Dropout 0.3, BatchNorm, Dense softmax.
    """
    convolution = {"padding": "same", "activation": "relu", **article(seed)}
    return [
        # The images stay uint8 in memory; the model scales them to [0, 1].
        kl.Rescaling(1 / 255, name="rescaling"),
        kl.Conv2D(16, 3, name="conv2d", **convolution),
        kl.Conv2D(32, 3, name="conv2d_1", **convolution),
        kl.Conv2D(64, 3, name="conv2d_2", **convolution),
        kl.MaxPool2D(2, name="max_pooling2d"),
        kl.Conv2D(128, 3, name="conv2d_3", **convolution),
        kl.Flatten(name="flatten"),
        kl.Dense(256, activation="relu", name="dense", **article(seed)),
        kl.BatchNormalization(name="batch_normalization"),
        kl.Dense(256, activation="relu", name="dense_1", **article(seed)),
        kl.Dropout(0.3, seed=seed, name="dropout"),
        kl.BatchNormalization(name="batch_normalization_1"),
        kl.Dense(outputs, activation="softmax", name="dense_2", **article(seed)),
    ]
