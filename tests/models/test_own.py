"""A model of the user's own file: layers or a whole model; every mistake is one line."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gradevo import GradevoError, Run, record
from gradevo.config.load import read_config
from gradevo.models.build import build, check

IRIS = read_config(Path(__file__).parents[2] / "config/default.yaml").definitions["iris"]
LAYERS = """
import keras

def layers(input_shape, outputs, seed):
    return [keras.layers.Dense(5, "tanh", name="hidden"), keras.layers.Dense(outputs, "softmax", name="out")]
"""
FUNCTIONAL = """
import keras

def layers(input_shape, outputs, seed):
    x = keras.Input(input_shape)
    y = keras.layers.Dense(5, "tanh", name="hidden")(x)
    y = keras.layers.Concatenate(name="both")([x, y])
    return keras.Model(x, keras.layers.Dense(outputs, "softmax", name="out")(y), name="whole")
"""
SUBCLASS = """
import keras

class Net(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.hidden = keras.layers.Dense(5, "tanh", name="hidden")
        self.out = keras.layers.Dense(outputs, "softmax", name="out")

    def call(self, x):
        return self.out(self.hidden(x))

def layers(input_shape, outputs, seed):
    return Net(outputs)
"""
SEQUENTIAL = LAYERS.replace("return [", "return keras.Sequential([").replace('"out")]', '"out")])')


def made(folder: Path, source: str, seed: int = 13) -> Any:
    path = folder / "net.py"
    path.write_text(source, encoding="utf-8")
    return build(IRIS.model_copy(update={"model": str(path)}), (4,), 3, seed)


@pytest.mark.parametrize("source", [LAYERS, FUNCTIONAL, SUBCLASS, SEQUENTIAL])
def test_layers_or_a_whole_model_are_compiled_and_recorded(tmp_path: Path, source: str) -> None:
    model = made(tmp_path, source)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]  # no bytecode
    random = np.random.default_rng(13)
    x, y = random.normal(size=(20, 4)).astype("float32"), np.eye(3, dtype="float32")[np.arange(20) % 3]
    with Run(record(model, x, y, tmp_path / "run.h5", epochs=2, batch_size=5)) as run:
        assert {"hidden/kernel", "out/bias"} <= {name.removeprefix("net/") for name in run.tensors}
        assert run.steps == 8
        assert "categorical_accuracy" in run.metrics("train")


def test_the_seed_decides_the_weights_and_an_edit_counts_at_once(tmp_path: Path) -> None:
    one, same, other = (made(tmp_path, LAYERS, seed).get_weights() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0], same[0])
    assert (one[0] != other[0]).any()
    assert made(tmp_path, LAYERS.replace("5", "6")).layers[0].units == 6


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def layers(:", r"net.py, line 1: expected Python that runs, found SyntaxError: "),
        ("import nowhere", r"net.py, line 1: .* found ModuleNotFoundError: No module named 'nowhere'"),
        ("layer = 3", r"expected a function layers\(input_shape, outputs, seed\) in .*net.py, found none"),
        (
            "def layers(input_shape, outputs, seed):\n    return [\n        kl.Dense(3)]",
            r"net.py, line 3: .* found NameError: name 'kl' is not defined",
        ),
        ("def layers(input_shape): return []", r"net.py: .* found TypeError: layers\(\) takes 1 "),
        ("def layers(input_shape, outputs, seed): return 3", r"a list of layers or a keras.Model, found int"),
        (
            "def layers(input_shape, outputs, seed): return ['dense']",
            r"expected examples of another shape than \(4,\), which dataset iris has \(.*Layer",
        ),
        (
            FUNCTIONAL.replace("Input(input_shape)", "Input((5,))"),
            r"expected examples of another .* \(the model takes \(None, 5\)\)",
        ),
        (
            FUNCTIONAL.replace("Model(x,", "Model([x, keras.Input((2,))],"),
            r"expected examples of another .* \(the model takes \[",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(GradevoError, match=message) as caught:
        made(tmp_path, source)
    assert str(caught.value).startswith("experiment iris: model")
    assert len(str(caught.value).splitlines()) == 1


def test_checking_needs_no_data(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    own = IRIS.model_copy(update={"model": str(path)})
    with pytest.raises(GradevoError, match=r"my.yaml: model: expected a Python file, found none at .*net.py"):
        check(own, "my.yaml")
    path.write_text(LAYERS)
    check(own, "my.yaml")
    check(IRIS, "my.yaml")
