"""``record``: train a model and keep every batch's gradient."""

import inspect
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gradevo.recording.keras import runtime  # isort: skip  first: it sets what TensorFlow reads while it loads

import keras
import numpy as np
import tensorflow as tf

from gradevo.errors import GradevoError
from gradevo.recording.keras import (
    rows_tensorflow,  # noqa: F401  the callback finds it by the backend's name
    state,
)
from gradevo.recording.keras.batches import Examples, examples, order
from gradevo.recording.keras.callback import GradientRecorder, by_split
from gradevo.recording.keras.fused import fused_batch_normalization
from gradevo.recording.keras.graph import calls_of, layer_graph, through_time
from gradevo.recording.keras.optimizers import alters, inner_of
from gradevo.recording.keras.steps import compile_evaluation, compile_steps
from gradevo.recording.keras.variables import named_tensors, values_of
from gradevo.recording.recorder import (
    as_json,
    check_keep_bits,
    check_new,
    check_record_epochs,
    check_settings,
)
from gradevo.runfile.disk import check_space
from gradevo.runfile.lock import exclusive
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import Plan
from gradevo.runfile.writer import RunWriter

logger = logging.getLogger(__name__)

# A block of gradients waits in memory before it is written.
BLOCK_BYTES = 64 << 20


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


class _Telling(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls ``on_epoch`` after every epoch that ``fit`` trains."""

    def __init__(self, on_epoch: Callable[[Epoch], None]) -> None:
        super().__init__()
        self._on_epoch = on_epoch
        self._began = self._trained = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._began = time.perf_counter()
        self._trained = 0.0

    def on_test_begin(self, logs: Any = None) -> None:
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        now = time.perf_counter()
        seconds, trained = now - self._began, (self._trained or now) - self._began
        epochs, steps = self.params["epochs"], self.params["steps"]
        self._on_epoch(Epoch(epoch + 1, epochs, steps, by_split(logs), seconds, trained, 0))


class Recorded(keras.callbacks.History):  # type: ignore[misc]
    """The history of a recorded training, and where its run file is.

    path: of the run file, for which the history can stand itself. history: name of a metric -> its values
    after the epochs that were trained.
    """

    def __init__(self, path: Path, history: Mapping[str, Sequence[float]]) -> None:
        super().__init__()
        self.path = path
        self.history = {name: list(values) for name, values in history.items()}
        self.epoch = list(range(max(map(len, self.history.values()), default=0)))

    def __fspath__(self) -> str:
        """The path of the run file."""
        return str(self.path)


@runtime.refusals_explained
def record(
    model: keras.Model,
    x: Any = None,
    y: Any = None,
    path: str | Path = "run.h5",
    *,
    epochs: int = 1,
    batch_size: int | None = None,
    validation_data: Any = None,
    seed: int = 13,
    shuffle: bool = True,
    on_nonfinite: Literal["continue", "stop"] = "continue",
    experiment: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    data_label: str = "",
    keep_bits: int | None = None,
    record_every: int = 1,
    record_epochs: Collection[int] | None = None,
    activation_gradients: bool = False,
    updates: bool = False,
    deterministic: bool = True,
    stop_below: float | None = None,
    overwrite: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
    **fit: Any,
) -> Recorded:
    """Train a compiled Keras model and write every batch's gradient to a run file.

    It takes what ``fit`` takes. Arrays are trained on in compiled calls of many steps; all that these do not
    know (a ``tf.data.Dataset``, a ``PyDataset``, a generator; weights of examples and classes; callbacks; a
    ``train_step`` of the model's own) is trained on by ``fit`` itself with a `GradientRecorder`.

    Args:
        model: Any compiled Keras model with any optimizer, loss and metrics. It is trained in place, as by
            ``fit``. Gradients are those of the compiled loss with its penalties, in units of that loss,
            before the optimizer clips or rescales them.
        x: The inputs, an array (examples, ...) of any dtype that the model takes, or a list or dict of such
            arrays for several inputs; or whatever else ``fit`` reads from. Keep images uint8 and scale them
            in the model (``keras.layers.Rescaling(1/255)``): a quarter of the memory.
        y: The targets, likewise, with as many examples; None where the inputs bring them or the model needs
            none.
        path: The run file to write, such as "run.h5" (schema: docs/run-file.md). While training lasts it is
            ``run.partial.h5`` beside it, readable by `gradevo.Run`. When a partial file of the same run is
            there, training continues after its last complete epoch and ends with the same bits as if it had
            never stopped.
        epochs: How often all examples are gone through.
        batch_size: Examples of a step, 32 for arrays; the last of an epoch may have fewer.
        validation_data: ``(x, y)``, evaluated after every epoch like the training data, or what else ``fit``
            takes.
        seed: Of everything random in training, set for Python, NumPy and Keras alike. The model's weights are
            drawn when you build it: call ``keras.utils.set_random_seed`` before that, or a second run starts
            from other weights and cannot continue the first. Layers that draw random numbers need a seed
            generator of their own, as Keras' have, to be continued to the same bits.
        shuffle: Take the examples in a new order every epoch instead of a fixed one.
        on_nonfinite: Go on after a NaN or infinite loss or gradient, or stop after that step with a valid
            file. The first such step stands in the file as ``first_nonfinite_step`` and is logged as a
            warning.
        experiment: What to write into the file as a description (JSON-able); "title" heads the figures.
        data: What to write into the file about where the data come from (JSON-able).
        data_label: A remark on the data that every figure shows.
        keep_bits: Round the recorded gradients to this many bits of mantissa (1 to 22), which halves the file
            and more (docs/performance.md); training itself is not touched. None keeps all bits.
        record_every: n, to record the first batch of an epoch and every n-th after it. The sum of all
            batches' gradients of every epoch is then recorded too, so that statistics of epochs stay exact;
            those of steps are about the recorded ones.
        record_epochs: Numbers of epochs, from 1, such as ``[1, 5, 10]``, of which steps are recorded as
            ``record_every`` says; of others only the first batch. The sums of all batches are recorded too.
        activation_gradients: Also record the norm of the gradient that flows back through every connection of
            the model's layers, ‖∂loss/∂activation‖₂ over the batch, and for recurrent layers the same at
            every time step of their input. Of a subclass with a ``call`` of its own the connections are not
            known.
        updates: Also record the norm of every tensor's update of every step, ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂, which costs some
            passes over the weights (docs/performance.md).
        deterministic: Have TensorFlow take kernels that compute the same bits every time. False for
            operations that have none; the file says so, and a resumed run may end with other bits.
        stop_below: End after the first epoch whose training loss, over the whole split, is below this.
        overwrite: Replace an existing file at ``path``.
        on_epoch: Called after every epoch of arrays.
        fit: Other arguments of ``fit``: ``sample_weight``, ``class_weight``, ``validation_split``,
            ``validation_freq``, ``callbacks``, ``initial_epoch``, ``steps_per_epoch``, ``verbose``, …

    Returns:
        The history, as ``fit`` gives it, which stands for the path of the run file, too. The metrics are of
        the whole split after the epoch; where ``fit`` trains, those of training are its means over the epoch.
        The run file holds of every trainable tensor the gradients (steps, *shape) and the
        weights (epochs + 1, *shape), float32 unless the model has float64 variables.

    Raises:
        GradevoError: For a model that is not compiled, for settings out of range, for data that do not fit
            together, for an operation without a deterministic kernel, for what ``fit`` cannot do where it
            trains, for an existing file, for too little room on the disk, and when another process is
            recording to the same path.
        DiskFull: When the disk fills up all the same; the complete epochs are kept.

    >>> import tempfile, gradevo
    >>> keras.utils.set_random_seed(13)
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax", name="dense")])
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> x, y = np.eye(10, 4), np.arange(10) % 3
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = gradevo.record(model, x, y, f"{folder}/run.h5", epochs=2, batch_size=5)
    ...     with gradevo.Run(path) as run:
    ...         print(run.steps, run.read_gradients("dense/kernel", 0, run.steps).shape)
    4 (4, 4, 3)
    """
    path = Path(path)
    _check_model(model)
    sizes = {} if batch_size is None else {"batch_size": batch_size}
    check_settings(epochs=epochs, record_every=record_every, **sizes)
    check_keep_bits(keep_bits)
    check_record_epochs(record_epochs)
    if not isinstance(seed, int | np.integer):
        raise GradevoError(f"seed: expected an integer, found {seed!r}")
    if on_nonfinite not in ("continue", "stop"):
        raise GradevoError(f"on_nonfinite: expected 'continue' or 'stop', found {on_nonfinite!r}")
    verbose = fit.pop("verbose", 0)
    if reason := _why_fit(model, x, validation_data, fit):
        _check_for_fit(reason, on_nonfinite, stop_below, activation_gradients, _is_stream(x) and on_epoch)
        _check_arguments(model, x, y, fit)
        runtime.prepare(deterministic=deterministic)
        keras.utils.set_random_seed(seed)
        recorder = GradientRecorder(
            path,
            updates=updates,
            seed=seed,
            experiment=experiment,
            data=data,
            data_label=data_label,
            keep_bits=keep_bits,
            record_every=record_every,
            record_epochs=record_epochs,
            deterministic=deterministic,
            overwrite=overwrite,
        )
        telling = [] if on_epoch is None else [_Telling(on_epoch)]
        callbacks = [recorder, *telling, *(fit.pop("callbacks", None) or [])]
        told = {"epochs": epochs, "batch_size": batch_size, "validation_data": validation_data, **fit}
        # A stream comes as it comes; the batches of a PyDataset can be taken in any order.
        told["shuffle"] = shuffle and (not _is_stream(x) or isinstance(x, keras.utils.PyDataset))
        trained = model.fit(x, y, callbacks=callbacks, verbose=verbose, **told)
        return Recorded(path, trained.history)
    batch_size = 32 if batch_size is None else batch_size
    check_new(path, overwrite)
    runtime.prepare(deterministic=deterministic)
    keras.utils.set_random_seed(seed)

    splits = {"train": examples(x, y, "training data")}
    if validation_data is not None:
        _check_pair(validation_data)
        splits["validation"] = examples(validation_data[0], validation_data[1], "validation data")
    train = splits["train"]
    _check_batches(model, splits, batch_size)
    state.create_variables(model, train)
    for split, split_data in splits.items():
        _check_labels(model, split_data, f"{split} data")
    calls = calls_of(model)
    graph = layer_graph(model, calls)
    if not activation_gradients:
        calls = []
    with fused_batch_normalization(model):
        evaluate, metrics = compile_evaluation(model, list(splits.values()), batch_size)
    settings = {
        "experiment": as_json("experiment", experiment),
        "seed": seed,
        "batch_size": batch_size,
        "shuffle": shuffle,
        "on_nonfinite": on_nonfinite,
        "data": as_json("data", data),
        "data_label": data_label,
        **({} if stop_below is None else {"stop_below": stop_below}),
        **({} if deterministic else {"deterministic": False}),
    }
    weights, carried = model.trainable_variables, state.state_variables(model)
    names = named_tensors(model)
    arrays = [array for split in splits.values() for array in split.arrays]
    of_batches = np.diff(np.r_[0 : train.count : batch_size, train.count])
    batches = len(of_batches)
    plan = Plan(
        tensors={names[id(variable)]: tuple(variable.shape) for variable in weights},
        epochs=epochs,
        batches=batches,
        metrics=dict.fromkeys(splits, metrics),
        state=[(value.shape, value.dtype.name) for value in state.stored(values_of(carried))],
        norms=[
            *(["updates"] if updates else []),
            *(["applied"] if alters(inner_of(model.optimizer)) else []),
        ],
        dtype="float64" if any(variable.dtype == "float64" for variable in weights) else "float32",
        keep_bits=keep_bits,
        record_every=record_every,
        record_epochs=record_epochs,
        graph=graph,
        activation_gradients=any(call.inputs for call in calls),
        through_time=through_time(calls),
        attributes={
            **settings,
            **{f"{package}_version": number for package, number in state.versions().items()},
            "model": state.architecture(model),
            "fingerprint": state.fingerprint(model, arrays, {**settings, "metrics": metrics}),
        },
    )
    check_space(path, plan)
    with fused_batch_normalization(model):
        steps = compile_steps(model, train, batch_size, plan.dtype, on_nonfinite == "stop", calls, updates)

    def train_epoch(epoch: int, writer: RunWriter) -> bool:
        """Train and write one epoch; False when a non-finite step ended the run in it."""
        sequence = order(train.count, seed, epoch, shuffle)
        size = max(1, BLOCK_BYTES // max(1, plan.bytes_per_step))
        for first in range(0, batches, size):
            block = steps(sequence, first, min(size, batches - first))
            known = writer.first_nonfinite
            taken = of_batches[first : first + len(block.finite)]
            values = {**block.series, "steps/batch_size": taken}
            for norm in plan.norms:
                columns = zip(plan.tensors, values.pop(f"steps/{norm}").T, strict=True)
                values |= {f"steps/{norm}/{name}": column for name, column in columns}
            writer.write_steps(block.gradients, values, block.finite)
            if known is None and writer.first_nonfinite is not None:
                logger.warning(
                    "%s: the loss or a gradient is not finite for the first time: "
                    "step %d (from 0), epoch %d; the recording %s",
                    (experiment or {}).get("name", path.name),
                    *writer.first_nonfinite,
                    "stops here" if on_nonfinite == "stop" else "goes on",
                )
            if on_nonfinite == "stop" and not block.finite.all():
                return False
        return True

    with exclusive(path):
        check_new(path, overwrite)  # another process may have finished it meanwhile
        writer, resumed = resume(path, plan)
        with writer:
            loss = None
            history: dict[str, list[float]] = {}
            if resumed is None:
                writer.write_initial_weights(values_of(weights))
            else:
                state.restore(weights, resumed.weights)
                state.restore(carried, resumed.state)
                loss = resumed.loss
            already = writer.epochs_complete
            for epoch in range(already + 1, epochs + 1):
                if stop_below is not None and loss is not None and loss < stop_below:
                    break
                began = time.perf_counter()
                if not train_epoch(epoch, writer):
                    break
                step_seconds = time.perf_counter() - began
                results = {split: evaluate(data) for split, data in splits.items()}
                loss = results["train"]["loss"]
                for split, values in results.items():
                    for name, value in values.items():
                        history.setdefault(f"val_{name}" if split == "validation" else name, []).append(value)
                writer.complete_epoch(values_of(weights), results, state.stored(values_of(carried)))
                if on_epoch is not None:
                    seconds = time.perf_counter() - began
                    on_epoch(Epoch(epoch, epochs, batches, results, seconds, step_seconds, already))
            model.optimizer.finalize_variable_values(weights)
            return Recorded(writer.finish(), history)


def _why_fit(model: keras.Model, x: Any, validation_data: Any, fit: Mapping[str, Any]) -> str:
    """What is asked for that the compiled loop does not know, so that ``fit`` trains; empty if nothing."""
    if fit:
        return ", ".join(fit)
    if type(model).train_step is not keras.Model.train_step or "train_step" in vars(model):
        return "a train_step of the model's own"
    if isinstance(validation_data, tuple | list) and len(validation_data) == 3:
        return "weights in validation_data"
    given = [x, validation_data[0] if isinstance(validation_data, tuple | list) else validation_data]
    return next((f"a {type(data).__name__}" for data in given if _is_stream(data)), "")


def _check_for_fit(
    reason: str, on_nonfinite: str, stop_below: float | None, activation_gradients: bool, on_epoch: object
) -> None:
    """Raise GradevoError for settings that the compiled loop alone knows."""
    given: dict[str, bool] = {
        "on_nonfinite": on_nonfinite != "continue",
        "stop_below": stop_below is not None,
        "activation_gradients": activation_gradients,
        "on_epoch": bool(on_epoch),
    }
    for name in (name for name, told in given.items() if told):
        raise GradevoError(f"{name}: expected it for arrays alone, found {reason}; leave one of the two out")


def _check_arguments(model: keras.Model, x: Any, y: Any, fit: Mapping[str, Any]) -> None:
    """Raise GradevoError for arguments that ``fit`` does not take."""
    known = inspect.signature(model.fit).parameters
    for name in fit:
        if name not in known:
            raise GradevoError(f"{name}: expected an argument of record or fit: {', '.join(known)}")
    if y is not None and _is_stream(x):
        hint = f"hand it over as path={str(y)!r}" if isinstance(y, str | Path) else "leave it out"
        raise GradevoError(
            f"y: expected None, since a {type(x).__name__} brings its targets, found {y!r:.40}; {hint}"
        )


def _is_stream(data: Any) -> bool:
    """Whether ``fit`` takes batches, not examples, from it."""
    streams = (tf.data.Dataset, keras.utils.PyDataset, Iterator)
    return isinstance(data, streams) or type(data).__module__.startswith("torch.utils.data")


def _check_pair(validation_data: object) -> None:
    """Raise GradevoError unless the validation data are inputs and targets."""
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        found = (
            f"{len(validation_data)} parts"
            if isinstance(validation_data, tuple | list)
            else f"one {type(validation_data).__name__}"
        )
        raise GradevoError(f"validation_data: expected a pair (x, y), or (x, y, weights), found {found}")


def _check_batches(model: keras.Model, splits: Mapping[str, Examples], batch_size: int) -> None:
    """Raise GradevoError where a batch has other examples than the model's inputs say."""
    fixed = state.fixed_batch(model)
    if fixed is None:
        return
    if batch_size != fixed:
        raise GradevoError(
            f"batch_size: expected {fixed}, as the model's inputs say, found {batch_size}; change one of them"
        )
    for split, data in splits.items():
        if data.count % fixed:
            raise GradevoError(
                f"{split} data: expected batches of {fixed} examples, as the model's inputs say, found "
                f"{data.count} examples; leave out {data.count % fixed}"
            )


def _check_labels(model: keras.Model, data: Examples, what: str) -> None:
    """Raise GradevoError for a label beyond the classes that the model tells apart."""
    loss = getattr(model, "loss", None)
    name = loss if isinstance(loss, str) else getattr(loss, "name", None) or getattr(loss, "__name__", "")
    shape = getattr(model, "output_shape", None)
    if name != "sparse_categorical_crossentropy" or not isinstance(shape, tuple) or len(data.arrays) < 2:
        return
    labels, classes = data.arrays[-1], shape[-1]
    if labels.dtype.kind in "iuf" and not (labels.min() >= 0 and labels.max() < classes):
        raise GradevoError(
            f"{what}: expected labels from 0 to {classes - 1}, since the model has {classes} outputs, found "
            f"{labels.min()} to {labels.max()}"
        )


def _check_model(model: keras.Model) -> None:
    """Raise GradevoError for a model whose gradients ``record`` would not get right."""
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise GradevoError(
            "model: expected a compiled Keras model, found one without optimizer and loss; "
            "call model.compile(optimizer, loss, metrics=…) first"
        )
