"""``gradevo train``: from an experiment and a prepared dataset to a run file and its provenance."""

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from gradevo.atomic import atomic_file
from gradevo.cli.options import ConfigFile
from gradevo.cli.progress import Progress
from gradevo.config.experiment import NOT_TRAINING, Experiment
from gradevo.config.load import parse_experiment, read_config
from gradevo.datasets import prepared, splits
from gradevo.datasets.dataset import Dataset
from gradevo.errors import GradevoError
from gradevo.models import build
from gradevo.tensorflow_log import silenced
from gradevo.version import __version__

with silenced():
    from gradevo.recording.keras.record import Epoch, record
    from gradevo.recording.keras.runtime import devices, prepare
    from gradevo.recording.keras.runtime import threads as threads_used

VERSIONED = ("keras", "tensorflow", "numpy", "h5py", "hdf5plugin")


def command(
    experiment: Annotated[str, typer.Argument(help="Name in the configuration, or an experiment as JSON.")],
    data: Annotated[Path, typer.Option(help="Prepared dataset (gradevo fetch).")],
    output: Annotated[Path, typer.Option(help="Run file to write.")],
    provenance: Annotated[Path | None, typer.Option(help="Provenance to write (JSON).")] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the experiment's first seed.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads for TensorFlow. Default: its own.")
    ] = None,
    config: ConfigFile = Path("config/default.yaml"),
    overwrite: Annotated[bool, typer.Option(help="Replace an existing run file.")] = False,
) -> None:
    """Train a model and record every batch's gradient; continues where a killed run stopped."""
    chosen = _read(experiment, config)
    seed = chosen.seeds[0] if seed is None else seed
    with Progress(chosen) as progress:
        train(chosen, seed, data, output, provenance, threads, overwrite, progress)


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
    dataset = prepared.load(data)
    _check_fit(experiment, dataset)
    prepare(threads)
    (x, y), validation = splits.training_and_validation(dataset, seed, experiment.validation)
    # One unit tells two classes apart where the loss reads it as a probability.
    outputs = 1 if experiment.labels == "column" else dataset.classes or 1
    model = build.build(experiment, x.shape[1:], outputs, seed)
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


def _read(experiment: str, config: Path) -> Experiment:
    """An experiment given as JSON (the workflow) or by its name in a configuration file (people)."""
    if experiment.lstrip().startswith("{"):
        return parse_experiment(experiment)
    definitions = read_config(config).definitions
    if experiment not in definitions:
        raise GradevoError(f"{config}: expected one of {', '.join(definitions)}, found {experiment}")
    return definitions[experiment]


def _labels(y: np.ndarray[Any, Any], experiment: Experiment, classes: int) -> np.ndarray[Any, Any]:
    """Labels in the form that the loss reads: rows of zeros and a one, a column, or as they are."""
    if experiment.labels == "column":
        return y[:, np.newaxis].astype(np.float32)
    return np.eye(classes, dtype=np.float32)[y] if experiment.labels == "one-hot" else y


def _check_fit(experiment: Experiment, dataset: Dataset) -> None:
    task = "regression" if experiment.labels == "target" else "classification"
    if experiment.labels == "column" and dataset.classes not in (None, 2):
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
