"""From an experiment and a prepared dataset to a run file and its provenance."""

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from gradevo import datasets, models
from gradevo.atomic import atomic_file
from gradevo.config import NOT_TRAINING, REGRESSION, Experiment
from gradevo.datasets import Dataset
from gradevo.errors import GradevoError
from gradevo.tensorflow_log import silenced
from gradevo.version import __version__

with silenced():
    from gradevo.recording.keras import Epoch, prepare, record
    from gradevo.recording.keras.runtime import devices
    from gradevo.recording.keras.runtime import threads as threads_used

VERSIONED = ("keras", "tensorflow", "numpy", "h5py", "hdf5plugin")


def train(
    experiment: Experiment,
    seed: int,
    data: Path,
    output: Path,
    provenance: Path | None,
    threads: int | None,
    overwrite: bool,
    on_epoch: Callable[[Epoch], None],
) -> None:
    """Train ``experiment`` on a prepared dataset and record it as ``output``."""
    dataset = datasets.load(data)
    _check_fit(experiment, dataset)
    prepare(threads)
    (x, y), validation = datasets.training_and_validation(dataset, seed, experiment.validation)
    # One unit tells two classes apart where the loss reads it as a probability.
    outputs = 1 if experiment.loss == "binary_crossentropy" else dataset.classes or 1
    model = models.build(experiment, x.shape[1:], outputs, seed)
    details = _provenance(experiment, seed, dataset)
    label = dataset.data_label
    del dataset  # its rows are copied by now, and large
    if validation is not None:
        validation = validation[0], _labels(validation[1], experiment, outputs)
    record(
        model,
        x,
        _labels(y, experiment, outputs),
        output,
        epochs=experiment.epochs,
        batch_size=experiment.batch_size,
        validation_data=validation,
        seed=seed,
        shuffle=experiment.shuffle,
        on_nonfinite=experiment.on_nonfinite,
        experiment=details["experiment"],
        data=details["data"],
        keep_bits=experiment.keep_bits,
        record_every=experiment.record_every,
        activation_gradients=experiment.activation_gradients,
        stop_below=experiment.stop_below,
        data_label=label,
        overwrite=overwrite,
        on_epoch=on_epoch,
    )
    if provenance is not None:
        with atomic_file(provenance) as partial:
            partial.write_text(json.dumps(details, indent=2) + "\n", encoding="utf-8")


def _labels(y: np.ndarray[Any, Any], experiment: Experiment, classes: int) -> np.ndarray[Any, Any]:
    """Labels in the form that the loss reads: rows of zeros and a one, a column, or as they are."""
    if experiment.loss == "binary_crossentropy":
        return y[:, np.newaxis].astype(np.float32)
    return np.eye(classes, dtype=np.float32)[y] if experiment.one_hot else y


def _check_fit(experiment: Experiment, dataset: Dataset) -> None:
    task = "regression" if experiment.loss in REGRESSION else "classification"
    if experiment.loss == "binary_crossentropy" and dataset.classes not in (None, 2):
        raise GradevoError(
            f"experiment {experiment.name}: loss {experiment.loss}: expected a dataset of two classes, "
            f"found {dataset.name} of {dataset.classes}; choose another loss or dataset"
        )
    if dataset.task != task:
        raise GradevoError(
            f"experiment {experiment.name}: loss {experiment.loss}: expected a dataset for {task}, "
            f"found {dataset.name} for {dataset.task}; choose another loss or dataset"
        )


def _provenance(experiment: Experiment, seed: int, dataset: Dataset) -> dict[str, Any]:
    """What was run, with what, on what: no clock, path or host."""
    return {
        # Without the list of seeds: adding one must not change the others' records.
        "experiment": experiment.model_dump(mode="json", exclude=NOT_TRAINING),
        "seed": seed,
        "data": {"name": dataset.name, **dataset.provenance},
        "versions": {
            "python": platform.python_version(),
            "gradevo": __version__,
            **{package: version(package) for package in VERSIONED},
        },
        "machine": platform.machine(),
        "devices": devices(),
        "threads": threads_used(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
    }
