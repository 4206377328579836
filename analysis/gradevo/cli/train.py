"""``gradevo train``: from an experiment and a prepared dataset to a run file and its provenance."""

import json
import os
import platform
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.cli.progress import progress
from gradevo.config.experiment import NOT_TRAINING, Experiment
from gradevo.config.load import parse_experiment, read_config
from gradevo.datasets import prepared, splits
from gradevo.datasets.dataset import Dataset
from gradevo.datasets.origin import file_sha256
from gradevo.datasets.targets import listed
from gradevo.errors import GradevoError, one_line
from gradevo.models import build
from gradevo.models.own import is_file, training
from gradevo.processor import instruction_sets, processor_model
from gradevo.tensorflow_log import silenced
from gradevo.version import __version__

if TYPE_CHECKING:
    import keras

Rows = tuple[Any, ...]
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
    config: Annotated[Path, typer.Option(help="Configuration file.")] = Path("config/default.yaml"),
    overwrite: Annotated[bool, typer.Option(help="Replace an existing run file.")] = False,
) -> None:
    """Train a model and record every batch's gradient; continues where a killed run stopped."""
    chosen = _read(experiment, config)
    seed = chosen.seeds[0] if seed is None else seed
    dataset = prepared.load(data)
    _check_fit(chosen, dataset)
    with silenced():  # TensorFlow takes seconds to load, so only now
        from gradevo.recording.keras import runtime
        from gradevo.recording.keras.record import record
    runtime.prepare(threads)
    model, (x, y, *weights), validation = prepare(chosen, dataset, seed)
    fit: dict[str, Any] = {"sample_weight": weights[0]} if weights else {}
    if chosen.class_weight:
        indices = {label: index for index, label in enumerate(dataset.labels or ())}
        fit["class_weight"] = {indices[label]: weight for label, weight in chosen.class_weight.items()}
    details: dict[str, Any] = {  # what was run, with what, on what: no clock, path or host
        # Without the list of seeds: adding one must not change the others' records.
        "experiment": {**chosen.model_dump(mode="json", exclude=NOT_TRAINING), **_own_model(chosen)},
        "seed": seed,
        "data": {"name": dataset.name, **dataset.provenance},
        "versions": {
            "python": platform.python_version(),
            "gradevo": __version__,
            **{package: version(package) for package in VERSIONED},
        },
        "machine": platform.machine(),
        "processor": processor_model(),
        "instruction_sets": instruction_sets(),
        "devices": runtime.devices(),
        "threads": runtime.threads(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS"),
    }
    label = dataset.data_label
    del dataset  # its rows are copied by now, and large
    path = Path(chosen.model)
    explained = training(path, f"experiment {chosen.name}") if is_file(chosen.model) else nullcontext()
    with explained, progress(chosen) as show:
        record(
            model,
            x,
            y,
            output,
            epochs=chosen.epochs,
            batch_size=chosen.batch_size,
            validation_data=validation,
            seed=seed,
            shuffle=chosen.shuffle,
            on_nonfinite=chosen.on_nonfinite,
            experiment=details["experiment"],
            data=details["data"],
            keep_bits=chosen.keep_bits,
            record_every=chosen.record_every,
            record_epochs=chosen.record_epochs,
            activation_gradients=chosen.activation_gradients,
            updates=chosen.updates,
            stop_below=chosen.stop_below,
            data_label=label,
            overwrite=overwrite,
            on_epoch=show,
            **fit,
        )
    if provenance is not None:
        with atomic_file(provenance) as partial:
            partial.write_text(json.dumps(details, indent=2) + "\n", encoding="utf-8")


def prepare(experiment: Experiment, dataset: Dataset, seed: int) -> tuple["keras.Model", Rows, Rows | None]:
    """The compiled model; inputs and labels, in the form that its loss reads, to train and to validate on.

    Rows are (x, y), or (x, y, w) where the dataset has weights; x is a dict where it has several inputs.
    """
    rows, held_out = splits.training_and_validation(dataset, seed, experiment.validation)
    # One unit tells two classes apart where the loss reads it as a probability.
    outputs = 1 if experiment.labels == "column" else dataset.outputs

    def labelled(x: NDArray[Any], y: NDArray[Any], *weights: NDArray[Any]) -> Rows:
        given = dataset.as_inputs(x)
        if experiment.labels == "column":
            return given, y[:, np.newaxis].astype(np.float32), *weights
        return given, np.eye(outputs, dtype=np.float32)[y] if experiment.labels == "one-hot" else y, *weights

    model = build.build(experiment, dataset.input_shape, outputs, seed)
    return model, labelled(*rows), None if held_out is None else labelled(*held_out)


def _read(experiment: str, config: Path) -> Experiment:
    """An experiment given as JSON (the workflow) or by its name in a configuration file (people)."""
    if experiment.lstrip().startswith("{"):
        return parse_experiment(experiment)
    definitions = read_config(config).definitions
    if experiment not in definitions:
        raise GradevoError(f"{config}: expected one of {', '.join(definitions)}, found {experiment}")
    return definitions[experiment]


def _own_model(experiment: Experiment) -> dict[str, str]:
    """Which version of the user's own file was trained; an edited one does not continue a killed run."""
    path = Path(experiment.model)
    return {"model_sha256": file_sha256(path)} if is_file(experiment.model) else {}


def _check_fit(experiment: Experiment, dataset: Dataset) -> None:
    task = "regression" if experiment.labels == "target" else "classification"
    if experiment.labels == "column" and dataset.classes not in (None, 2):
        raise GradevoError(
            f"experiment {experiment.name}: loss {experiment.loss}: expected a dataset of two classes, "
            f"found {dataset.name} of {dataset.classes}; choose another loss or dataset"
        )
    if dataset.task != task:
        classes = ", or add a metric of classes, such as categorical_accuracy" if task == "regression" else ""
        raise GradevoError(
            f"experiment {experiment.name}: loss {experiment.loss}: expected a dataset for {task}, "
            f"found {dataset.name} for {dataset.task}; choose another loss or dataset{classes}"
        )
    labels = dataset.labels or ()
    for label in experiment.class_weight:
        if label not in labels:
            message = (
                f"experiment {experiment.name}: class_weight: expected any of {dataset.name}'s classes "
                f"{listed(labels)}, found {label}"
            )
            raise GradevoError(one_line(message))
    if labels and not any(experiment.class_weight.get(label, 1) for label in labels):
        raise GradevoError(
            f"experiment {experiment.name}: class_weight: expected a class that counts, found 0 for each of "
            f"{dataset.name}'s; give one of them more"
        )
    if experiment.class_weight and dataset.w_train is not None:
        raise GradevoError(
            f"experiment {experiment.name}: class_weight: expected a dataset without weights of its rows, "
            f"found {dataset.name} with some; leave out one of the two"
        )
