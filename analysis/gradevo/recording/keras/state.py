"""What a run is resumed by: the variables of its model, and whether a partial file is one of the same run."""

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.recording.keras.batches import Examples, Nest
from gradevo.recording.keras.variables import values_of
from gradevo.version import __version__

PACKAGES = ("keras", "tensorflow", "numpy")


def create_variables(model: keras.Model, data: Examples) -> None:
    """Create every variable of the model and its optimizer now: a compiled call must not."""
    try:
        with carrying_nothing(model):
            forward(model, data.batch(tf.range(fixed_batch(model) or 1, dtype=tf.int64))[0])
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        shapes = ", ".join(str(array.shape) for array in tf.nest.flatten(data.x))
        reason = str(error).strip().splitlines()[0]
        raise GradevoError(
            f"training data: expected inputs that the model takes, found such of shapes {shapes} ({reason})"
        ) from error
    if not model.trainable_variables:
        raise GradevoError("model: expected trainable weights, found none; unfreeze a layer")
    model.optimizer.build(model.trainable_variables)


def forward(model: keras.Model, x: Nest, training: bool = False) -> Any:
    """The model's outputs for a batch, by the arguments that its ``call`` takes."""
    return model(x, training=training) if model._call_has_training_arg else model(x)


def fixed_batch(model: keras.Model) -> int | None:
    """The number of examples that every batch must have, where the model's inputs say one."""
    sizes = {tensor.shape[0] for tensor in getattr(model, "inputs", None) or () if tensor.shape}
    return next((size for size in sizes if size is not None), None)


@contextmanager
def carrying_nothing(model: keras.Model) -> Iterator[None]:
    """While the block lasts, stateful recurrent layers begin without a state; then they have theirs again."""
    layers = [layer for layer in model._flatten_layers() if getattr(layer, "stateful", False)]
    carried = [one for layer in layers for one in tf.nest.flatten(getattr(layer, "states", None) or [])]
    before = values_of(carried)
    restore(carried, [np.zeros_like(value) for value in before])
    yield
    restore(carried, before)


def state_variables(model: keras.Model) -> list[keras.Variable]:
    """What training changes beside the trainable weights, which the run file holds anyway.

    Statistics (BatchNorm), random seeds (Dropout) and the optimizer's variables; not the weights of frozen
    layers, which a resumed process brings (`fingerprint` compares them), nor metrics, which start anew after
    every epoch.
    """
    elsewhere = {id(v) for v in (*model.trainable_variables, *model.metrics_variables)}
    elsewhere |= {id(v) for layer in model._flatten_layers() for v in layer._trainable_variables}
    own = [v for v in model.variables if id(v) not in elsewhere]
    return [*own, *model.optimizer.variables]


def stored(arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Arrays as HDF5 can hold them: numbers that NumPy does not know (bfloat16) by their bits."""
    return [
        array.view(f"uint{8 * array.dtype.itemsize}") if array.dtype.kind == "V" else array
        for array in arrays
    ]


def restore(variables: Sequence[keras.Variable], saved: Sequence[NDArray[Any]]) -> None:
    """Give every variable its saved value."""
    for variable, value in zip(variables, saved, strict=True):
        kind = tf.as_dtype(variable.dtype).as_numpy_dtype
        by_bits = np.dtype(kind).kind == "V" and value.dtype.kind == "u"
        variable.assign(value.view(kind) if by_bits else value)


def versions() -> dict[str, str]:
    """Versions of the packages that compute the gradients."""
    return {package: version(package) for package in PACKAGES}


def architecture(model: keras.Model) -> str:
    """Layers and connections as JSON, without how the model was compiled.

    ``keras.saving.deserialize_keras_object(json.loads(text))`` builds the model again. Empty
    for a model that Keras cannot describe (a layer without ``get_config``).
    """
    try:
        with warnings.catch_warnings():
            # Keras warns of lambdas, which concern those who load a model.
            warnings.simplefilter("ignore")
            described = json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError):
        return ""
    described.pop("compile_config", None)
    return json.dumps(described)


def fingerprint(model: keras.Model, arrays: Sequence[NDArray[Any]], settings: Mapping[str, Any]) -> str:
    """SHA-256 over what decides a run's numbers.

    Gradevo's and the packages' versions, the architecture, how the model was compiled (with the
    code of the caller's own functions), the initial variables, the data and the settings
    (JSON-able). Left out are the code of the caller's own layers, and the number of threads:
    a run may be continued on another number of cores, although only the same number gives
    the same last bits.
    """
    digest = hashlib.sha256()
    described = {
        "gradevo": __version__,
        "versions": versions(),
        "model": architecture(model),
        "compiled": [
            _described(getattr(model, part, None)) for part in ("optimizer", "loss", "loss_weights")
        ],
        **settings,
    }
    digest.update(json.dumps(described, sort_keys=True, default=_described).encode())
    variables = (*model.variables, *model.optimizer.variables)
    for array in (*(np.asarray(v.numpy()) for v in variables), *arrays):
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(_bytes(array))
    return digest.hexdigest()


def _bytes(array: NDArray[Any]) -> bytes | memoryview:
    """What an array holds; of texts their letters, since NumPy holds only where these are."""
    if array.dtype.kind == "O":
        return json.dumps(array.tolist(), default=repr).encode()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _described(value: Any) -> Any:
    """A JSON-able description without names that Keras numbers as it goes ("sgd_1")."""
    if hasattr(value, "get_config"):
        config = {key: item for key, item in value.get_config().items() if key != "name"}
        return [type(value).__qualname__, config]
    if isinstance(value, dict):
        return dict(value)  # Keras wraps what it is compiled with; JSON takes the plain types only
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, str | float | int | None):
        return value
    code = getattr(value, "__code__", None)
    if code is not None:
        constants = [item for item in code.co_consts if isinstance(item, str | float | int | None)]
        return [value.__qualname__, code.co_code.hex(), list(code.co_names), constants]
    return getattr(value, "__qualname__", type(value).__qualname__)
