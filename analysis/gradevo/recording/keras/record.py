"""``record``: train a model and keep every batch's gradient."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gradevo.recording.keras import runtime  # isort: skip  first: it sets what TensorFlow reads while it loads

import keras
import numpy as np

from gradevo.layers import LayerGraph
from gradevo.recording.keras import identity
from gradevo.recording.keras.batches import Examples, Nest, batch_sizes, examples, order
from gradevo.recording.keras.checks import check_model, check_new, check_pair, check_settings
from gradevo.recording.keras.evaluation import compile_evaluation
from gradevo.recording.keras.fused import fused_batch_normalization
from gradevo.recording.keras.graph import Call, calls_of, layer_graph, through_time
from gradevo.recording.keras.state import create_variables, restore, state_variables, tensors, values
from gradevo.recording.keras.steps import compile_steps, steps_per_block
from gradevo.runfile.full_disk import full_disk_explained
from gradevo.runfile.lock import exclusive
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import Plan
from gradevo.runfile.space import check_space
from gradevo.runfile.writer import RunWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Epoch:
    """What ``on_epoch`` is told after an epoch.

    metrics: split -> metric name -> value. seconds: time of the whole epoch with evaluation
    and writing; step_seconds: of its steps and the writing of their gradients. resumed:
    complete epochs that an earlier process had left.
    """

    epoch: int
    epochs: int
    steps: int
    metrics: Mapping[str, Mapping[str, float]]
    seconds: float
    step_seconds: float
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
    data: Mapping[str, Any] | None = None,
    data_label: str = "",
    keep_bits: int | None = None,
    record_every: int = 1,
    activation_gradients: bool = False,
    stop_below: float | None = None,
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
    seed: of everything random in training, set for Python, NumPy and Keras alike; operations are
        made deterministic for the process. The model's weights are drawn when you build it: call
        ``keras.utils.set_random_seed`` before that, or a second run starts from other weights and
        cannot continue the first. Layers that draw random numbers need a seed generator of their
        own, as Keras' have, to be continued to the same bits.
    shuffle: take the examples in a new order every epoch instead of a fixed one.
    on_nonfinite: go on after a NaN or infinite loss or gradient, or stop after that step with
        a valid file. The first such step stands in the file as ``first_nonfinite_batch`` and is
        logged as a warning.
    experiment: what to write into the file as a description; "title" heads the figures.
    data: what to write into the file about where the data come from (JSON-able).
    data_label: a remark on the data that every figure shows.
    keep_bits: round the recorded gradients to so many bits of mantissa (1 to 22), which halves the
        file and more (docs/performance.md); training itself is not touched. None keeps all bits.
    record_every: record the first batch of an epoch and every so-manyth after it. The sum of all
        batches' gradients of every epoch is then recorded too, so that statistics of epochs stay
        exact; those of steps are about the recorded ones.
    activation_gradients: also record the norm of the gradient that flows back through every connection of
        the model's layers, ‖∂loss/∂activation‖₂ over the batch, and for recurrent layers the same at every
        time step of their input. Of a subclass with a ``call`` of its own the connections are not known.
    stop_below: end after the first epoch whose training loss, over the whole split, is below this.
    overwrite: replace an existing file at ``path``.
    on_epoch: called after every epoch.

    Returns the path. Raises GradevoError for a model that is not compiled or that trains by
    a ``train_step`` of its own, for data that do not fit together, for an existing file, for too
    little room on the disk, and when another process is recording to the same path. DiskFull when
    the disk fills up all the same; the complete epochs are kept.
    """
    path = Path(path)
    check_settings(epochs, batch_size, on_nonfinite, keep_bits, record_every)
    check_model(model)
    check_new(path, overwrite)
    runtime.prepare()
    keras.utils.set_random_seed(seed)

    splits = {"train": examples(x, y, "training data")}
    if validation_data is not None:
        check_pair(validation_data)
        splits["validation"] = examples(*validation_data, "validation data")
    train = splits["train"]
    create_variables(model, train)
    graph_calls = calls_of(model)
    with fused_batch_normalization(model):
        evaluate, metrics = compile_evaluation(model, list(splits.values()), batch_size)
    settings = {
        "experiment": json.dumps(dict(experiment or {}), sort_keys=True),
        "seed": seed,
        "batch_size": batch_size,
        "shuffle": shuffle,
        "on_nonfinite": on_nonfinite,
        "data": json.dumps(dict(data or {}), sort_keys=True),
        "data_label": data_label,
        **({} if stop_below is None else {"stop_below": stop_below}),
    }
    tapped_calls = graph_calls if activation_gradients else []
    graph = layer_graph(model, graph_calls)
    plan = _plan(model, splits, metrics, epochs, settings, keep_bits, record_every, graph, tapped_calls)
    check_space(path, plan)
    batches = len(plan.batch_sizes)
    with fused_batch_normalization(model):
        steps = compile_steps(model, train, batch_size, plan.dtype, on_nonfinite == "stop", tapped_calls)

    def train_epoch(epoch: int, writer: RunWriter) -> bool:
        """Train and write one epoch; False when a non-finite step ended the run in it."""
        sequence = order(train.count, seed, epoch, shuffle)
        size = steps_per_block(plan.bytes_per_step)
        for first in range(0, batches, size):
            block = steps(sequence, first, min(size, batches - first))
            bad = np.flatnonzero(~block.finite)
            if len(bad) and writer.first_nonfinite_batch is None:
                step = writer.batches_taken + int(bad[0])
                writer.mark_nonfinite(step)
                logger.warning(
                    "%s: the loss or a gradient is not finite for the first time: "
                    "step %d (from 0), epoch %d; the recording %s",
                    (experiment or {}).get("name", path.name),
                    step,
                    epoch,
                    "stops here" if on_nonfinite == "stop" else "goes on",
                )
            writer.write_steps(
                block.gradients,
                block.losses,
                block.edges,
                dict(zip(plan.through_time, block.through_time, strict=True)),
            )
            if len(bad) and on_nonfinite == "stop":
                return False
        return True

    with exclusive(path), full_disk_explained(path):
        check_new(path, overwrite)  # another process may have finished it meanwhile
        writer, resumed = resume(path, plan)
        with writer:
            if resumed is None:
                writer.write_initial_weights(values(model.trainable_variables))
            else:
                restore(model.trainable_variables, resumed.weights)
                restore(state_variables(model), resumed.state)
            already = writer.epochs_complete
            loss = None if resumed is None else resumed.loss
            for epoch in range(already + 1, epochs + 1):
                if stop_below is not None and loss is not None and loss < stop_below:
                    break
                began = time.perf_counter()
                if not train_epoch(epoch, writer):
                    break
                step_seconds = time.perf_counter() - began
                results = {split: evaluate(data) for split, data in splits.items()}
                loss = results["train"]["loss"]
                writer.complete_epoch(
                    values(model.trainable_variables), results, values(state_variables(model))
                )
                if on_epoch is not None:
                    seconds = time.perf_counter() - began
                    on_epoch(Epoch(epoch, epochs, batches, results, seconds, step_seconds, already))
            model.optimizer.finalize_variable_values(model.trainable_variables)
            return writer.finish()


def _plan(
    model: keras.Model,
    splits: Mapping[str, Examples],
    metrics: list[str],
    epochs: int,
    settings: Mapping[str, Any],
    keep_bits: int | None,
    record_every: int,
    graph: LayerGraph,
    calls: list[Call],
) -> Plan:
    """What the run file will hold, and the attributes that tell one run from another."""
    arrays = [array for split in splits.values() for array in split.arrays]
    dtypes = (np.dtype(variable.dtype) for variable in model.trainable_variables)
    versions = {f"{package}_version": number for package, number in identity.versions().items()}
    return Plan(
        tensors=tensors(model),
        epochs=epochs,
        batch_sizes=batch_sizes(splits["train"].count, settings["batch_size"]),
        metrics=dict.fromkeys(splits, metrics),
        state=[(value.shape, value.dtype.name) for value in values(state_variables(model))],
        dtype=np.result_type(np.float32, *dtypes).name,
        keep_bits=keep_bits,
        record_every=record_every,
        graph=graph,
        activation_gradients=any(call.inputs for call in calls),
        through_time=through_time(calls),
        attributes={
            **settings,
            **versions,
            "model": identity.architecture(model),
            "fingerprint": identity.fingerprint(model, arrays, {**settings, "metrics": metrics}),
        },
    )
