"""From an experiment to a compiled Keras model; the initial values that the article's models share."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradevo.config.experiment import Experiment
from gradevo.errors import GradevoError
from gradevo.models import own

if TYPE_CHECKING:
    import keras


Shape = tuple[int, ...] | Mapping[str, tuple[int, ...]]


def names() -> tuple[str, ...]:
    """Names of all models, without importing Keras."""
    found = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])}
    return tuple(sorted(found - {"build", "called", "own"}))


def check(experiment: Experiment, where: str) -> None:
    """Find mistakes in what the experiment asks of Keras and of the user's own file, without any data.

    Args:
        experiment: The one to check.
        where: It stands, for messages.

    Raises:
        GradevoError: With a line for each mistake.
    """
    from gradevo.models.called import compiled_with

    mistakes = []
    for part in (_layers_of, compiled_with):
        try:
            part(experiment, where)
        except GradevoError as error:
            mistakes.append(str(error))
    if mistakes:
        raise GradevoError("\n".join(mistakes))


def build(experiment: Experiment, input_shape: Shape, outputs: int, seed: int) -> "keras.Model":
    """The experiment's model, built and compiled.

    Args:
        experiment: Names the model and says how it is compiled.
        input_shape: Of one example, without the batch axis; name -> shape for several inputs.
        outputs: Units of the last layer, the number of classes, or of targets of a regression.
        seed: It alone decides the initial weights and the dropout masks.

    Raises:
        GradevoError: For an unknown model, one that does not take such examples, and for what Keras has not.
    """
    where = f"experiment {experiment.name}"
    layers_of = _layers_of(experiment, where)
    several = isinstance(input_shape, Mapping)
    if several and not own.is_file(experiment.model):
        raise _of_one_input(experiment, input_shape, where, "a list of layers")
    import keras  # takes seconds, so only when a model is really built

    from gradevo.models.called import compiled_with

    # For what is random without a seed of its own.
    keras.utils.set_random_seed(seed)
    with _floats(experiment.dtype):
        made = layers_of(input_shape, outputs, seed)
        if not isinstance(made, keras.Model | list | tuple):
            raise GradevoError(
                f"{where}: model {experiment.model}: expected layers() to return a list of layers or a "
                f"keras.Model, found {type(made).__name__}"
            )
        if isinstance(made, keras.Sequential | list | tuple) and several:
            raise _of_one_input(experiment, input_shape, where, "layers one behind another")
        try:
            if isinstance(made, keras.Model):
                model = _whole(made, input_shape)
            else:
                name = Path(experiment.model).stem
                model = keras.Sequential([keras.Input(input_shape, name="input"), *made], name=name)
        except (ValueError, TypeError) as error:
            said = str(error).strip().partition("\n")[0]
            raise GradevoError(
                f"{where}: model {experiment.model}: expected examples of another shape than {input_shape}, "
                f"which dataset {experiment.dataset} has ({said}); choose another model or dataset"
            ) from error
        told = compiled_with(experiment, where)
        try:
            model.compile(**told)
        except Exception as error:  # whatever a compile() of the model's own may raise
            said = str(error).strip().partition("\n")[0]
            raise GradevoError(
                f"{where}: model {experiment.model}: expected a compile() that takes {', '.join(told)}, "
                f"found {type(error).__name__}: {said}"
            ) from error
        return model


def _of_one_input(experiment: Experiment, inputs: Iterable[Any], where: str, found: str) -> GradevoError:
    return GradevoError(
        f"{where}: model {experiment.model}: expected a file whose layers() returns a keras.Model with the "
        f"inputs {', '.join(inputs)} of dataset {experiment.dataset}, found {found}"
    )


def _whole(model: "keras.Model", input_shape: Shape) -> "keras.Model":
    """A whole model, built if it is a stack of layers; raises ValueError if it takes other examples."""
    import keras

    given = dict(input_shape) if isinstance(input_shape, Mapping) else {"": input_shape}
    if isinstance(model, keras.Sequential) and not model.built:
        model.build((None, *given[""]))
    taken = getattr(model, "input_shape", None)  # unknown of a subclass
    if taken is None:
        return model
    if isinstance(input_shape, Mapping):
        named = model.input if isinstance(model.input, dict) else {one.name: one for one in model.inputs}
        taken = {name: tuple(one.shape) for name, one in named.items()}
    shapes = taken if isinstance(taken, dict) else {"": taken}
    if shapes.keys() != given.keys() or not all(_fits(shapes[name], given[name]) for name in given):
        raise ValueError(f"the model takes {taken}")
    return model


def _fits(taken: object, given: tuple[int, ...]) -> bool:
    """Whether a model that takes batches of one shape takes examples of another."""
    if not isinstance(taken, tuple) or len(taken) != len(given) + 1:
        return False
    return all(size in (None, of) for size, of in zip(taken[1:], given, strict=True))


def _layers_of(experiment: Experiment, where: str) -> Callable[[Any, int, int], Any]:
    """The function ``layers`` of the experiment's model."""
    model = experiment.model
    if own.is_file(model):
        return own.layers_of(Path(model), where)
    if model not in names():
        raise GradevoError(
            f"{where}: model: expected one of {', '.join(names())}, or the path of a .py file, found {model}"
        )
    layers: Callable[[Any, int, int], Any]
    layers = importlib.import_module(f"{__package__}.{model}").layers
    return layers


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
