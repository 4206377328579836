"""The variables of a model: those that are trained, and the state that training carries along."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradevo.errors import GradevoError
from gradevo.recording.keras.batches import Examples

Array = np.ndarray[Any, Any]


def create_variables(model: keras.Model, data: Examples) -> None:
    """Create every variable of the model and its optimizer now: a compiled call must not."""
    if not model.built:
        model(data.batch(tf.range(1, dtype=tf.int64))[0], training=False)
    if not model.trainable_variables:
        raise GradevoError("model: expected trainable weights, found none; unfreeze a layer")
    model.optimizer.build(model.trainable_variables)


def tensors(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Path -> shape of every trainable tensor, in the model's order; equal paths are numbered.

    Keras begins a path with the name of the model in some models and not in others.
    """
    names = named_tensors(model)
    return {names[id(variable)]: tuple(variable.shape) for variable in model.trainable_variables}


def named_tensors(model: keras.Model) -> dict[int, str]:
    """The id of every trainable variable -> its name in ``tensors``."""
    found: dict[str, int] = {}
    for variable in model.trainable_variables:
        path = variable.path.removeprefix(f"{model.name}/")
        name, count = path, 1
        while name in found:
            name, count = f"{path}_{count}", count + 1
        found[name] = id(variable)
    return {variable: name for name, variable in found.items()}


def state_variables(model: keras.Model) -> list[keras.Variable]:
    """Non-trainable weights (BatchNorm), random seeds (Dropout) and the optimizer's variables.

    Metrics start anew after every epoch and are left out, as are the trainable weights,
    which the run file holds anyway.
    """
    elsewhere = {id(v) for v in (*model.trainable_variables, *model.metrics_variables)}
    own = [v for v in model.variables if id(v) not in elsewhere]
    return [*own, *model.optimizer.variables]


def values(variables: Sequence[keras.Variable]) -> list[Array]:
    """The variables' values, as arrays that later training does not change."""
    # Keras' and TensorFlow's own ways of reading take three times as long, which shows in
    # small models.
    read = tf.raw_ops.ReadVariableOp
    return [np.asarray(read(resource=v.value.handle, dtype=v.value.dtype).numpy()) for v in variables]


def restore(variables: Sequence[keras.Variable], saved: Sequence[Array]) -> None:
    """Give every variable its saved value."""
    for variable, value in zip(variables, saved, strict=True):
        variable.assign(value)
