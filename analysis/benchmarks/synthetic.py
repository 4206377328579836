"""Run files in the shapes of the article's trainings, written without training."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from gradevo.runfile.schema import Plan
from gradevo.runfile.writer import RunWriter


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


def write_run(path: Path, shape: Shape, *, fading: bool = False) -> None:
    """Write a run of normally distributed gradients: dense, and as hard to compress as can be.

    fading: as in a training, they scatter about a direction that stays, and shrink as 1/√epoch.
    """
    attributes = {"experiment": "{}", "seed": 0, "data_label": ""}
    plan = Plan(shape.tensors, shape.epochs, [1] * shape.steps_per_epoch, {}, attributes=attributes)
    random = np.random.default_rng(0)
    weights = [np.ones(tensor, np.float32) for tensor in shape.tensors.values()]
    direction = random.standard_normal(plan.parameters, np.float32)
    with RunWriter(path, plan) as writer:
        writer.write_initial_weights(weights)
        for epoch in range(1, shape.epochs + 1):
            gradients = random.standard_normal((shape.steps_per_epoch, plan.parameters), np.float32)
            if fading:
                gradients = (gradients + direction) / np.sqrt(np.float32(epoch))
            writer.write_steps(gradients, np.zeros(shape.steps_per_epoch, np.float32))
            writer.complete_epoch(weights, {}, [])
        writer.finish()
