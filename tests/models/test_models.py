"""The article's models: sizes, shapes, initial values."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.config.load import read_config
from gradevo.models.build import build, names
from gradevo.recording.keras.state import architecture

DEFINITIONS = read_config(Path(__file__).parents[2] / "config/paper.yaml").definitions


@pytest.mark.parametrize(
    ("name", "shape", "outputs", "parameters"),
    [
        ("iris", (4,), 3, 67),
        ("boston", (13,), 1, 961),
        ("mnist", (28, 28, 1), 10, 34_826),
        ("forda", (500, 1), 2, 25_474),
        ("cifar10", (32, 32, 3), 10, 2_396_330),
        ("cifar100", (32, 32, 3), 100, 8_578_820),
    ],
)
def test_trainable_parameters_are_the_articles(
    name: str, shape: tuple[int, ...], outputs: int, parameters: int
) -> None:
    model = build(DEFINITIONS[name], shape, outputs, seed=13)
    assert sum(v.numpy().size for v in model.trainable_variables) == parameters
    assert model.output_shape == (None, outputs)
    assert float(model.optimizer.learning_rate) == pytest.approx(DEFINITIONS[name].optimizer.learning_rate)
    for variable in model.trainable_variables:
        value = variable.numpy()
        if variable.path.endswith("bias"):
            assert not value.any()
        elif variable.path.endswith("kernel"):
            # Glorot & Bengio (2010): uniform in ±sqrt(6 / (fan in + fan out)).
            receptive = int(np.prod(value.shape[:-2]))
            limit = np.float32(np.sqrt(6 / (receptive * (value.shape[-2] + value.shape[-1]))))
            assert 0.7 * limit < np.abs(value).max() <= limit


def test_the_seed_decides_the_weights() -> None:
    def weights(seed: int) -> list[np.ndarray]:  # type: ignore[type-arg]
        return build(DEFINITIONS["iris"], (4,), 3, seed).get_weights()

    for one, same, other in zip(weights(1), weights(1), weights(2), strict=True):
        np.testing.assert_array_equal(one, same)
        assert not one.any() or (one != other).any()


@pytest.mark.parametrize("config", ["default", "paper"])
def test_keras_alone_builds_what_a_record_describes(config: str) -> None:
    """Of every model that comes with the project, in a process that has none of its code."""
    experiments = read_config(Path(__file__).parents[2] / f"config/{config}.yaml").definitions
    shapes = {"iris": ((4,), 3), "boston": ((13,), 1), "mnist": ((28, 28, 1), 10), "forda": ((500, 1), 2)}
    shapes |= {"forda_gru": ((500, 1), 2), "xor": ((2,), 1), "parabola": ((1,), 1), "rain": ((1,), 1)}
    shapes |= {"cifar10": ((32, 32, 3), 10), "cifar100": ((32, 32, 3), 100)}
    described = {}
    for experiment in experiments.values():
        model = build(experiment, *shapes[experiment.model], experiment.seeds[0])
        described[experiment.name] = (architecture(model), [list(w.shape) for w in model.get_weights()])
    code = (
        "import json, sys, keras\n"
        "for text, shapes in json.load(sys.stdin).values():\n"
        "    model = keras.saving.deserialize_keras_object(json.loads(text))\n"
        "    assert [list(w.shape) for w in model.get_weights()] == shapes\n"
        "assert not [name for name in sys.modules if name.startswith('gradevo')]\n"
    )
    told = json.dumps(described)
    done = subprocess.run([sys.executable, "-c", code], input=told, capture_output=True, text=True)
    assert (done.returncode, len(described)) == (0, len(experiments)), done.stderr


def test_models_are_found_by_their_file() -> None:
    assert {"boston", "cifar10", "cifar100", "forda", "iris", "mnist"} <= set(names())
    assert list(names()) == sorted(names())


def test_an_unknown_model_is_named() -> None:
    unknown = DEFINITIONS["iris"].model_copy(update={"model": "transformer"})
    with pytest.raises(GradevoError, match=r"experiment iris: model: expected one of .*, found transformer"):
        build(unknown, (4,), 3, 13)


def test_a_dataset_of_another_shape_is_named() -> None:
    with pytest.raises(GradevoError, match=r"experiment mnist: model mnist: expected examples of another"):
        build(DEFINITIONS["mnist"], (4,), 3, 13)


def test_floats_are_those_of_the_experiment_and_of_nothing_else() -> None:
    before = keras.config.floatx(), keras.config.dtype_policy().name
    experiment = DEFINITIONS["iris"]
    for dtype in ("float32", "float64", "float32"):
        model = build(experiment.model_copy(update={"dtype": dtype}), (4,), 3, 13)
        model.optimizer.build(model.trainable_variables)
        variables = [*model.variables, model.optimizer.learning_rate]
        floats = {v.dtype for v in variables if "float" in v.dtype}
        assert floats == {dtype}
        assert model(np.ones((2, 4), dtype)).dtype == dtype
        assert model.loss.dtype == dtype
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == before
