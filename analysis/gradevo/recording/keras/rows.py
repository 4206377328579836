"""A row per batch, beside the train step that ``fit`` runs: what the optimizers are handed, and numbers."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from gradevo.recording.keras.optimizers import (
    alters,
    applied_norms,
    inner_of,
    numbers_of,
    optimizers_of,
    scale_of,
)
from gradevo.recording.recorder import BLOCK_STEPS
from gradevo.runfile.writer import finite_rows

# A block of rows is written while the next one is filled; a large one would leave much to the epoch's end.
BLOCK_BYTES = 8 << 20

NAN = float("nan")


@dataclass
class Batch:
    """What is known of the batch that a train step computes: name -> tensor.

    graph: in which TensorFlow traces the step; None elsewhere.
    """

    graph: Any = None
    known: dict[str, Any] = field(default_factory=dict)
    losses: int = 0


class StepRows:
    """Rows, one per batch, which a model's train step fills and the host fetches.

    A row holds the gradients (of the loss itself, before clipping, joined in the order of ``variables``),
    then numbers: loss, examples, learning rates, and norms of each tensor. Nothing that the train step
    computes is changed: it is listened to, and only while it is called (of a compiled one, while it is
    traced). Where the rows wait, and how a train step is listened to, each backend has a class for.

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
        self._dtype = dtype
        self._optimizers = optimizers_of(model)
        self._numbers = ["loss", "loss_told", "batch_size"]
        for prefix, optimizer in self._optimizers.items():
            self._numbers += [f"{prefix}{name}" for name in numbers_of(optimizer)]
        self._norms = ["applied"] if any(alters(inner_of(one)) for one in self._optimizers.values()) else []
        self._norms += ["updates"] if updates else []
        # Given by some batch; what never is, is no series of the file.
        self._given: set[str] = set()
        self._several_losses = False
        self._loss_is_kept_inside = False
        self._width = self._parameters + len(self._numbers) + len(self._norms) * len(self._sizes)
        row_bytes = self._width * np.dtype(dtype).itemsize
        self._waiting: list[NDArray[Any]] = []
        self.rows = max(at_once, min(BLOCK_STEPS, BLOCK_BYTES // row_bytes), 1)

    @property
    def has_gradients(self) -> bool:
        """Whether an optimizer of the model has been called in a train step."""
        return "gradient" in self._given

    @property
    def has_losses(self) -> bool:
        """Whether a train step has computed one loss by ``compute_loss``."""
        return "loss" in self._given and not self._several_losses

    @property
    def why_no_losses(self) -> str:
        """What a train step does that leaves no loss to record."""
        if self._loss_is_kept_inside:
            return "calls compute_loss where nothing can be told to the host (remat, vmap, jvp)"
        return "calls compute_loss several times" if self._several_losses else "never calls compute_loss"

    def step(self, train_step: Callable[..., Any], *passed: Any) -> Any:
        """What the train step returns for what it is passed, a batch last, of which a row is written."""
        batch = self._batch()
        before = self._weights_before(passed) if "updates" in self._norms else None
        with self._listening(batch):
            result = train_step(*passed)
        size = self._examples(passed[-1])
        if size is not None:
            self._keep(batch, "batch_size", size)
        if before is not None:
            self._keep(batch, "updates", self._norms_of(self._weights_after(result) - before, self._sizes))
        self._write(batch)
        return result

    def fetch(self) -> NDArray[Any]:
        """The rows since it was last asked, ``(k, width)``; here those that wait on the host."""
        waiting, self._waiting = self._waiting, []
        return np.array(waiting).reshape(-1, self._width)

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
        values.pop("steps/loss_told", None)
        finite = finite_rows(gradients)
        if self.has_losses:
            values["steps/loss"] = numbers[:, 0].copy()
            finite &= np.isfinite(numbers[:, 0]) | np.isnan(numbers[:, 1])
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
    def _listening(self, batch: Batch) -> Iterator[None]:
        """While the block lasts, the model's loss and what its optimizers are handed are kept, too."""
        with ExitStack() as originals:
            listen = functools.partial(_instead, originals)
            listen(self._model, "compute_loss", functools.partial(self._compute_loss, batch))
            for prefix, optimizer in self._optimizers.items():
                name, function = self._listener
                listen(optimizer, name, functools.partial(function, batch, prefix, optimizer))
            yield

    @property
    def _listener(self) -> tuple[str, Callable[..., Any]]:
        """The method of an optimizer that a train step hands gradients to, and what is called instead."""
        return "apply", self._apply

    def _compute_loss(self, batch: Batch, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        loss = original(*args, **kwargs)
        batch.losses += 1
        self._several_losses |= batch.losses > 1
        shape = getattr(loss, "shape", None)
        if shape is not None and getattr(shape, "rank", shape) in (0, ()):  # TensorFlow's may be unknown
            return self._keep_loss(batch, loss)
        return loss

    def _keep_loss(self, batch: Batch, loss: Any) -> Any:
        """Keep a batch's loss, and return it as the train step is to have it."""
        self._keep(batch, "loss", loss)
        self._keep(batch, "loss_told", 1.0)
        return loss

    def _apply(
        self,
        batch: Batch,
        prefix: str,
        optimizer: keras.Optimizer,
        original: Callable[..., Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any] | None = None,
    ) -> Any:
        grads = list(grads)
        variables = optimizer._trainable_variables if trainable_variables is None else trainable_variables
        self._take(batch, prefix, optimizer, grads, list(variables))
        return original(grads, list(variables))

    def _take(
        self,
        batch: Batch,
        prefix: str,
        optimizer: keras.Optimizer,
        grads: Sequence[Any],
        variables: Sequence[Any],
    ) -> None:
        """Keep what an optimizer is handed."""
        flat = self._flattened(self._in_order(variables, grads), self._sizes)
        flat, numbers = scale_of(optimizer, flat, grads)
        self._keep(batch, "gradient", flat, "add")
        for name, number in numbers.items():
            self._keep(batch, f"{prefix}{name}", number)
        if alters(inner_of(optimizer)):
            norms = self._applied(optimizer, variables, grads)
            if "skipped" in numbers:
                norms = ops.where(numbers["skipped"], self._cast(NAN), norms)
            self._keep(batch, "applied", norms, "fill")

    def _applied(self, optimizer: keras.Optimizer, variables: Sequence[Any], grads: Sequence[Any]) -> Any:
        """The norms of what an optimizer is to apply; NaN where it applies nothing."""
        given = [i for i, gradient in enumerate(grads) if gradient is not None]
        variables = [variables[i] for i in given]
        sizes = [prod(variable.shape) for variable in variables]
        flat, _ = scale_of(optimizer, self._flattened([grads[i] for i in given], sizes), grads)
        norms = applied_norms(inner_of(optimizer), flat, variables, self._flattened, self._norms_of)
        in_order = self._in_order(variables, ops.unstack(norms))
        return ops.stack([self._cast(NAN) if one is None else one for one in in_order])

    def _in_order(self, variables: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """The values of the recorded variables, in their order; None for those that are not among them."""
        found: list[Any] = [None] * len(self._variables)
        for variable, value in zip(variables, values, strict=True):
            place = self._place.get(id(variable))
            if place is not None:
                found[place] = value
        return found

    def _weights_before(self, passed: Sequence[Any]) -> Any:
        """All recorded weights when a train step is called, joined."""
        return self._flattened(list(self._variables.values()), self._sizes)

    def _weights_after(self, result: Any) -> Any:
        """The same when it returns."""
        return self._flattened(list(self._variables.values()), self._sizes)

    def _batch(self) -> Batch:
        return Batch()

    def _cast(self, number: Any) -> Any:
        """A number or an array in the type of a row."""
        return ops.cast(number, self._dtype)

    def _flattened(self, values: Sequence[Any], sizes: Sequence[int]) -> Any:
        """Arrays in one, ``(parameters,)``, at least in the type of a row; zero where there is none."""
        return ops.concatenate(
            [
                ops.zeros((size,), self._dtype)
                if value is None
                else self._cast(ops.reshape(ops.convert_to_tensor(value), (-1,)))
                for value, size in zip(values, sizes, strict=True)
            ]
        )

    def _norms_of(self, flat: Any, sizes: Sequence[int]) -> Any:
        """The Euclidean norms of joined arrays, ``(len(sizes),)``."""
        parts = ops.split(flat, np.cumsum(sizes)[:-1].tolist()) if len(sizes) > 1 else [flat]
        return ops.sqrt(ops.stack([ops.sum(ops.square(part)) for part in parts]))

    def _examples(self, data: Any) -> Any:
        """The examples of a batch, by the first of its arrays that has an axis; None where none has."""
        shapes = [leaf.shape for leaf in keras.tree.flatten(data) if hasattr(leaf, "shape")]
        return next((shape[0] for shape in shapes if len(shape)), None)

    def _keep(self, batch: Batch, name: str, value: Any, how: str = "") -> None:
        """Keep what is known of a batch.

        how: "add" to what the batch has, "fill" where that is NaN, or replace it.
        """
        self._given.add(name)
        before, value = batch.known.get(name), self._cast(value)
        batch.known[name] = value if before is None else joined(before, value, how)

    def _row(self, known: Mapping[str, Any]) -> Any:
        """What is known, ``(width,)``."""
        nan = self._cast(NAN)
        gradient = known.get("gradient")
        parts = [ops.zeros((self._parameters,), self._dtype) if gradient is None else gradient]
        parts.append(ops.stack([known.get(name, nan) for name in self._numbers]))
        for norm in self._norms:
            parts.append(known[norm] if norm in known else ops.full((len(self._sizes),), NAN, self._dtype))
        return ops.concatenate(parts)

    def _write(self, batch: Batch) -> None:
        """Write the batch's row."""
        raise NotImplementedError


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


def joined(before: Any, value: Any, how: str) -> Any:
    """Two values of what a batch keeps under one name; see `StepRows`."""
    if how == "add":
        return before + value
    return ops.where(ops.isnan(value), before, value) if how == "fill" else value


def _aliases(variable: keras.Variable) -> tuple[Any, ...]:
    """What a train step may hand an optimizer for a variable: Keras' or the backend's own."""
    return variable, variable._value
