"""The examples in the host's memory, and the order in which the steps take them."""

from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gradevo.errors import GradevoError

# Where all examples wait; of a batch alone the device needs to have a copy.
HOST = "/CPU:0"

# An array, or a list, tuple or dict of arrays for models of several inputs or outputs.
Nest = Any


@dataclass(frozen=True)
class Examples:
    """Inputs and targets as tensors; every array has ``count`` rows.

    y: an empty tuple for a model that needs no targets. arrays: the same as NumPy arrays, in one list.
    """

    x: Nest
    y: Nest
    count: int
    arrays: list[NDArray[Any]]

    def batch(self, indices: tf.Tensor) -> tuple[Nest, Nest]:
        """The examples at ``indices`` (int64, one axis), inside or outside a compiled call."""
        with tf.device(HOST):
            x, y = tf.nest.map_structure(lambda array: tf.gather(array, indices), (self.x, self.y))
        return x, y


def examples(x: Nest, y: Nest, what: str) -> Examples:
    """Check arrays and make them tensors; ``what`` names them in errors."""
    x, y = _as_arrays(x), () if y is None else _as_arrays(y)
    arrays = tf.nest.flatten((x, y))
    counts = sorted({len(array) if array.ndim else 0 for array in arrays})
    if len(counts) != 1 or counts[0] == 0:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise GradevoError(
            f"{what}: expected arrays of inputs and targets with equally many rows, at least one, "
            f"found shapes {shapes}"
        )
    try:
        with tf.device(HOST):
            x, y = tf.nest.map_structure(tf.convert_to_tensor, (x, y))
    except (ValueError, TypeError) as error:
        kinds = ", ".join(sorted({str(array.dtype) for array in arrays}))
        raise GradevoError(
            f"{what}: expected arrays of numbers or of texts, rows of equal shapes, found {kinds} ({error})"
        ) from error
    return Examples(x, y, counts[0], arrays)


def _as_arrays(nest: Nest) -> Nest:
    """Arrays for what is like an array: a list of numbers, however nested, is one array, as in ``fit``."""
    leaves = tf.nest.flatten(nest)
    if isinstance(nest, list | tuple) and all(isinstance(leaf, Number | str) for leaf in leaves):
        return _as_array(nest)
    return tf.nest.map_structure(_as_array, nest)


def _as_array(values: Any) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise GradevoError(f"data: expected rows of equal shapes, found others ({error})") from error


def order(count: int, seed: int, epoch: int, shuffle: bool) -> NDArray[np.int64]:
    """Indices of the examples in the order of ``epoch`` (from 1): ``(count,)``.

    A shuffled order depends on the seed and the epoch alone, so that a resumed run
    continues with the order it would have had.
    """
    if shuffle:
        return np.random.default_rng([seed, epoch]).permutation(count)
    return np.arange(count)
