"""What the contenders train: experiments of the configurations, and the data for them."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradevo.config.experiment import Experiment
from gradevo.config.load import read_config
from gradevo.datasets import fetch, prepared, splits
from gradevo.datasets.dataset import Dataset

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
    if name not in CLASSES:
        case = recorded(name, quick)
        epochs = case.experiment.epochs if quick else EPOCHS.get(name, case.experiment.epochs)
        # What others do not record either has a section of its own.
        update = {"epochs": epochs, "activation_gradients": False}
        return case._replace(experiment=case.experiment.model_copy(update=update))
    experiment = (
        read_config(PAPER)
        .definitions[name]
        .model_copy(update={"epochs": EPOCHS[name], "activation_gradients": False})
    )
    data = folder / f"{name}.npz"
    images = (1 if quick else BATCHES) * experiment.batch_size
    prepared.save(generated(name, CLASSES[name], images), data)
    return Case(experiment, data)


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
