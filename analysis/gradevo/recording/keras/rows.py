"""A row per batch, inside the compiled train step: what the optimizers are handed, and numbers."""

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gradevo.recording.keras.steps import flattened, numbers_of, scale_of
from gradevo.recording.recorder import BLOCK_STEPS
from gradevo.runfile.writer import finite_rows

logger = logging.getLogger(__name__)

# A block of rows is written while the next one is filled; a large one would leave much to the epoch's end.
BLOCK_BYTES = 8 << 20

NAN = float("nan")


@dataclass
class _Batch:
    """What is known of the batch that a train step computes: name -> tensor of the graph in which it runs."""

    graph: Any
    known: dict[str, Any] = field(default_factory=dict)
    losses: int = 0


class StepRows:
    """A variable of rows, one per batch, which a model's train step fills and the host fetches.

    A row holds the gradients (of the loss itself, before clipping, joined in the order of ``variables``),
    then numbers: loss, examples, learning rates, and norms of each tensor. Nothing that the train step
    computes is changed: it is listened to, and only while it is called (which is while it is traced).

    Args:
        model: Compiled, with all its variables.
        variables: Path in the run file -> the variable, of those to record.
        dtype: Of a row, "float32" or "float64".
        updates: Whether to compute the norms of updates.
        at_once: Batches in a call of the train function (``steps_per_execution``).
    """

    def __init__(
        self,
        model: keras.Model,
        variables: Mapping[str, keras.Variable],
        dtype: str,
        updates: bool = False,
        at_once: int = 1,
    ) -> None:
        self._model = model
        self._variables = dict(variables)
        self._sizes = [prod(variable.shape) for variable in variables.values()]
        self._parameters = sum(self._sizes)
        self._place = {id(one): i for i, of in enumerate(variables.values()) for one in _aliases(of)}
        self._kind = tf.as_dtype(dtype)
        self._optimizers = optimizers_of(model)
        self._numbers = ["loss", "batch_size"]
        for prefix, optimizer in self._optimizers.items():
            self._numbers += [f"{prefix}{name}" for name in numbers_of(optimizer)]
        self._norms = ["applied"] if any(_alters(_inner(one)) for one in self._optimizers.values()) else []
        self._norms += ["updates"] if updates else []
        # Given by some batch; what never is, is no series of the file.
        self._given: set[str] = set()
        self._several_losses = False
        width = self._parameters + len(self._numbers) + len(self._norms) * len(self._sizes)
        self._boxes: dict[str, tf.Variable] = {}
        self.rows = max(at_once, min(BLOCK_STEPS, BLOCK_BYTES // (width * self._kind.size)), 1)
        with tf.init_scope():
            self._block = tf.Variable(tf.zeros((self.rows, width), self._kind), trainable=False)
            self._count = tf.Variable(0, dtype=tf.int64, trainable=False)
            self._zero = tf.constant(0, tf.int64)

    @property
    def has_gradients(self) -> bool:
        """Whether an optimizer of the model has been called in a train step."""
        return "gradient" in self._given

    @property
    def several_losses(self) -> bool:
        """Whether a train step has called ``compute_loss`` more than once: no loss is that of the step."""
        return self._several_losses

    @property
    def has_losses(self) -> bool:
        """Whether a train step has computed one loss by ``compute_loss``."""
        return "loss" in self._given and not self._several_losses

    def step(self, train_step: Callable[[Any], Any], data: Any) -> Any:
        """What the train step returns for a batch, of which a row is written."""
        batch = _Batch(None if tf.executing_eagerly() else tf.compat.v1.get_default_graph())
        before = self._weights() if "updates" in self._norms else None
        with self._listening(batch):
            result = train_step(data)
        size = _examples(data)
        if size is not None:
            self._keep(batch, "batch_size", size)
        if before is not None:
            halves = [tf.nn.l2_loss(part) for part in tf.split(self._weights() - before, self._sizes)]
            self._keep(batch, "updates", tf.sqrt(2 * tf.stack(halves)))
        self._write(batch)
        return result

    def fetch(self) -> NDArray[Any]:
        """The rows since it was last asked, ``(k, width)``."""
        with tf.init_scope():
            # TensorFlow's own operations: the calls around them take longer than an epoch of a small network
            # can spare.
            resource = self._count.handle
            count = int(tf.raw_ops.ReadVariableOp(resource=resource, dtype=tf.int64))
            tf.raw_ops.AssignVariableOp(resource=resource, value=self._zero)
            rows = tf.raw_ops.ResourceGather(
                resource=self._block.handle, indices=np.arange(count), dtype=self._kind
            )
            return np.asarray(memoryview(rows))

    def read(self, rows: NDArray[Any]) -> tuple[NDArray[Any], dict[str, NDArray[Any]], NDArray[np.bool_]]:
        """What rows hold, as `Recorder.take` takes it.

        Returns:
            Gradients ``(k, parameters)``; path of a series of steps -> its k rows; whether the loss and every
            element of the gradient are finite, ``(k,)``.
        """
        gradients, numbers = rows[:, : self._parameters], rows[:, self._parameters :]
        columns = dict(zip(self._numbers, numbers.T.astype(np.float64), strict=False))
        values = {f"steps/{name}": column for name, column in columns.items() if name in self._given}
        values.pop("steps/loss", None)
        finite = finite_rows(gradients)
        if self.has_losses:
            values["steps/loss"] = numbers[:, 0].copy()
            finite &= np.isfinite(numbers[:, 0])
        if "batch_size" in self._given:
            values["steps/batch_size"] = columns["batch_size"].astype(np.int64)
        at = len(self._numbers)
        for norm in self._norms:
            if norm in self._given:
                for i, path in enumerate(self._variables):
                    values[f"steps/{norm}/{path}"] = numbers[:, at + i].copy()
            at += len(self._sizes)
        return gradients, values, finite

    @contextmanager
    def _listening(self, batch: _Batch) -> Iterator[None]:
        """While the block lasts, the model's loss and what its optimizers are handed are kept, too."""
        with ExitStack() as originals:
            listen = functools.partial(_instead, originals)
            listen(self._model, "compute_loss", functools.partial(self._compute_loss, batch))
            for prefix, optimizer in self._optimizers.items():
                listen(optimizer, "apply", functools.partial(self._apply, batch, prefix, optimizer))
            yield

    def _compute_loss(self, batch: _Batch, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        loss = original(*args, **kwargs)
        batch.losses += 1
        self._several_losses |= batch.losses > 1
        if getattr(getattr(loss, "shape", None), "rank", None) == 0:
            self._keep(batch, "loss", loss)
        return loss

    def _apply(
        self,
        batch: _Batch,
        prefix: str,
        optimizer: keras.Optimizer,
        original: Callable[..., Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any] | None = None,
    ) -> Any:
        grads = list(grads)
        variables = optimizer._trainable_variables if trainable_variables is None else trainable_variables
        variables = list(variables)
        flat = flattened(self._in_order(variables, grads), list(self._variables.values()), self._kind)
        flat, numbers = scale_of(optimizer, flat)
        self._keep(batch, "gradient", flat, "add")
        for name, number in numbers.items():
            self._keep(batch, f"{prefix}{name}", number)
        if _alters(_inner(optimizer)):
            norms = self._applied(optimizer, variables, grads)
            if "skipped" in numbers:
                norms = tf.where(numbers["skipped"] > 0, tf.constant(NAN, self._kind), norms)
            self._keep(batch, "applied", norms, "fill")
        return original(grads, variables)

    def _applied(
        self, optimizer: keras.Optimizer, variables: Sequence[Any], grads: Sequence[Any]
    ) -> tf.Tensor:
        """The norms of what an optimizer is to apply, computed beside it; NaN where it applies nothing.

        Were its own tensors asked for, TensorFlow would compute other last bits of them.
        """
        given = [i for i, gradient in enumerate(grads) if gradient is not None]
        variables = [variables[i] for i in given]
        flat, _ = scale_of(optimizer, flattened([grads[i] for i in given], variables, self._kind))
        optimizer, due = _inner(optimizer), tf.constant(True)
        every = optimizer.gradient_accumulation_steps
        if every:
            if optimizer.built:
                indices = [optimizer._get_variable_index(variable) for variable in variables]
                sums = [optimizer._accumulated_gradients[index] for index in indices]
                flat += flattened(sums, sums, self._kind)
            flat /= every
            due = tf.equal((tf.cast(optimizer._iterations, tf.int64) + 1) % every, 0)
        parts = tf.split(flat, [prod(variable.shape) for variable in variables])
        if optimizer.clipvalue and not (optimizer.clipnorm or optimizer.global_clipnorm):
            parts = [tf.clip_by_value(part, -optimizer.clipvalue, optimizer.clipvalue) for part in parts]
        norms = tf.sqrt(2 * tf.stack([tf.nn.l2_loss(part) for part in parts]))
        if optimizer.clipnorm:
            norms = tf.minimum(norms, optimizer.clipnorm)
        elif optimizer.global_clipnorm:
            norms *= tf.minimum(1.0, optimizer.global_clipnorm / tf.norm(norms))
        norms = tf.where(due, norms, tf.constant(NAN, self._kind))
        none = tf.constant(NAN, self._kind)
        return tf.stack(
            [none if one is None else one for one in self._in_order(variables, tf.unstack(norms))]
        )

    def _in_order(self, variables: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """The values of the recorded variables, in their order; None for those that are not among them."""
        found: list[Any] = [None] * len(self._variables)
        for variable, value in zip(variables, values, strict=True):
            place = self._place.get(id(variable))
            if place is not None:
                found[place] = value
        return found

    def _weights(self) -> tf.Tensor:
        variables = list(self._variables.values())
        return flattened(variables, variables, self._kind)

    def _keep(self, batch: _Batch, name: str, value: Any, how: str = "") -> None:
        """Keep what is known of a batch.

        What is computed in a graph inside the step's (a condition, a loop, a function) cannot be read
        outside of it: it goes through a variable. how: "add" to what the batch has, "fill" where that is NaN,
        or replace it.
        """
        self._given.add(name)
        value = tf.cast(value, self._kind)
        here = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
        if here is batch.graph:
            before = batch.known.get(name)
            batch.known[name] = value if before is None else _joined(before, value, how)
            return
        if name not in self._boxes:
            with tf.init_scope():
                initial = tf.fill(value.shape, tf.constant(_missing(name), self._kind))
                self._boxes[name] = tf.Variable(initial, trainable=False)
        box = self._boxes[name]
        box.assign(_joined(box, value, how))

    def _write(self, batch: _Batch) -> None:
        """Write the batch's row."""
        known = dict(batch.known)
        for name, box in self._boxes.items():
            value = box.read_value()
            how = {"gradient": "add", "applied": "fill"}.get(name, "")
            known[name] = _joined(value, known[name], how or "fill") if name in known else value
            box.assign(tf.fill(box.shape, tf.constant(_missing(name), self._kind)))
        gradient = known.get("gradient")
        if gradient is None:
            gradient = tf.zeros((self._parameters,), self._kind)
        nan = tf.constant(NAN, self._kind)
        parts = [gradient, tf.stack([known.get(name, nan) for name in self._numbers])]
        parts += [known[norm] if norm in known else tf.fill([len(self._sizes)], nan) for norm in self._norms]
        tf.raw_ops.ResourceScatterUpdate(
            resource=self._block.handle, indices=self._count.read_value(), updates=tf.concat(parts, 0)
        )
        self._count.assign_add(1)


def optimizers_of(model: keras.Model) -> dict[str, keras.Optimizer]:
    """The optimizers that a model and the models inside it hold, each with the prefix of its numbers.

    None for a single one. Of several, the names of the attributes that hold them.
    """
    found: dict[int, tuple[str, keras.Optimizer]] = {}
    for layer in model._flatten_layers():
        folder = "" if layer is model else f"{layer.name}_"
        for name, value in vars(layer).items():
            if isinstance(value, keras.optimizers.Optimizer):
                found.setdefault(id(value), (f"{folder}{name.lstrip('_')}", value))
            elif not name.startswith("_") and isinstance(value, list | tuple | dict):
                several = value.items() if isinstance(value, dict) else enumerate(value)
                for key, one in several:
                    if isinstance(one, keras.optimizers.Optimizer):
                        found.setdefault(id(one), (f"{folder}{name.lstrip('_')}_{key}", one))
    names: dict[str, keras.Optimizer] = {}
    for name, optimizer in found.values():
        prefix = f"{name}_" if len(found) > 1 else ""
        while prefix in names:
            prefix += "_"
        names[prefix.replace("/", "_")] = optimizer
    return names


def _instead(originals: ExitStack, owner: Any, name: str, function: Callable[..., Any]) -> None:
    """Have ``owner.name(…)`` call ``function(original, …)`` until the stack is closed."""
    own, original = vars(owner), getattr(owner, name)
    before = own.get(name)

    @functools.wraps(original)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return function(original, *args, **kwargs)

    def restore() -> None:
        if before is None:
            own.pop(name, None)
        else:
            own[name] = before

    own[name] = replacement
    originals.callback(restore)


def _inner(optimizer: keras.Optimizer) -> keras.Optimizer:
    """The optimizer whose loss another one scales; else itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _alters(optimizer: keras.Optimizer) -> bool:
    """Whether an optimizer applies another gradient than it is handed: clipped, or the mean of several."""
    return bool(
        optimizer.clipnorm
        or optimizer.global_clipnorm
        or optimizer.clipvalue
        or optimizer.gradient_accumulation_steps
    )


def _aliases(variable: keras.Variable) -> tuple[Any, ...]:
    """What a train step may hand an optimizer for a variable: Keras' or TensorFlow's own."""
    return variable, variable._value


def _examples(data: Any) -> Any:
    """The examples of a batch, by the first of its tensors that has an axis; None where none has."""
    for leaf in tf.nest.flatten(data):
        if isinstance(leaf, tf.RaggedTensor):
            return leaf.nrows()
        if isinstance(leaf, tf.SparseTensor):
            return leaf.dense_shape[0]
        if hasattr(leaf, "shape"):
            shape = tf.TensorShape(leaf.shape)
            if shape.rank is None or (shape.rank and shape[0] is None):
                return tf.shape(leaf)[0]
            if shape.rank:
                return shape[0]
    return None


def _missing(name: str) -> float:
    """What stands for what a batch does not give: a loss that does not depend on a tensor has gradient 0."""
    return 0.0 if name == "gradient" else NAN


def _joined(before: Any, value: Any, how: str) -> Any:
    if how == "add":
        return before + value
    return tf.where(tf.math.is_nan(value), before, value) if how == "fill" else value
