"""From an experiment to a compiled Keras model."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from gradevo.config import Experiment, Sgd
from gradevo.errors import GradevoError

if TYPE_CHECKING:
    import keras

_NOT_MODELS = {"build", "initial"}


def names() -> tuple[str, ...]:
    """Names of all models, without importing Keras."""
    package = importlib.import_module(__package__)
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(set(found) - _NOT_MODELS))


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

    # For what is random without a seed of its own.
    keras.utils.set_random_seed(seed)
    architecture = importlib.import_module(f"{__package__}.{experiment.model}")
    layers = architecture.layers(input_shape, outputs, seed)
    try:
        model = keras.Sequential([keras.Input(input_shape, name="input"), *layers], name=experiment.model)
    except ValueError as error:
        raise GradevoError(
            f"experiment {experiment.name}: model {experiment.model}: expected examples of another shape "
            f"than {input_shape}, which dataset {experiment.dataset} has; choose another model or dataset"
        ) from error
    model.compile(_optimizer(experiment), experiment.loss, metrics=list(experiment.metrics))
    return model


def _optimizer(experiment: Experiment) -> "keras.optimizers.Optimizer":
    import keras

    chosen = experiment.optimizer
    if isinstance(chosen, Sgd):
        return keras.optimizers.SGD(chosen.learning_rate, momentum=chosen.momentum)
    return keras.optimizers.Adam(chosen.learning_rate)
