"""MNIST: two convolutions and a softmax; 34,826 parameters for 28 x 28 x 1 images."""

from keras import layers as kl

from gradevo.models.build import article


def layers(input_shape: tuple[int, ...], outputs: int, seed: int) -> list[kl.Layer]:
    """Scaling, [Conv 3x3 relu, MaxPool 2] with 32 and 64 filters, Dropout 0.5, Dense softmax."""
    return [
        # The images stay uint8 in memory; the model scales them to [0, 1].
        kl.Rescaling(1 / 255, name="rescaling"),
        kl.Conv2D(32, 3, activation="relu", name="conv2d", **article(seed)),
        kl.MaxPool2D(2, name="max_pooling2d"),
        kl.Conv2D(64, 3, activation="relu", name="conv2d_1", **article(seed)),
        kl.MaxPool2D(2, name="max_pooling2d_1"),
        kl.Flatten(name="flatten"),
        kl.Dropout(0.5, seed=seed, name="dropout"),
        kl.Dense(outputs, activation="softmax", name="dense", **article(seed)),
    ]
