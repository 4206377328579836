"""Run files in the shapes of the article's trainings, written without training."""

from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gradevo.testing import write_run


class Shape(NamedTuple):
    """What a training records: tensors (path -> shape), steps an epoch, epochs."""

    tensors: dict[str, tuple[int, ...]]
    steps_per_epoch: int
    epochs: int


MNIST = Shape(
    {
        "conv2d/kernel": (3, 3, 1, 32),
        "conv2d/bias": (32,),
        "conv2d_1/kernel": (3, 3, 32, 64),
        "conv2d_1/bias": (64,),
        "dense/kernel": (1600, 10),
        "dense/bias": (10,),
    },
    steps_per_epoch=211,
    epochs=10,
)
FORDA = Shape(
    {
        "conv1d/kernel": (3, 1, 64),
        "conv1d/bias": (64,),
        "batch_normalization/gamma": (64,),
        "batch_normalization/beta": (64,),
        "conv1d_1/kernel": (3, 64, 64),
        "conv1d_1/bias": (64,),
        "batch_normalization_1/gamma": (64,),
        "batch_normalization_1/beta": (64,),
        "conv1d_2/kernel": (3, 64, 64),
        "conv1d_2/bias": (64,),
        "batch_normalization_2/gamma": (64,),
        "batch_normalization_2/beta": (64,),
        "dense/kernel": (64, 2),
        "dense/bias": (2,),
    },
    steps_per_epoch=102,
    epochs=500,
)


def write_random_run(path: Path, shape: Shape, *, fading: bool = False) -> None:
    """Write a run of normally distributed gradients: dense, and as hard to compress as can be.

    fading: as in a training, they scatter about a direction that stays, and shrink as 1/√epoch.
    """
    random = np.random.default_rng(0)
    sizes = [prod(tensor) for tensor in shape.tensors.values()]
    direction = random.standard_normal(sum(sizes), np.float32)
    gradients = random.standard_normal((shape.epochs * shape.steps_per_epoch, sum(sizes)), np.float32)
    if fading:
        epochs = np.arange(1, shape.epochs + 1, dtype=np.float32).repeat(shape.steps_per_epoch)
        gradients += direction
        gradients /= np.sqrt(epochs)[:, np.newaxis]
    parts = np.split(gradients, np.cumsum(sizes)[:-1], axis=1)
    tensors = {
        name: part.reshape(-1, *tensor)
        for (name, tensor), part in zip(shape.tensors.items(), parts, strict=True)
    }
    write_run(path, tensors, shape.steps_per_epoch)
