"""``GradientRecorder``: the record of a training by ``fit``, whatever its train step does."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import keras
import numpy as np

from gradevo.display import live_curves
from gradevo.errors import GradevoError
from gradevo.layers import LayerGraph
from gradevo.recording.keras.graph import calls_of, layer_graph
from gradevo.recording.keras.rows import StepRows
from gradevo.recording.keras.variables import named_tensors, values_of
from gradevo.recording.recorder import Recorder
from gradevo.runfile.schema import tensor_paths

logger = logging.getLogger(__name__)

ROWS = {"tensorflow": "VariableRows", "jax": "JaxRows", "torch": "TorchRows"}
"""Backend -> the class for it, in a module of its own."""

# What it does not know, or finds out for itself.
OWN = {"path", "weights", "graph", "activation_gradients", "epochs"}
OPTIONS = signature(Recorder).parameters.keys() - OWN

_RECORDING: WeakValueDictionary[Path, "GradientRecorder"] = WeakValueDictionary()
"""Those of this process that record, by their files; one that ``fit`` left by an error still stands here."""


class GradientRecorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Record every batch's gradients while ``fit`` trains; nothing in the training changes.

    It works with whatever ``fit`` reads from, with any ``train_step``, ``steps_per_execution`` and several
    optimizers: recorded of a batch is what the optimizers are handed in it, before it is clipped; where the
    loss is scaled, in units of the loss itself. Of a batch in which several calls of optimizers update a
    tensor, it is their sum. Where an optimizer clips or accumulates, the norm of what it then applies is
    recorded, too. What cannot be known is left out: the loss of a train step that never calls
    ``compute_loss``.

    Stopped and started again, with a model that holds the weights after a recorded epoch, the record goes on
    after that; else the old one is kept as ``run.abandoned.h5``. A callback that saves and restores, such as
    ``keras.callbacks.BackupAndRestore``, belongs behind this one. Where ``fit`` ends by an error, the model
    gets its own train function back when it is next trained.

    Training stays the same, to the last bit where the backend compiles it to the same kernels. It may merge
    operations whose results nobody else reads, and round otherwise: seen on TensorFlow with batch
    normalization, and where a train step of one's own multiplies gradients before it hands them over; on JAX
    with a GRU and clipping.

    Args:
        path: The run file to write; ``run.partial.h5`` until training ends.
        updates: Also record the norm of every tensor's update of every step, which costs some passes over the
            weights.
        live: Also draw loss and gradient norms under the notebook's cell while training goes on.
        options: Arguments of `gradevo.Recorder`: ``tensors``, ``exclude``, ``record_every``,
            ``record_epochs``, ``keep_bits``, ``experiment``, ``data``, ``data_label``, ``seed``,
            ``deterministic``, ``overwrite``.

    Raises:
        GradevoError: For another option, and for ``live`` outside of IPython. From ``fit``: for what
            `gradevo.Recorder` refuses, for training on several devices at once, for a model without variables
            after its first batch, and for a train step that calls no optimizer of the model.

    >>> import tempfile, gradevo
    >>> import tensorflow as tf
    >>> keras.utils.set_random_seed(13)
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax", name="dense")])
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> data = tf.data.Dataset.from_tensor_slices((np.eye(12, 4), np.arange(12) % 3)).batch(5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     recorder = GradientRecorder(f"{folder}/run.h5")
    ...     _ = model.fit(data, epochs=2, shuffle=False, verbose=0, callbacks=[recorder])
    ...     with gradevo.Run(f"{folder}/run.h5") as run:
    ...         print(run.epochs, run.step("batch_size").tolist(), run.shape("dense/kernel"))
    2 [5, 5, 2, 5, 5, 2] (4, 3)
    """

    def __init__(
        self, path: str | Path, *, updates: bool = False, live: bool = False, **options: Any
    ) -> None:
        super().__init__()
        for name in options.keys() - OPTIONS:
            raise GradevoError(f"{name}: expected an option of a recorder: {', '.join(sorted(OPTIONS))}")
        self.path = Path(path)
        self._updates = updates
        self._is_live = live
        self._live = live_curves(self.path) if live else None
        self._options = options
        self._recorder: Recorder | None = None
        self._rows: StepRows | None = None
        self._variables: dict[str, keras.Variable] = {}
        self._own: dict[str, Any] | None = None  # of the model, while it has ours
        self._train_function: Any = None  # ours
        self._epoch: int | None = None
        self._waiting = 0  # batches, at most, since the last block
        self._writer = ThreadPoolExecutor(1, "gradevo")  # HDF5 compresses while the next block is filled
        self._writing: Future[None] | None = None
        self._said = False

    def on_train_begin(self, logs: Any = None) -> None:
        """Give the model a train function that writes rows."""
        _check(self.model)
        self.abandon()
        left = _RECORDING.get(self.path.absolute())
        if left is not None:
            left.abandon()
        self._replace_train_function()
        if self._is_live:
            self._live = live_curves(self.path)
        self._epoch = None
        _RECORDING[self.path.absolute()] = self

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Open the run file before the first epoch: another callback may have restored weights meanwhile."""
        if epoch == self._epoch:
            raise GradevoError(
                f"{self.path}: expected this recorder once among the callbacks, found it twice"
            )
        self._epoch = epoch
        if self._recorder is None and self._own is not None and _is_built(self.model):
            self._open()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write what belongs to the epoch."""
        if self._recorder is None or self._own is None:
            raise GradevoError(
                f"{self.path}: expected to be the only recorder of this fit, found another one that "
                "began after it; use one GradientRecorder"
            )
        if self._rows is not None and not self._rows.has_gradients:
            raise GradevoError(
                f"{self.model.name}: expected a train step that calls an optimizer of the model, "
                "found none called in an epoch; make it an attribute of the model"
            )
        self._flush(at_once=True)
        self._recorder.end_epoch(self._weights(), **by_split(logs))
        if self._live is not None:
            self._live.epoch(by_split(logs))
            self._live.show()

    def on_train_end(self, logs: Any = None) -> None:
        """Give the run file its name, and the model what is its own."""
        if self._recorder is None:
            return
        self._flush(at_once=True)
        recorder, self._recorder = self._recorder, None
        self.abandon()
        recorder.close()
        if self._live is not None:
            self._live.show(at_once=True)

    def abandon(self) -> None:
        """Leave the run file as it is, and the model as it was."""
        if self._own is not None:
            own, self._own = self._own, None
            if self.model.__dict__.get("train_function") is not self._train_function:
                del own["train_function"]  # the model has been compiled anew
            _put_back(self.model.__dict__, own)
        self._train_function = None
        with suppress(Exception):  # what ended the training is the error to tell
            self._wait()
        if self._recorder is not None:
            recorder, self._recorder = self._recorder, None
            recorder.abandon()
        self._rows = None
        if _RECORDING.get(self.path.absolute()) is self:
            del _RECORDING[self.path.absolute()]

    def _open(self) -> None:
        """Begin the record of a model that has its variables."""
        model = self.model
        named = named_tensors(model)
        if not named:
            raise GradevoError(f"{model.name}: expected trainable weights, found none; unfreeze a layer")
        # As a recorder takes them, which parts names at dots.
        paths = dict(
            zip(named.values(), tensor_paths(name.replace(".", "/") for name in named.values()), strict=True)
        )
        variables = {paths[named[id(variable)]]: variable for variable in model.trainable_variables}
        graph = layer_graph(model, calls_of(model))
        layers = tuple(
            replace(
                of,
                tensors=tuple(paths[name] for name in of.tensors),
                cancelled=tuple(paths[name] for name in of.cancelled),
            )
            for of in graph.layers
        )
        self._variables = variables
        self._recorder = Recorder(
            self.path,
            self._weights(),
            graph=LayerGraph(layers, graph.edges),
            epochs=(self.params or {}).get("epochs"),
            **self._options,
        )
        self._variables = {path: variables[path] for path in self._recorder.tensors}
        self._rows = _rows_class()(
            model, self._variables, self._recorder.dtype, self._updates, max(1, model.steps_per_execution)
        )
        self._waiting = 0

    def _replace_train_function(self) -> None:
        """Have ``fit`` call a train function that writes rows; what the model had is kept in ``_own``."""
        model = self.model
        own: dict[str, Any] = model.__dict__
        train_step = model.train_step

        def recorded_step(*passed: Any) -> Any:
            if self._rows is None:  # its first batch is what builds it
                with _outside_of_graphs():
                    _build(model, passed[-1])
                    self._open()
            assert self._rows is not None
            return self._rows.step(train_step, *passed)

        before = {name: own.get(name) for name in ("train_function", "make_train_function")}
        with _replaced(own, train_step=recorded_step, train_function=before["train_function"]):
            model.make_train_function(force=True)
            made = model.train_function
        at_once = max(1, model.steps_per_execution)

        def train_function(*passed: Any) -> Any:
            with _replaced(own, train_step=recorded_step):
                outputs = made(*passed)
            self._waiting += at_once
            if self._rows is not None and self._waiting + at_once > self._rows.rows:
                self._flush()
            return outputs

        def make_train_function(force: bool = False) -> Any:
            """Called by who trains the model next: ``fit`` has ended, by an error."""
            self.abandon()
            return model.make_train_function(force)

        own |= {"train_function": train_function, "make_train_function": make_train_function}
        self._own, self._train_function = before, train_function

    def _weights(self) -> dict[str, np.ndarray[Any, Any]]:
        return dict(zip(self._variables, values_of(list(self._variables.values())), strict=True))

    def _flush(self, at_once: bool = False) -> None:
        """Write the rows that wait, while training goes on, or at once, which takes less time by itself."""
        if self._rows is None or self._recorder is None:
            return
        self._waiting = 0
        rows = self._rows.fetch()
        self._wait()
        if self._live is not None and not at_once:
            self._live.show()
        if len(rows) and at_once:
            self._write(self._recorder, self._rows, rows)
        elif len(rows):
            self._writing = self._writer.submit(self._write, self._recorder, self._rows, rows)
        if not self._rows.has_losses and not self._said:
            self._said = True
            logger.warning(
                "%s: the train step %s: the losses of steps are not recorded",
                self.path,
                self._rows.why_no_losses,
            )

    def _write(self, recorder: Recorder, of: StepRows, rows: np.ndarray[Any, Any]) -> None:
        gradients, values, finite = of.read(rows)
        recorder.take(gradients, values, finite)
        if self._live is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                self._live.steps(values.get("steps/loss"), np.linalg.norm(gradients, axis=1))

    def _wait(self) -> None:
        """Wait for the block that is being written; its error is raised here."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()


def by_split(logs: Mapping[str, Any] | None) -> dict[str, dict[str, float]]:
    """What ``fit`` says of an epoch, split -> metric name -> value, without what is no metric."""
    splits: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
    for name, value in (logs or {}).items():
        if np.ndim(value) == 0 and name != "learning_rate":  # of a step, which some callbacks add
            split = "validation" if name.startswith("val_") else "train"
            splits[split][name.removeprefix("val_")] = value
    return splits


def _put_back(own: dict[str, Any], before: Mapping[str, Any]) -> None:
    """Give an object the attributes that it had; None for those of its class alone."""
    for name, value in before.items():
        if value is None:
            own.pop(name, None)
        else:
            own[name] = value


@contextmanager
def _replaced(own: dict[str, Any], **others: Any) -> Iterator[None]:
    """While the block lasts, an object has other attributes than its own."""
    before = {name: own.get(name) for name in others}
    own |= others
    try:
        yield
    finally:
        _put_back(own, before)


def _rows_class() -> type[StepRows]:
    """How a batch's row gets from the train step to the host."""
    backend = keras.backend.backend()
    module = import_module(f"gradevo.recording.keras.rows_{backend}")
    rows: type[StepRows] = getattr(module, ROWS[backend])
    return rows


def _outside_of_graphs() -> AbstractContextManager[Any]:
    """While the block lasts, what is computed is no part of the function that TensorFlow traces."""
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    import tensorflow as tf

    scope: AbstractContextManager[Any] = tf.init_scope()
    return scope


def _check(model: keras.Model) -> None:
    """Raise GradevoError where a train function does not hand its gradients over as here is listened."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        replicas = model.distribute_strategy.num_replicas_in_sync
    else:
        distribution = keras.distribution.distribution()
        replicas = 1 if distribution is None else distribution.device_mesh.devices.size
    if replicas > 1:
        raise GradevoError(
            f"{model.name}: expected training on one device, found {replicas} replicas; record on one of them"
        )


def _is_built(model: keras.Model) -> bool:
    """Whether the model and what is inside it has its variables."""
    inside = [layer for layer in model._flatten_layers() if layer is not model]
    return bool(model.trainable_variables) and all(layer.built for layer in inside)


def _build(model: keras.Model, data: Any) -> None:
    """Create the variables of a model that ``fit`` would create while it trains the first batch."""
    try:
        model._symbolic_build(data_batch=data)
    except Exception as error:  # whatever a model's own code may raise
        if not model.trainable_variables:
            raise GradevoError(
                f"{model.name}: expected a model that its first batch builds, found {type(error).__name__}: "
                f"{str(error).strip().splitlines()[0]}; call it on a batch before fit"
            ) from error
