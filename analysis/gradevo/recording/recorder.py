"""``Recorder``: the record of any training loop, whatever framework computes it."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from contextlib import ExitStack, suppress
from fnmatch import fnmatchcase
from math import prod
from numbers import Integral
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.layers import LayerGraph
from gradevo.numbers import in_bytes
from gradevo.recording.tree import as_array, at_keys, is_floating, keyed_leaves, path_of
from gradevo.runfile.lock import exclusive
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import ACTIVATION_GRADIENTS, NORMS, Plan, tensor_paths
from gradevo.runfile.writer import finite_rows
from gradevo.version import __version__

logger = logging.getLogger(__name__)

# A block of gradients waits in memory before it is written.
BLOCK_BYTES = 64 << 20
BLOCK_STEPS = 1024

MOST_EPOCHS = 100_000
"""Those that `record_epochs` may name: they stand in the file, one by one."""

REAL = ("float", "int", "bool")

NORMS_OF_STEPS = tuple(f"steps/{norm}/" for norm in NORMS)


class Joined(NamedTuple):
    """A step's gradients, ``(parameters,)``: of all tensors of `Recorder.tensors`, flattened and joined."""

    row: Any


class Recorder:
    """Write every step's gradients of a training to a run file.

    It decides nothing about the training: it is handed the gradients of every step, and the weights at the
    end of every epoch. An epoch may have any number of steps, at least one, and there may be any number of
    epochs. While training lasts the file is ``run.partial.h5``, which `gradevo.Run` reads. Left by an
    exception it stays so; left in order, it takes its name.

    When a partial file is there of the same tensors and description (``experiment``, ``data``, …), of which
    an epoch ended with just the weights that the recorder is handed, the record goes on after that epoch;
    what is behind it, or any other record, is kept as ``run.abandoned.h5``.

    Args:
        path: The run file to write.
        weights: The weights before the first step: a tree (mappings, sequences, dataclasses) of arrays of
            NumPy, PyTorch, JAX, TensorFlow, …, each of any shape. Of it, the floating-point arrays are
            recorded, under their paths in the tree.
        tensors: Record only tensors that match one of these patterns, such as ``"encoder.*"``; dots and
            slashes are the same.
        exclude: Leave out those that match one of these.
        record_every: n, to record the first batch of an epoch and every n-th after it; the sums over all
            batches of an epoch are kept then, too.
        record_epochs: Numbers of epochs, from 1, such as ``range(1, 100, 10)``: of others only the first
            batch becomes a step. The sums over all batches are kept of every epoch.
        keep_bits: Round the recorded gradients to this many bits of mantissa (1 to 22).
        experiment: What to write into the file as a description (JSON-able); "title" heads the figures.
        data: Where the data come from (JSON-able).
        data_label: A remark on the data that every figure shows.
        seed: Of the training, as a note.
        graph: The model's layers and connections. Without it, tensors with the same path before the last
            slash are taken for a layer.
        activation_gradients: Whether steps tell the norm of what flows back through every edge of the graph.
        epochs: How many are planned, as a note.
        deterministic: Whether the training would compute the same bits again, as a note.
        overwrite: Replace an existing file at ``path``.

    Attributes:
        epochs_complete: Epochs in the file.
        tensors: Paths of the recorded tensors -> their shapes.

    Raises:
        GradevoError: For weights without a floating-point array, for patterns that match none, for settings
            out of range, for an existing file, and when another process records to the same path.

    >>> import tempfile, gradevo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     weights = {"dense": {"kernel": np.ones((4, 2)), "bias": np.zeros(2)}}
    ...     with Recorder(f"{folder}/run.h5", weights) as recorder:
    ...         for loss in (0.7, 0.6, 0.5):
    ...             recorder.step({"dense": {"kernel": np.ones((4, 2)), "bias": np.ones(2)}}, loss=loss)
    ...         recorder.end_epoch(weights, train={"loss": 0.5})
    ...     with gradevo.Run(recorder.path) as run:
    ...         print(run.steps, run.read_gradients("dense/kernel", 0, 3).shape)
    3 (3, 4, 2)
    """

    def __init__(
        self,
        path: str | Path,
        weights: Any,
        *,
        tensors: Sequence[str] = ("*",),
        exclude: Sequence[str] = (),
        record_every: int = 1,
        record_epochs: Collection[int] | None = None,
        keep_bits: int | None = None,
        experiment: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        data_label: str = "",
        seed: int = 0,
        graph: LayerGraph | None = None,
        activation_gradients: bool = False,
        epochs: int | None = None,
        deterministic: bool = True,
        overwrite: bool = False,
    ) -> None:
        self.path = Path(path)
        check_settings(epochs=1 if epochs is None else epochs, record_every=record_every)
        if not isinstance(seed, int | np.integer):
            raise GradevoError(f"seed: expected an integer, found {seed!r}")
        tensors = (tensors,) if isinstance(tensors, str) else tensors
        exclude = (exclude,) if isinstance(exclude, str) else exclude
        check_keep_bits(keep_bits)
        check_record_epochs(record_epochs)
        if not isinstance(data_label, str | None):
            raise GradevoError(f"data_label: expected a text, found {data_label!r:.40}")
        check_new(self.path, overwrite)
        keys = [at for at, leaf in keyed_leaves(weights) if is_floating(leaf) and 0 not in leaf.shape]
        if not keys:
            raise GradevoError("weights: expected a tree with floating-point arrays, found none in it")
        names = [path_of(at) for at in keys]
        unique = tensor_paths(names)
        chosen = [_matches(path, tensors) and not _matches(path, exclude) for path in unique]
        if not any(chosen):
            raise GradevoError(
                f"tensors: expected patterns that match some of {', '.join(unique)}; "
                f"found {', '.join(tensors)} without {', '.join(exclude) or 'exceptions'}"
            )
        # Of the tree -> in the file; by its keys where another array has the same path in the tree.
        count = Counter(names)
        self._paths: dict[str | tuple[str, ...], str] = {
            at if count[name] > 1 else name: path
            for at, name, path, is_in in zip(keys, names, unique, chosen, strict=True)
            if is_in
        }
        self._keys = {path: at for at, path in zip(keys, unique, strict=True)}
        self._known = {*keys, *names}
        arrays = self._arrays(weights)
        self._plan = Plan(
            tensors={path: array.shape for path, array in arrays.items()},
            epochs=epochs,
            dtype=np.result_type(np.float32, *arrays.values()).name,
            record_every=record_every,
            record_epochs=record_epochs,
            keep_bits=keep_bits,
            graph=graph or LayerGraph(tuple(LayerGraph().layers_of(tuple(arrays)))),
            activation_gradients=activation_gradients,
            attributes={
                "experiment": as_json("experiment", experiment),
                "data": as_json("data", data),
                "data_label": data_label or "",
                "seed": int(seed),
                "gradevo_version": __version__,
                **({} if deterministic else {"deterministic": False}),
            },
        )
        rows = min(BLOCK_STEPS, max(1, BLOCK_BYTES // max(1, self._plan.bytes_per_step)))
        self._gradients = np.empty((rows, self._plan.parameters), self._plan.dtype)
        self._values: list[dict[str, Any]] = []
        # After the step before, while they are known; a framework may change its arrays in place.
        self._weights: dict[str, NDArray[Any]] | None = {path: one.copy() for path, one in arrays.items()}
        self._waits: list[Callable[[], object]] = []
        self._told: dict[str, Any] = {}
        self._closed = False
        with ExitStack() as held:
            held.enter_context(exclusive(self.path))
            check_new(self.path, overwrite)  # another process may have finished it meanwhile
            values = [np.asarray(array, self._plan.dtype) for array in arrays.values()]
            self._writer, resumed = resume(self.path, self._plan, values)
            held.push(self._writer)
            if resumed is None:
                self._writer.write_initial_weights(values)
            self._held = held.pop_all()
        logger.info(
            "%s: recording %d tensors with %s numbers, %s per step before compression%s",
            self.path,
            len(arrays),
            f"{self._plan.parameters:,}",
            in_bytes(self._plan.bytes_per_step),
            "" if resumed is None else f"; going on after epoch {resumed.epochs}",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        elif not self._closed:
            for wait in self._waits:
                with suppress(Exception):  # the block's own error is the one to tell
                    wait()
            self._closed = True
            self._held.__exit__(kind, error, trace)

    @property
    def epochs_complete(self) -> int:
        """Complete epochs in the file, those of an earlier process among them."""
        return self._writer.epochs_complete

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Paths of the recorded tensors -> their shapes."""
        return dict(self._plan.tensors)

    @property
    def dtype(self) -> str:
        """Of the recorded gradients and weights, "float32" or "float64"."""
        return self._plan.dtype

    def size(self, steps: int, epochs: int = 1) -> int:
        """Bytes of a record of so many steps in so many epochs of one length, before compression.

        The numbers of a step beside its loss, and metrics, are 8 bytes each on top.
        """
        full, longer = divmod(steps, epochs)
        of = self._plan.selection.steps
        recorded = of(full + 1, range(1, longer + 1)) + of(full, range(longer + 1, epochs + 1))
        return self._plan.bytes(recorded, epochs)

    def selected(self, gradients: Any) -> dict[str, Any]:
        """The arrays of a tree of gradients that are recorded, as they are, by their paths in the file.

        Raises:
            GradevoError: Where there are none, for arrays that the weights do not have, for what is no array
                of real numbers, and for a gradient of another shape than the weights.
        """
        found = self._leaves(gradients, known=self._known)
        if not found:
            raise GradevoError(
                f"gradients: expected the tree of the weights, with {', '.join(self._plan.tensors)}, "
                "found none of these"
            )
        for path, gradient in found.items():
            if tuple(gradient.shape) != (shape := self._plan.tensors[path]):
                raise GradevoError(
                    f"gradients: {path}: expected the shape of the weights, {shape}, "
                    f"found {tuple(gradient.shape)}"
                )
            if not any(kind in (dtype := str(gradient.dtype)) for kind in REAL):
                raise GradevoError(f"gradients: {path}: expected real numbers, found {dtype}")
        for path in self._plan.tensors.keys() - found.keys():
            given = at_keys(gradients, self._keys[path])
            if given is not None and given != ():  # nor an empty branch, such as optax.MaskedNode
                raise GradevoError(
                    f"gradients: {path}: expected an array or None, found {type(given).__name__}; "
                    "hand over arrays of NumPy or of a framework"
                )
        return found

    def tell(self, **numbers: Any) -> None:
        """Say numbers of the next step, such as its ``loss``, before its gradients are there."""
        self._told |= numbers

    def before_end(self, wait: Callable[[], object]) -> None:
        """Have a function called before an epoch or the record ends.

        It is for a framework that hands steps over later than the loop runs, and returns when all are handed
        over. What it raises, the end of the epoch raises.
        """
        self._waits.append(wait)

    def step(
        self,
        gradients: Any,
        *,
        loss: Any = None,
        batch_size: int | None = None,
        weights: Any = None,
        updates: Any = None,
        activation_gradients: Sequence[float] | None = None,
        **numbers: Any,
    ) -> None:
        """Record a step.

        Args:
            gradients: The same tree as the weights, of gradients of the step's loss; what is missing or None
                there is zero: the loss does not depend on it. Or all of them as `Joined`.
            loss: Of the batch, before the step.
            batch_size: Examples in the batch.
            weights: After the step. Where they are given, and those before the step are known, the norm of
                every tensor's update is recorded.
            updates: These norms themselves, of the tensors by their paths in the file, where the weights are
                not told.
            activation_gradients: ‖∂loss/∂activation‖₂ of every edge of the graph, in its order, ``(E,)``.
            numbers: Anything else that is one number, such as ``learning_rate=0.1``.

        Raises:
            GradevoError: For a gradient of another shape than the weights, for names that the file uses, and
                after the record's end.
        """
        self._check_open()
        told, self._told = self._told, {}
        loss, batch_size = told.pop("loss", loss), told.pop("batch_size", batch_size)
        numbers = _named("numbers of a step", {**told, **numbers})
        taken = {"epoch", "batch", *NORMS} & set(numbers)
        if updates is not None and not isinstance(updates, Mapping):
            taken.add("updates")
        for name in sorted(taken):
            raise GradevoError(
                f"{name}: expected a number of another name, found one that the file keeps itself"
            )
        row = self._gradients[len(self._values)]
        with np.errstate(over="ignore"):  # what is too large for the file is not finite in it
            if isinstance(gradients, Joined):
                row[:] = as_array(gradients.row)
            else:
                found, at = self.selected(gradients), 0
                for path, shape in self._plan.tensors.items():
                    size = prod(shape)
                    row[at : at + size] = as_array(found[path]).reshape(-1) if path in found else 0
                    at += size
        values: dict[str, Any] = {f"steps/{name}": _number(name, number) for name, number in numbers.items()}
        if loss is not None:
            values["steps/loss"] = _number("loss", loss)
        if batch_size is not None:
            values["steps/batch_size"] = _count("batch_size", batch_size)
        if activation_gradients is not None and not self._plan.activation_gradients:
            raise GradevoError(
                "activation_gradients: expected a recorder made with activation_gradients=True, found one "
                "without; say it there, or leave them out"
            )
        if activation_gradients is not None:
            values[ACTIVATION_GRADIENTS] = np.asarray(activation_gradients, np.float32)
        if updates is not None:
            norms = dict(updates)
            for path in self._plan.tensors:
                values[f"steps/updates/{path}"] = _number(path, norms.get(path, np.nan))
        after = None if weights is None else self._all_arrays(weights)
        if after is not None and self._weights is not None:
            for path, before in self._weights.items():
                change = after[path].astype(np.float64) - before
                # No product of BLAS, whose threads would spin beside those that train.
                values[f"steps/updates/{path}"] = float(np.sqrt(np.square(change).sum()))
        self._weights = None if after is None else {path: one.copy() for path, one in after.items()}
        self._values.append(values)
        if len(self._values) == len(self._gradients):
            self._flush()

    def end_epoch(
        self,
        weights: Any,
        *,
        train: Mapping[str, Any] | None = None,
        validation: Mapping[str, Any] | None = None,
    ) -> None:
        """End an epoch, after which the file is whole.

        Args:
            weights: After the epoch, the tree that the recorder was made with.
            train: Metrics of the training data, name -> number; "loss" is drawn and judged.
            validation: Those of the validation data.

        Raises:
            GradevoError: For weights that are not the tree that the recorder was made with, and for an epoch
                without a step.
        """
        self._check_open()
        for wait in self._waits:
            wait()
        found = self._all_arrays(weights)
        self._flush()
        if not self._writer.batches_in_epoch:
            raise GradevoError(
                f"{self.path}: expected at least one step in epoch {self.epochs_complete + 1}, found none; "
                "record steps before the epoch's end"
            )
        metrics = {
            split: {name: _number(name, value) for name, value in _named(split, of).items()}
            for split, of in (("train", train), ("validation", validation))
            if of
        }
        arrays = [self._as_stored(array) for array in found.values()]
        self._writer.complete_epoch(arrays, metrics)
        if self._weights is not None:  # else no step has told its weights
            self._weights = {path: one.copy() for path, one in found.items()}

    def take(
        self,
        gradients: NDArray[Any],
        values: Mapping[str, NDArray[Any]],
        finite: NDArray[np.bool_] | None = None,
    ) -> None:
        """Record k steps at once, as `RunWriter.write_steps` takes them.

        Args:
            gradients: ``(k, parameters)``: the recorded tensors of `tensors`, flattened and joined.
            values: Path of a series of steps, such as "steps/loss" -> its k rows.
            finite: Whether the loss and every element of the gradient are finite, ``(k,)``.
        """
        known = self._writer.first_nonfinite
        self._writer.write_steps(gradients, values, finite)
        if known is None and self._writer.first_nonfinite is not None:
            logger.warning(
                "%s: the loss or a gradient is not finite for the first time: step %d (from 0), epoch %d",
                self.path,
                *self._writer.first_nonfinite,
            )

    def close(self) -> None:
        """End the record: the file takes its name. Steps behind the last complete epoch stay in it.

        The end of a ``with`` block does so, too. Nothing can be recorded any more.
        """
        if self._closed:
            return
        with self._held:
            try:
                for wait in self._waits:
                    wait()
            finally:
                self._closed = True
            self._flush()
            if not self.epochs_complete:
                logger.warning("%s: no epoch is complete; call end_epoch at the end of each", self.path)
            self._writer.finish()

    def abandon(self) -> None:
        """Leave the partial file as it is: a recorder of the same run can continue it."""
        self._closed = True
        self._held.close()

    def _flush(self) -> None:
        """Write the steps that wait."""
        count = len(self._values)
        if not count:
            return
        paths = dict.fromkeys(path for values in self._values for path in values)
        columns: dict[str, NDArray[Any]] = {}
        for path in paths:
            missing: Any = np.nan
            if path == ACTIVATION_GRADIENTS:
                missing = np.full(len(self._plan.graph.edges), np.nan)
            column = np.array([values.get(path, missing) for values in self._values])
            as_gradients = path == "steps/loss" or path.startswith(NORMS_OF_STEPS)
            columns[path] = self._as_stored(column) if as_gradients else column
        columns["steps/batch_size"] = np.array([of.get("steps/batch_size", -1) for of in self._values])
        rows = self._gradients[:count]
        finite = finite_rows(rows)
        if "steps/loss" in columns:
            finite &= np.isfinite(columns["steps/loss"]) | ["steps/loss" not in of for of in self._values]
        self._values = []
        self.take(rows, columns, finite)

    def _check_open(self) -> None:
        """Raise GradevoError after the record's end."""
        if self._closed:
            raise GradevoError(
                f"{self.path}: expected a record that goes on, found one that has ended; "
                "record inside the recorder's with block"
            )

    def _as_stored(self, numbers: Any) -> NDArray[Any]:
        """Numbers in the file's type; what is too large for it is infinite."""
        with np.errstate(over="ignore"):
            return np.asarray(numbers).astype(self._plan.dtype)

    def _leaves(self, tree: Any, known: Container[Any] | None = None) -> dict[str, Any]:
        """The recorded tensors of a tree, by their paths in the file and in its order.

        known: all that the tree may hold, GradevoError for other floating-point arrays in it.
        """
        found: dict[str, Any] = {}
        for keys, leaf in keyed_leaves(tree):
            path = self._paths.get(keys) or self._paths.get(name := path_of(keys))
            if path is not None:
                found[path] = leaf
            elif known is not None and name not in known and is_floating(leaf) and 0 not in leaf.shape:
                raise GradevoError(
                    f"gradients: expected the tree of the weights, found {name}, which these do not have"
                )
        return {path: found[path] for path in self._paths.values() if path in found}

    def _arrays(self, tree: Any) -> dict[str, NDArray[Any]]:
        """The same as arrays of NumPy."""
        return {path: as_array(leaf) for path, leaf in self._leaves(tree).items()}

    def _all_arrays(self, weights: Any) -> dict[str, NDArray[Any]]:
        """All recorded tensors of the weights; raises GradevoError for another tree."""
        found = self._arrays(weights)
        for path, shape in self._plan.tensors.items():
            if path not in found or found[path].shape != shape:
                there = found[path].shape if path in found else "none"
                raise GradevoError(
                    f"weights: {path}: expected the shape that the recorder was made with, {shape}, "
                    f"found {there}; hand over the same tree"
                )
        return found


def _number(name: str, value: Any) -> float:
    """A number of any framework. Raises GradevoError for what is none."""
    try:
        return float(as_array(value))
    except (TypeError, ValueError) as error:
        raise GradevoError(f"{name}: expected one number, found {value!r:.60}") from error


def _count(name: str, value: Any) -> int:
    """A whole number of any framework. Raises GradevoError for what is none."""
    number = _number(name, value)
    if not number.is_integer() or number < 0:
        raise GradevoError(f"{name}: expected a whole number, found {value!r:.60}")
    return int(number)


def _named(what: str, numbers: Any) -> dict[str, Any]:
    """Numbers by names under which they can stand in the file, in which slashes are underscores.

    Raises GradevoError for what is no mapping, for names that are none, and for two that would be the same.
    """
    if not isinstance(numbers, Mapping):
        raise GradevoError(f"{what}: expected a mapping of names to numbers, found {numbers!r:.60}")
    found: dict[str, Any] = {}
    for name, number in numbers.items():
        clean = name.replace("/", "_") if isinstance(name, str) else ""
        if clean.strip(".") == "" or "\0" in clean or clean in found:
            expected = "names that differ in more than slashes" if clean in found else "names that are texts"
            raise GradevoError(f"{what}: expected {expected}, found {name!r}")
        found[clean] = number
    return found


def check_new(path: Path, overwrite: bool) -> None:
    """Raise GradevoError for a record that would be lost."""
    if path.exists() and not overwrite:
        raise GradevoError(
            f"{path}: expected a new file, found an existing one; "
            "name another, delete it, or allow overwriting"
        )


def check_settings(**settings: object) -> None:
    """Raise GradevoError for a setting below 1."""
    for name, value in settings.items():
        if not isinstance(value, Integral) or value < 1:
            raise GradevoError(f"{name}: expected an integer of at least 1, found {value!r}")


def check_keep_bits(keep_bits: int | None) -> None:
    """Raise GradevoError for bits that a mantissa of float32 does not have."""
    if keep_bits is not None and not (isinstance(keep_bits, int | np.integer) and 1 <= keep_bits <= 22):
        raise GradevoError(
            f"keep_bits: expected None or 1 to 22 of float32's 23 bits of mantissa, found {keep_bits!r}"
        )


def check_record_epochs(epochs: Any) -> None:
    """Raise GradevoError for what is no collection of epochs counted from 1; None is no choice of them."""
    if epochs is None:
        return
    try:
        count = 0 if isinstance(epochs, str | bytes) else len(epochs)
    except TypeError:
        count = 0
    if 1 <= count <= MOST_EPOCHS:
        wrong = [one for one in epochs if isinstance(one, bool) or not isinstance(one, Integral) or one < 1]
    else:
        wrong = [epochs]
    if wrong:
        raise GradevoError(
            f"record_epochs: expected a list, set or range of 1 to {MOST_EPOCHS:,} integers of at least 1, "
            f"found {wrong[0]!r:.40}"
        )


def as_json(name: str, told: Mapping[str, Any] | None) -> str:
    """A description as JSON text, keys sorted; numbers of NumPy are numbers."""
    try:
        return json.dumps(dict(told or {}), sort_keys=True, default=lambda one: one.item())
    except (TypeError, ValueError, AttributeError) as error:
        raise GradevoError(
            f"{name}: expected what JSON can hold (texts, numbers, lists, mappings), found else: {error}"
        ) from error


def _matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path matches one of the patterns, in which dots may stand for its slashes."""
    dotted = path.replace("/", ".")
    return any(fnmatchcase(dotted, pattern.replace("/", ".")) for pattern in patterns)
