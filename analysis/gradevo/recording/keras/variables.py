"""A model's variables: their names in the run file and their values, on any of Keras' backends."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gradevo.recording.tree import as_array
from gradevo.runfile.schema import tensor_paths

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def named_tensors(model: keras.Model) -> dict[int, str]:
    """The id of every trainable variable -> its path in the run file, in the model's order.

    Keras begins a path with the name of the model in some models and not in others.
    """
    variables = model.trainable_variables
    paths = tensor_paths(variable.path.removeprefix(f"{model.name}/") for variable in variables)
    return {id(variable): path for variable, path in zip(variables, paths, strict=True)}


def values_of(variables: Sequence[keras.Variable]) -> list[NDArray[Any]]:
    """The variables' values, as arrays that later training does not change."""
    if keras.backend.backend() != "tensorflow":
        return [as_array(variable.value).copy() for variable in variables]
    # Keras' and TensorFlow's own ways of reading take three times as long, which shows in
    # small models.
    read = tf.raw_ops.ReadVariableOp
    return [np.asarray(read(resource=v.value.handle, dtype=v.value.dtype).numpy()) for v in variables]
