"""Keras' optimizers, schedules, losses and metrics by the names and arguments that a configuration has."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import keras

from gradevo.config.called import Called, Optimizer
from gradevo.config.experiment import Experiment
from gradevo.errors import GradevoError, shown
from gradevo.metrics import METRICS

NOT_TOLD = ("self", "name", "dtype", "kwargs")
"""Arguments that the experiment itself decides."""


def compiled_with(experiment: Experiment, where: str) -> dict[str, Any]:
    """What the experiment's model is compiled with, as keyword arguments of ``compile``.

    Args:
        experiment: Whose model it is.
        where: The experiment stands, for messages.

    Raises:
        GradevoError: With a line for each name that Keras has not and each argument that it does not take.
    """
    made: list[Any] = []
    mistakes = []
    makers: list[Callable[[], Any]] = [
        lambda: _optimizer(experiment.optimizer, f"{where}: optimizer"),
        lambda: _loss(experiment.loss, f"{where}: loss"),
        *(lambda metric=metric: _metric(metric, f"{where}: metrics") for metric in experiment.metrics),
    ]
    for make in makers:
        try:
            made.append(make())
        except GradevoError as error:
            mistakes.append(str(error))
    if mistakes:
        raise GradevoError("\n".join(mistakes))
    optimizer, loss, *metrics = made
    return {"optimizer": optimizer, "loss": loss, "metrics": metrics}


def _optimizer(chosen: Optimizer, where: str) -> keras.optimizers.Optimizer:
    """The optimizer, once it has taken a step with one weight: only then Keras looks at most arguments."""
    kinds = {
        kind.__name__.lower(): kind
        for kind in _subclasses(keras.optimizers, keras.optimizers.Optimizer)
        if "learning_rate" in inspect.signature(kind).parameters
    }
    rate = chosen.learning_rate
    if isinstance(rate, Called):
        schedules = keras.optimizers.schedules
        known = {_snake(kind): kind for kind in _subclasses(schedules, schedules.LearningRateSchedule)}
        rate = _make(known, rate.name, rate.arguments, f"{where}.learning_rate")
    optimizer = _make(kinds, chosen.name, {"learning_rate": rate, **chosen.arguments}, where)
    try:
        trial = type(optimizer).from_config(optimizer.get_config())
        weights = keras.Variable([[1.0]], name="weights")
        trial.build([weights])
        trial.apply([keras.ops.ones((1, 1), weights.dtype)], [weights])
    except Exception as error:
        raise _refused(where, chosen.name, error) from error
    return optimizer


def _loss(chosen: Called, where: str) -> keras.losses.Loss:
    """An object: of a mere name, Keras would compute in float32 whatever the model's floats."""
    known = {
        _snake(kind): kind
        for kind in _subclasses(keras.losses, keras.losses.Loss)
        if kind is not keras.losses.CTC  # of sequences, which no dataset here has as labels
    }
    ours = {name: metric for name, metric in METRICS.items() if metric.keras_loss}
    kinds = known | {name: getattr(keras.losses, metric.keras_loss) for name, metric in ours.items()}
    options = ours[chosen.name].options if chosen.name in ours else {}
    loss = _make(kinds, chosen.name, {**options, **chosen.arguments}, where, name=chosen.name)
    if loss.reduction in (None, "none"):
        raise GradevoError(
            f"{where}: {chosen.name}: expected a reduction to one number, found none; remove it"
        )
    return loss


def _metric(chosen: Called, where: str) -> keras.metrics.Metric:
    """A metric in float32, as Keras makes one of a mere name, whatever the model's floats."""
    known = {
        _snake(kind): kind
        for kind in _subclasses(keras.metrics, keras.metrics.Metric)
        # Not those of one number, such as a mean, nor one of a function, nor the equality of numbers.
        if kind is not keras.metrics.Accuracy
        and "y_true" in inspect.signature(kind.update_state).parameters
        and "fn" not in inspect.signature(kind).parameters
    }
    return _make(known, chosen.name, chosen.arguments, where, name=chosen.name, dtype="float32")


def _subclasses(module: Any, base: type) -> list[Any]:
    kinds = vars(module).values()
    return [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, base) and kind is not base]


def _snake(kind: type) -> str:
    """A class's name as Keras writes it in words: ``MeanSquaredError`` -> "mean_squared_error"."""
    words = kind.__name__.replace("IoU", "Iou")
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", words)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


def _make(
    known: Mapping[str, Any], name: str, arguments: Mapping[str, Any], where: str, /, **told: Any
) -> Any:
    """An object of the class that is known by a name."""
    if name not in known:
        raise GradevoError(f"{where}: expected one of {', '.join(sorted(known))}, found {name}")
    parameters = inspect.signature(known[name]).parameters
    taken = [argument for argument in parameters if argument not in NOT_TOLD]
    for argument, value in arguments.items():
        if argument not in taken:
            raise GradevoError(
                f"{where}: {name}: expected no argument but {', '.join(taken)}, found {argument}"
                if taken
                else f"{where}: {name}: expected no arguments, found {argument}"
            )
        if type(parameters[argument].default) in (int, float) and isinstance(value, str | list | dict | None):
            raise GradevoError(f"{where}: {name}: {argument}: expected a number, found {shown(value)}")
    for argument in taken:
        if parameters[argument].default is inspect.Parameter.empty and argument not in arguments:
            raise GradevoError(f"{where}: {name}: expected {argument}, found none; add it")
    try:
        return known[name](**arguments, **told)
    except Exception as error:
        raise _refused(where, name, error) from error


def _refused(where: str, name: str, error: Exception) -> GradevoError:
    """What Keras says of arguments, in one line."""
    said = next(iter(re.sub(r"{{.*?}} *", "", str(error)).strip().splitlines()), type(error).__name__)
    return GradevoError(
        f"{where}: {name}: expected arguments that Keras takes, found some that it refuses ({said})"
    )
