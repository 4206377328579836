"""What is measured: experiments of the configurations with their data, and run files without training."""

from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradevo.config.experiment import Experiment
from gradevo.config.load import read_config
from gradevo.datasets import fetch, prepared, splits
from gradevo.datasets.dataset import Dataset
from gradevo.testing import write_run

DEFAULT = Path("config/default.yaml")
PAPER = Path("config/paper.yaml")
PREPARED = Path("data/prepared")

# A network this slow shows its speed in a part of its epochs.
EPOCHS = {"forda": 5, "cifar10": 2, "cifar100": 2}

# Classes of the experiments that train on generated images: no speed depends on what they show.
CLASSES = {"cifar10": 10, "cifar100": 100}
IMAGE = (32, 32, 3)
BATCHES = 4  # full ones, of the 44 that the article's training set has


class Case(NamedTuple):
    """An experiment with the prepared dataset that it is trained on."""

    experiment: Experiment
    data: Path

    @property
    def steps_per_epoch(self) -> int:
        seed = self.experiment.seeds[0]
        (x, _), _ = splits.training_and_validation(prepared.load(self.data), seed)
        return -(-len(x) // self.experiment.batch_size)


def measured(name: str, quick: bool, folder: Path) -> Case:
    """The case that stands for the experiment in the table; ``quick``: a try.

    Data that have to be generated are written to ``folder``.
    """
    if name in CLASSES:
        experiment, data = read_config(PAPER).definitions[name], folder / f"{name}.npz"
        images = (1 if quick else BATCHES) * experiment.batch_size
        prepared.save(generated(name, CLASSES[name], images), data)
        epochs = EPOCHS[name]
    else:
        experiment, data = recorded(name, quick)
        epochs = experiment.epochs if quick else EPOCHS.get(name, experiment.epochs)
    # What others do not record either has a section of its own.
    update = {"epochs": epochs, "activation_gradients": False}
    return Case(experiment.model_copy(update=update), data)


def recorded(name: str, quick: bool) -> Case:
    """An experiment as the default configuration has it; ``quick``: a tenth of its epochs, at least 2.

    Its dataset is fetched first where it is missing.
    """
    experiment = read_config(DEFAULT).definitions[name]
    if quick:
        experiment = experiment.model_copy(update={"epochs": max(2, experiment.epochs // 10)})
    data = PREPARED / f"{experiment.dataset}.npz"
    if not data.exists():
        prepared.save(fetch.fetch(experiment.dataset, Path("data/raw"), Path("data/sources.yaml")), data)
    return Case(experiment, data)


def generated(name: str, classes: int, images: int) -> Dataset:
    """Random images and labels, equal every time; ``images`` is what the 90/10 split leaves for training."""
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part, count in (("train", round(images / 0.9)), ("test", 1)):
        arrays[f"x_{part}"] = random.integers(0, 256, (count, *IMAGE), np.uint8)
        arrays[f"y_{part}"] = random.integers(0, classes, count)
    return Dataset(
        name=name,
        title=f"{name}, generated",
        task="classification",
        labels=tuple(map(str, range(classes))),
        provenance={"kind": "own data"},
        **arrays,
    )


class Shape(NamedTuple):
    """What a training records: tensors (path -> shape), steps per epoch, epochs."""

    tensors: dict[str, tuple[int, ...]]
    steps_per_epoch: int
    epochs: int


# The article's trainings.
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
        tensor: shape
        for number, inputs in (("", 1), ("_1", 64), ("_2", 64))
        for tensor, shape in (
            (f"conv1d{number}/kernel", (3, inputs, 64)),
            (f"conv1d{number}/bias", (64,)),
            (f"batch_normalization{number}/gamma", (64,)),
            (f"batch_normalization{number}/beta", (64,)),
        )
    }
    | {"dense/kernel": (64, 2), "dense/bias": (2,)},
    steps_per_epoch=102,
    epochs=500,
)
CIFAR100 = Shape(
    {
        "conv2d/kernel": (3, 3, 3, 16),
        "conv2d_1/kernel": (3, 3, 16, 32),
        "conv2d_2/kernel": (3, 3, 32, 64),
        "conv2d_3/kernel": (3, 3, 64, 128),
        "dense/kernel": (16 * 16 * 128, 256),
        "dense_1/kernel": (256, 256),
        "dense_2/kernel": (256, 100),
    },
    steps_per_epoch=4,
    epochs=2,
)
"""All but its biases, and few of its steps."""


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
