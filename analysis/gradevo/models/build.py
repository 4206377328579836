"""From an experiment to a compiled Keras model; the initial values that the article's models share."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradevo.config.experiment import Experiment
from gradevo.errors import GradevoError

if TYPE_CHECKING:
    import keras


def names() -> tuple[str, ...]:
    """Names of all models, without importing Keras."""
    found = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])}
    return tuple(sorted(found - {"build", "called"}))


def build(experiment: Experiment, input_shape: tuple[int, ...], outputs: int, seed: int) -> "keras.Model":
    """The experiment's model, built and compiled.

    input_shape: of one example, without the batch axis. outputs: units of the last layer,
    the number of classes or 1 for a regression. The seed alone decides the initial weights
    and the dropout masks. Raises GradevoError for an unknown model.
    """
    if experiment.model not in names():
        raise GradevoError(
            f"experiment {experiment.name}: model: expected one of {', '.join(names())}, "
            f"found {experiment.model}"
        )
    import keras  # takes seconds, so only when a model is really built

    from gradevo.models.called import compiled_with

    # For what is random without a seed of its own.
    keras.utils.set_random_seed(seed)
    with _floats(experiment.dtype):
        architecture = importlib.import_module(f"{__package__}.{experiment.model}")
        layers = architecture.layers(input_shape, outputs, seed)
        try:
            model = keras.Sequential([keras.Input(input_shape, name="input"), *layers], name=experiment.model)
        except ValueError as error:
            raise GradevoError(
                f"experiment {experiment.name}: model {experiment.model}: expected examples of another shape "
                f"than {input_shape}, which dataset {experiment.dataset} has; choose another model or dataset"
            ) from error
        model.compile(**compiled_with(experiment, f"experiment {experiment.name}"))
        return model


def article(seed: int) -> dict[str, Any]:
    """Keyword arguments for a layer whose kernel starts as the article's do; biases start as zeros anyway.

    Every layer gets the same seed, as in the article: equally shaped kernels start equal.
    Source: Glorot & Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks".
    """
    import keras

    return {"kernel_initializer": keras.initializers.GlorotUniform(seed=seed)}


@contextmanager
def _floats(dtype: str) -> Iterator[None]:
    """While the block lasts, layers, losses and metrics are made with these floats."""
    import keras

    before = keras.config.floatx(), keras.config.dtype_policy()
    # Optimizers, losses and metrics follow the one, layers the other.
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
