"""What training carries from epoch to epoch beside the trainable weights."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

Array = np.ndarray[Any, Any]


def state_variables(model: keras.Model) -> list[keras.Variable]:
    """Non-trainable weights (BatchNorm), random seeds (Dropout) and the optimizer's variables.

    Metrics start anew after every epoch and are left out, as are the trainable weights,
    which the run file holds anyway.
    """
    elsewhere = {id(v) for v in (*model.trainable_variables, *model.metrics_variables)}
    own = [v for v in model.variables if id(v) not in elsewhere]
    return [*own, *model.optimizer.variables]


def values(variables: Sequence[keras.Variable]) -> list[Array]:
    """Copies of the variables' values."""
    return [np.asarray(variable.numpy()) for variable in variables]


def restore(variables: Sequence[keras.Variable], saved: Sequence[Array]) -> None:
    """Give every variable its saved value."""
    for variable, value in zip(variables, saved, strict=True):
        variable.assign(value)
