"""``GradientRecorder``: the record of a training by ``fit``, whatever its train step does."""

import logging
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from gradevo.recording.keras import runtime  # noqa: F401  isort: skip  it sets what TensorFlow reads while it loads

import keras
import numpy as np
import tensorflow as tf

from gradevo.recording.keras import state
from gradevo.recording.keras.graph import calls_of, layer_graph
from gradevo.recording.keras.steps import flattened, numbers_of, scale_of
from gradevo.recording.recorder import BLOCK_BYTES, BLOCK_STEPS, Recorder

logger = logging.getLogger(__name__)

_RECORDING: WeakValueDictionary[Path, "GradientRecorder"] = WeakValueDictionary()
"""Those of this process that record, by their files; one that ``fit`` left by an error still stands here."""


class GradientRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Record every batch's gradients while ``fit`` trains; nothing in the training changes.

    It works with whatever ``fit`` reads from, with any ``train_step``, ``steps_per_execution`` and several
    optimizers: recorded of a batch is what the optimizers are handed in it, before it is clipped; where the
    loss is scaled, in units of the loss itself. Of a batch in which several calls of optimizers update a
    tensor, it is their sum. What cannot be known is left out: the loss of a train step that never calls
    ``compute_loss``.

    Stopped and started again, with a model that holds the weights after the last recorded epoch, the record
    goes on; else the old one is kept as ``run.abandoned.h5``.

    Args:
        path: The run file to write; ``run.partial.h5`` until training ends.
        updates: Also record the norm of every tensor's update of every step, which costs some passes over the
            weights.
        options: Arguments of `gradevo.Recorder`: ``tensors``, ``exclude``, ``record_every``, ``keep_bits``,
            ``experiment``, ``data``, ``data_label``, ``seed``, ``overwrite``.

    >>> import tempfile, gradevo
    >>> keras.utils.set_random_seed(13)
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax", name="dense")])
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> data = tf.data.Dataset.from_tensor_slices((np.eye(12, 4), np.arange(12) % 3)).batch(5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     recorder = GradientRecorder(f"{folder}/run.h5")
    ...     _ = model.fit(data, epochs=2, verbose=0, callbacks=[recorder])
    ...     with gradevo.Run(f"{folder}/run.h5") as run:
    ...         print(run.epochs, run.step("batch_size").tolist(), run.shape("dense/kernel"))
    2 [5, 5, 2, 5, 5, 2] (4, 3)
    """

    def __init__(self, path: str | Path, *, updates: bool = False, **options: Any) -> None:
        super().__init__()
        self.path = Path(path)
        self._updates = updates
        self._options = options
        self._recorder: Recorder | None = None
        self._tap: _Tap | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the run file, and let the model's train function write what its optimizers are handed."""
        left = _RECORDING.pop(self.path.absolute(), None)
        if left is not None:
            left.abandon()
        model = self.model
        paths = state.named_tensors(model)
        variables = {paths[id(variable)]: variable for variable in model.trainable_variables}
        weights = dict(zip(variables, state.values(list(variables.values())), strict=True))
        planned = (self.params or {}).get("epochs")
        graph = layer_graph(model, calls_of(model))
        self._recorder = Recorder(self.path, weights, graph=graph, epochs=planned, **self._options)
        recorded = {path: variables[path] for path in self._recorder.tensors}
        self._variables = recorded
        self._tap = _Tap(model, recorded, self._recorder.dtype, self._updates)
        _RECORDING[self.path.absolute()] = self

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write the steps that wait where there may be no room for the next ones."""
        if self._tap is not None and self._tap.is_full_after(self.model.steps_per_execution):
            self._flush()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write what belongs to the epoch."""
        if self._recorder is None:
            return
        self._flush()
        splits: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
        for name, value in (logs or {}).items():
            if np.ndim(value) == 0 and name != "learning_rate":  # of a step, which some callbacks add
                split = "validation" if name.startswith("val_") else "train"
                splits[split][name.removeprefix("val_")] = value
        weights = dict(zip(self._variables, state.values(list(self._variables.values())), strict=True))
        self._recorder.end_epoch(weights, **splits)

    def on_train_end(self, logs: Any = None) -> None:
        """Give the run file its name, and the model what is its own."""
        if self._recorder is None:
            return
        recorder, self._recorder = self._recorder, None
        self._flush(recorder)
        self.abandon()
        recorder.close()

    def abandon(self) -> None:
        """Leave the run file as it is, and the model as it was."""
        if self._tap is not None:
            self._tap.remove()
            self._tap = None
        if self._recorder is not None:
            self._recorder.abandon()
            self._recorder = None
        _RECORDING.pop(self.path.absolute(), None)

    def _flush(self, recorder: Recorder | None = None) -> None:
        target = recorder or self._recorder
        if self._tap is not None and target is not None:
            gradients, values = self._tap.take()
            if len(gradients):
                target.take(gradients, values)


class _Tap:
    """Lets the train function of a model write into variables what its optimizers are handed.

    A row of them belongs to a batch. The model's ``train_step`` and ``compute_loss`` and the optimizers'
    ``apply`` are replaced in these objects until `remove`.
    """

    def __init__(
        self, model: keras.Model, variables: Mapping[str, keras.Variable], dtype: str, updates: bool
    ) -> None:
        self._model = model
        self._variables = variables
        self._kind = tf.as_dtype(dtype)
        self._updates = updates
        self._optimizers = optimizers_of(model)
        self._sizes = [prod(variable.shape) for variable in variables.values()]
        self._numbers = ["loss", "batch_size"]
        for prefix, optimizer in self._optimizers.items():
            self._numbers += [f"{prefix}{name}" for name in numbers_of(optimizer)]
        at_once = max(1, model.steps_per_execution)
        width = sum(self._sizes)
        rows = max(at_once, min(BLOCK_STEPS, BLOCK_BYTES // max(1, width * self._kind.size)))
        self._room = rows - at_once
        with tf.init_scope():
            self._gradients = tf.Variable(tf.zeros((rows, width), self._kind), trainable=False)
            numbers = tf.zeros((rows, len(self._numbers)), self._kind)
            self._values = tf.Variable(numbers, trainable=False)
            norms = tf.zeros((rows, len(self._sizes) if updates else 0), self._kind)
            self._norms = tf.Variable(norms, trainable=False)
            self._row = tf.Variable(0, trainable=False, dtype=tf.int64)
        self._waiting = 0  # steps since the rows were taken, at most
        self._loss: Any = None
        self._told = False
        self._originals: list[tuple[Any, str]] = []
        self._replace(model, "train_step", self._train_step)
        self._replace(model, "compute_loss", self._compute_loss)
        for prefix, optimizer in self._optimizers.items():
            self._replace(optimizer, "apply", self._apply, prefix, optimizer)
        model.make_train_function(force=True)

    def remove(self) -> None:
        """Give the model and its optimizers their own methods back."""
        for owner, name in self._originals:
            delattr(owner, name)
        self._model.train_function = None

    def is_full_after(self, steps: int) -> bool:
        """Count steps that were taken; whether the next call of the train function might find no room.

        Counted here, since to read a variable after every batch takes as long as the step of a small network.
        """
        self._waiting += steps
        return bool(self._waiting > self._room)

    def take(self) -> tuple[np.ndarray[Any, Any], dict[str, np.ndarray[Any, Any]]]:
        """The rows written since it was last asked, (k, parameters), and the k rows of every series."""
        count = int(self._row.numpy())
        gradients = self._gradients[:count].numpy()
        numbers = self._values[:count].numpy()
        values = {f"steps/{name}": numbers[:, i] for i, name in enumerate(self._numbers)}
        values["steps/batch_size"] = values["steps/batch_size"].astype(np.int64)
        if count and np.isnan(values["steps/loss"]).all() and self._loss is None:
            del values["steps/loss"]
            if not self._told:
                logger.warning(
                    "the train step never calls compute_loss: the losses of steps are not recorded"
                )
                self._told = True
        if self._updates:
            norms = self._norms[:count].numpy()
            values |= {f"steps/updates/{path}": norms[:, i] for i, path in enumerate(self._variables)}
        self._row.assign(0)
        self._waiting = 0
        if len(self._optimizers) > 1:
            self._gradients.assign(tf.zeros_like(self._gradients))
        return gradients, values

    def _write(self, rows: tf.Variable, row: tf.Tensor, operation: Callable[..., Any] | None = None) -> None:
        """Write the row of this step by one operation; a slice takes several, which small networks show."""
        write = operation or tf.raw_ops.ResourceScatterUpdate
        write(resource=rows.handle, indices=self._row.read_value(), updates=row)

    def _replace(self, owner: Any, name: str, function: Callable[..., Any], *first: Any) -> None:
        original = getattr(owner, name)

        def replacement(*args: Any, **kwargs: Any) -> Any:
            return function(original, *first, *args, **kwargs)

        object.__setattr__(owner, name, replacement)
        self._originals.append((owner, name))

    def _train_step(self, original: Callable[..., Any], data: Any) -> Any:
        variables = list(self._variables.values())
        before = flattened(variables, variables, self._kind) if self._updates else None
        self._loss, self._of_step = None, {}
        result = original(data)
        leaves = [leaf for leaf in tf.nest.flatten(data) if leaf is not None and len(leaf.shape)]
        self._of_step["batch_size"] = tf.shape(leaves[0])[0] if leaves else -1
        if self._loss is not None:
            self._of_step["loss"] = self._loss
        numbers = [tf.cast(self._of_step.get(name, np.nan), self._kind) for name in self._numbers]
        self._write(self._values, tf.stack(numbers))
        if before is not None:
            change = flattened(variables, variables, self._kind) - before
            halves = tf.stack([tf.nn.l2_loss(part) for part in tf.split(change, self._sizes)])
            self._write(self._norms, tf.sqrt(2 * halves))
        self._row.assign_add(1)
        return result

    def _compute_loss(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._loss = original(*args, **kwargs)
        return self._loss

    def _apply(
        self,
        original: Callable[..., Any],
        prefix: str,
        optimizer: keras.Optimizer,
        grads: Sequence[Any],
        trainable_variables: Sequence[Any] | None = None,
    ) -> Any:
        grads = list(grads)
        handed = (
            list(trainable_variables) if trainable_variables is not None else optimizer._trainable_variables
        )
        gradients = {id(variable): gradient for variable, gradient in zip(handed, grads, strict=True)}
        wanted = list(self._variables.values())
        flat = flattened([gradients.get(id(variable)) for variable in wanted], wanted, self._kind)
        flat, numbers = scale_of(optimizer, flat)
        self._of_step |= {f"{prefix}{name}": value for name, value in numbers.items()}
        write = tf.raw_ops.ResourceScatterAdd if len(self._optimizers) > 1 else None
        self._write(self._gradients, flat, write)
        return original(grads, trainable_variables)


def optimizers_of(model: keras.Model) -> dict[str, keras.Optimizer]:
    """The optimizers that a model holds, each with the prefix of its numbers: none for a single one.

    Of several, the names of the attributes that hold them.
    """
    found: dict[int, tuple[str, keras.Optimizer]] = {}
    for name, value in [*vars(model).items(), ("optimizer", getattr(model, "optimizer", None))]:
        if isinstance(value, keras.optimizers.Optimizer):
            found.setdefault(id(value), (name.lstrip("_"), value))
    several = len(found) > 1
    return {f"{name}_" if several else "": optimizer for name, optimizer in found.values()}
