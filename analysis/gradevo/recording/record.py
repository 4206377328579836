"""``record``: train a model and keep every batch's gradient."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import runtime  # isort: skip  first: it sets what TensorFlow reads while it loads

import keras
import numpy as np
import tensorflow as tf

from ..errors import GradevoError
from ..runfile import Plan, RunWriter, resume
from . import identity
from .batches import Examples, Nest, batch_sizes, examples, order
from .evaluation import compile_evaluation
from .state import restore, state_variables, values
from .steps import compile_steps, steps_per_block


@dataclass(frozen=True)
class Epoch:
    """What ``on_epoch`` is told after an epoch.

    metrics: split -> metric name -> value. seconds: time of the epoch's steps and writing,
    and of its evaluation. first_nonfinite_step: from 0; None while all is finite.
    resumed: complete epochs that an earlier process had left.
    """

    epoch: int
    epochs: int
    steps: int
    metrics: Mapping[str, Mapping[str, float]]
    seconds: float
    first_nonfinite_step: int | None
    resumed: int


def record(
    model: keras.Model,
    x: Nest,
    y: Nest,
    path: str | Path,
    *,
    epochs: int,
    batch_size: int = 32,
    validation_data: tuple[Nest, Nest] | None = None,
    seed: int = 13,
    shuffle: bool = False,
    on_nonfinite: Literal["continue", "stop"] = "continue",
    experiment: Mapping[str, Any] | None = None,
    data_label: str = "",
    overwrite: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Path:
    """Train a compiled Keras model and write every batch's gradient to a run file.

    model: any compiled Keras model, Sequential or functional, with any optimizer, loss and
        metrics. It is trained in place, as by ``fit``. Gradients are those of the compiled
        loss with its penalties, before the optimizer clips or rescales them.
    x, y: arrays whose first axis counts the examples (lists or dicts of arrays for several
        inputs or outputs). Keep images uint8 and scale them in the model
        (``keras.layers.Rescaling(1/255)``): a quarter of the memory.
    path: the run file to write, such as "run.h5" (schema: docs/run-file.md). While training
        lasts it is ``run.partial.h5`` beside it, readable by ``gradevo.runfile.Run``. When
        a partial file of the same run is there, training continues after its last complete
        epoch and ends with the same bits as if it had never stopped.
    validation_data: ``(x, y)``, evaluated after every epoch like the training data.
    seed: of everything random in training; model weights are drawn when you build the model.
    shuffle: take the examples in a new order every epoch instead of a fixed one.
    on_nonfinite: go on after a NaN or infinite loss or gradient, or stop after that step with
        a valid file. The first such step stands in the file as ``first_nonfinite_step``.
    experiment: what to write into the file as a description; "title" heads the figures.
    data_label: a remark on the data that every figure shows.
    overwrite: replace an existing file at ``path``.
    on_epoch: called after every epoch.

    Returns the path. Raises GradevoError for a model that is not compiled or that trains by
    a ``train_step`` of its own, for data that do not fit together, and for an existing file.
    """
    path = Path(path)
    _check(model, epochs, batch_size, on_nonfinite, path, overwrite)
    runtime.prepare()
    keras.utils.set_random_seed(seed)

    train = examples(x, y, "training data")
    splits = {"train": train}
    if validation_data is not None:
        splits["validation"] = examples(*validation_data, "validation data")
    _build(model, train)
    settings = {
        "batch_size": batch_size,
        "shuffle": shuffle,
        "on_nonfinite": on_nonfinite,
        "experiment": dict(experiment or {}),
        "seed": seed,
        "metrics": [str(metric) for metric in (model.metrics_names)],
    }
    fingerprint = identity.fingerprint(model, tf.nest.flatten((x, y, validation_data or ())), settings)
    evaluate, metric_names = compile_evaluation(model, train, batch_size)

    variables, state = model.trainable_variables, state_variables(model)
    dtype = np.result_type(np.float32, *(np.dtype(v.dtype) for v in variables)).name
    plan = Plan(
        tensors=_tensors(model),
        epochs=epochs,
        batch_sizes=batch_sizes(train.count, batch_size),
        metrics=dict.fromkeys(splits, metric_names),
        state=[(tuple(v.shape), str(np.asarray(v.numpy()).dtype)) for v in state],
        dtype=dtype,
        attributes={
            "experiment": json.dumps(dict(experiment or {}), sort_keys=True),
            "seed": seed,
            "batch_size": batch_size,
            "shuffle": shuffle,
            "on_nonfinite": on_nonfinite,
            "data_label": data_label,
            "model": identity.architecture(model),
            "fingerprint": fingerprint,
            **{f"{package}_version": number for package, number in identity.versions().items()},
        },
    )
    steps = compile_steps(model, train, batch_size, dtype, on_nonfinite == "stop")

    writer, resumed = resume(path, plan)
    with writer:
        if resumed is None:
            writer.write_initial_weights(values(variables))
        else:
            restore([*variables, *state], [*resumed.weights, *resumed.state])
        already = writer.epochs_complete
        for epoch in range(already + 1, epochs + 1):
            began = time.perf_counter()
            sequence = order(train.count, seed, epoch, shuffle)
            if not _train_epoch(writer, steps, sequence, stop=on_nonfinite == "stop"):
                break
            metrics = {split: evaluate(data) for split, data in splits.items()}
            writer.complete_epoch(values(variables), metrics, values(state))
            if on_epoch is not None:
                seconds = time.perf_counter() - began
                bad = writer.first_nonfinite_step
                on_epoch(Epoch(epoch, epochs, plan.steps_per_epoch, metrics, seconds, bad, already))
        return writer.finish()


def _train_epoch(
    writer: RunWriter, steps: Callable[[Sequence[int], int, int], Any], sequence: Any, *, stop: bool
) -> bool:
    """Train and write one epoch; False when a non-finite step ended it."""
    plan = writer.plan
    size = steps_per_block(plan.bytes_per_step)
    for first in range(0, plan.steps_per_epoch, size):
        block = steps(sequence, first, min(size, plan.steps_per_epoch - first))
        bad = np.flatnonzero(~block.finite)
        if len(bad) and writer.first_nonfinite_step is None:
            writer.mark_nonfinite(writer.steps_written + int(bad[0]))
        writer.write_steps(block.gradients, block.losses)
        if stop and len(bad):
            return False
    return True


def _check(
    model: keras.Model, epochs: int, batch_size: int, on_nonfinite: str, path: Path, overwrite: bool
) -> None:
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise GradevoError(
            "model: expected a compiled Keras model, found one without optimizer and loss; "
            "call model.compile(optimizer, loss, metrics=…) first"
        )
    if type(model).train_step is not keras.Model.train_step:
        raise GradevoError(
            f"model: expected Keras' own train_step, found one of {type(model).__name__}; "
            "record differentiates the compiled loss, so put what is special into compute_loss"
        )
    if isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
        raise GradevoError(
            "optimizer: expected one that takes gradients as they are, found LossScaleOptimizer; "
            "compile with auto_scale_loss=False"
        )
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value < 1:
            raise GradevoError(f"{name}: expected an integer of at least 1, found {value}")
    if on_nonfinite not in ("continue", "stop"):
        raise GradevoError(f"on_nonfinite: expected 'continue' or 'stop', found {on_nonfinite!r}")
    if path.exists() and not overwrite:
        raise GradevoError(
            f"{path}: expected a new file, found an existing one; "
            "name another, delete it, or allow overwriting"
        )


def _build(model: keras.Model, train: Examples) -> None:
    """Create every variable now: a compiled call must not."""
    if not model.built:
        model(train.batch(tf.range(1, dtype=tf.int64))[0], training=False)
    if not model.trainable_variables:
        raise GradevoError("model: expected trainable weights, found none; unfreeze a layer")
    model.optimizer.build(model.trainable_variables)


def _tensors(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Path -> shape of every trainable tensor; equal paths are numbered.

    Keras begins a path with the name of the model in some models and not in others.
    """
    tensors: dict[str, tuple[int, ...]] = {}
    for variable in model.trainable_variables:
        path = variable.path.removeprefix(f"{model.name}/")
        name, count = path, 1
        while name in tensors:
            name, count = f"{path}_{count}", count + 1
        tensors[name] = tuple(variable.shape)
    return tensors
