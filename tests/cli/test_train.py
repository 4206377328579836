"""``gradevo train`` beside ``fit``: weights of rows and classes, models that train by themselves."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradevo import GradevoError, Run
from gradevo.cli.train import command, prepare
from gradevo.config.experiment import Experiment
from gradevo.config.load import parse_experiment
from gradevo.datasets import prepared, splits
from gradevo.datasets.dataset import Dataset
from gradevo.models import build

RANDOM = np.random.default_rng(13)
X = RANDOM.normal(size=(60, 4)).astype("float32")
CLASSES = np.arange(60) % 3
WEIGHTS = np.linspace(0, 2, 60, dtype=np.float32)
TOLD: dict[str, Any] = {
    "name": "mine",
    "title": "Mine",
    "dataset": "mine",
    "model": "iris",
    "batch_size": 9,
    "epochs": 2,
    "optimizer": {"name": "adam", "learning_rate": 0.05},
    "loss": "categorical_crossentropy",
    "metrics": ["categorical_accuracy"],
}
OWN_STEP = """
import keras
import tensorflow as tf

class Net(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.hidden = keras.layers.Dense(5, "tanh", name="hidden")
        self.out = keras.layers.Dense(outputs, "softmax", name="out")

    def call(self, x):
        return self.out(self.hidden(x))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = 2 * self.compute_loss(x, y, predicted)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        for metric in self.metrics:
            metric.update_state(*((loss,) if metric.name == "loss" else (y, predicted)))
        return {metric.name: metric.result() for metric in self.metrics}

def layers(input_shape, outputs, seed):
    return Net(outputs)
"""
OWN_LOSS = (
    OWN_STEP.partition("    def train_step")[0]
    + """
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 2 * super().compute_loss(x, y, y_pred, sample_weight, training)

def layers(input_shape, outputs, seed):
    return Net(outputs)
"""
)


def dataset(**changes: Any) -> Dataset:
    told: dict[str, Any] = {
        "name": "mine",
        "title": "Mine",
        "task": "classification",
        "labels": ("a", "b", "c"),
        "x_train": X,
        "y_train": CLASSES,
        "x_test": X[:3],
        "y_test": CLASSES[:3],
        "provenance": {"kind": "own data", "file": "mine.csv", "sha256": "0"},
    }
    return Dataset(**{**told, **changes})


class Trained:
    """Trains an experiment by the command on a dataset that it saves first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, data: Dataset, **changes: Any) -> Run:
        prepared.save(data, self.folder / "mine.npz")
        experiment = parse_experiment({**TOLD, **changes}).model_dump_json()
        provenance = self.folder / "provenance.json"
        command(experiment, self.folder / "mine.npz", self.folder / "run.h5", provenance)
        return Run(self.folder / "run.h5")

    def own(self, source: str, **changes: Any) -> Run:
        (self.folder / "net.py").write_text(source)
        return self(dataset(), model=str(self.folder / "net.py"), **changes)


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    return Trained(tmp_path)


def rows(data: Dataset) -> tuple[Any, Any]:
    """Training and validation rows of the first seed, labels one-hot."""
    both = splits.training_and_validation(data, 13)
    return tuple((x, np.eye(3, dtype="float32")[y], *weights) for x, y, *weights in both)  # type: ignore[misc]


def fitted(experiment: Experiment, data: Dataset, **fit: Any) -> tuple[keras.Model, dict[str, list[float]]]:
    """The same by ``fit``."""
    model = build.build(experiment, (4,), 3, 13)
    (x, y, *_), validation = rows(data)
    history = model.fit(
        x, y, batch_size=9, epochs=2, shuffle=False, verbose=0, validation_data=validation, **fit
    )
    return model, history.history


def assert_equal(run: Run, model: keras.Model, history: dict[str, list[float]]) -> None:
    for tensor, variable in zip(run.tensors, model.trainable_variables, strict=True):
        np.testing.assert_allclose(run.weights(tensor, 2), variable.numpy(), rtol=1e-5, atol=1e-7)
    assert run.epochs == 2
    for split, prefix in (("train", ""), ("validation", "val_")):
        np.testing.assert_allclose(run.metrics(split)["loss"], history[f"{prefix}loss"], rtol=1e-5)


def test_weights_of_rows_count_as_in_fit(trained: Trained) -> None:
    weighted = dataset(w_train=WEIGHTS)
    with trained(weighted) as run:
        weights = rows(weighted)[0][2]
        assert len(set(weights)) == 54
        assert_equal(run, *fitted(parse_experiment(TOLD), weighted, sample_weight=weights))


def test_weights_of_classes_count_as_in_fit(trained: Trained, capfd: Any) -> None:
    """The labels are texts in the data, the indices 0, 1, 2 in ``fit``; those not named count 1."""
    with trained(dataset(), class_weight={"c": 4, "a": 0.5}) as run:
        assert_equal(run, *fitted(parse_experiment(TOLD), dataset(), class_weight={0: 0.5, 2: 4.0}))
    assert "mine: epoch 2/2  loss " in capfd.readouterr().err
    told = json.loads((trained.folder / "provenance.json").read_text())
    assert told["experiment"]["class_weight"] == {"c": 4.0, "a": 0.5}


@pytest.mark.parametrize(
    ("data", "changes", "message"),
    [
        (
            {},
            {"class_weight": {"d": 1}},
            "experiment mine: class_weight: expected any of mine's classes a, b, c, found d",
        ),
        (
            {},
            {"class_weight": {"a": 0, "b": 0, "c": 0}},
            "experiment mine: class_weight: expected a class that counts, found 0 for each of mine's; give",
        ),
        (
            {"w_train": WEIGHTS},
            {"class_weight": {"a": 1}},
            "experiment mine: class_weight: expected a dataset without weights of its rows, found mine with",
        ),
        (
            {"w_train": WEIGHTS},
            {"activation_gradients": True},
            "activation_gradients: expected it for arrays alone, found sample_weight; leave one of the two",
        ),
        (
            {},
            {"class_weight": {"a": 2}, "stop_below": 0.1},
            "stop_below: expected it for arrays alone, found class_weight; leave one of the two out",
        ),
        (
            {},
            {"loss": "mean_squared_error", "metrics": ["r2_score"]},
            "expected a dataset for regression, found mine for classification; choose another loss or "
            "dataset, or add a metric of classes, such as categorical_accuracy",
        ),
    ],
)
def test_what_does_not_go_together(
    trained: Trained, data: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(GradevoError) as caught:
        trained(dataset(**data), **changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in trained.folder.iterdir()] == ["mine.npz"]


@pytest.mark.parametrize(
    ("loss", "metrics", "outputs", "labels"),
    [
        ("mean_squared_error", ["mean_absolute_error", "categorical_accuracy"], 3, [0, 0, 1]),
        ("huber", ["categorical_accuracy"], 3, [0, 0, 1]),
    ],
)
def test_errors_of_classes_are_those_of_one_hot_rows(
    loss: str, metrics: list[str], outputs: int, labels: list[int]
) -> None:
    experiment = parse_experiment({**TOLD, "loss": loss, "metrics": metrics, "validation": 0})
    model, (_, y), _ = prepare(experiment, dataset(), 13)
    assert y[2].tolist() == labels
    assert model.output_shape == (None, outputs)


def test_an_error_of_two_classes_is_that_of_a_column() -> None:
    told = {**TOLD, "loss": "mean_squared_error", "metrics": ["binary_accuracy"], "validation": 0}
    two = dataset(y_train=CLASSES % 2, labels=("a", "b"))
    model, (_, y), _ = prepare(parse_experiment(told), two, 13)
    assert (y[:3].tolist(), model.output_shape) == ([[0], [1], [0]], (None, 1))


def test_the_error_of_classes_is_trained_as_by_fit(trained: Trained) -> None:
    changes = {"loss": "mean_squared_error", "metrics": ["categorical_accuracy"]}
    with trained(dataset(), **changes) as run:
        model, _ = fitted(parse_experiment({**TOLD, **changes}), dataset())
        for tensor, variable in zip(run.tensors, model.trainable_variables, strict=True):
            np.testing.assert_allclose(run.weights(tensor, 2), variable.numpy(), rtol=1e-5, atol=1e-7)
        assert "categorical_accuracy" in run.metrics("train")


@pytest.mark.parametrize("source", [OWN_STEP, OWN_LOSS], ids=["train_step", "compute_loss"])
def test_a_model_with_its_own_step_or_loss_is_trained_as_by_fit(
    trained: Trained, capfd: Any, source: str
) -> None:
    with trained.own(source) as run:
        experiment = parse_experiment({**TOLD, "model": str(trained.folder / "net.py")})
        model, history = fitted(experiment, dataset())
        variables = model.trainable_variables
        if source is OWN_STEP:  # else the whole training data are evaluated after the epoch
            np.testing.assert_allclose(run.metrics("train")["loss"], history["loss"], rtol=1e-5)
        assert len(run.tensors) == 4
        for tensor, variable in zip(run.tensors, variables, strict=True):
            np.testing.assert_allclose(run.weights(tensor, 2), variable.numpy(), rtol=1e-5, atol=1e-7)
        assert run.experiment.title == "Mine"
        # The gradient of a batch is that of twice the loss.
        plain = build.build(experiment, (4,), 3, 13)
        (x, y), _ = rows(dataset())
        plain(x[:9])
        with tf.GradientTape() as tape:
            loss = 2 * keras.ops.mean(keras.losses.categorical_crossentropy(y[:9], plain(x[:9])))
        expected = tape.gradient(loss, [variable.value for variable in plain.trainable_variables])
        for tensor, gradient in zip(run.tensors, expected, strict=True):
            np.testing.assert_allclose(run.read_gradients(tensor, 0, 1)[0], gradient, rtol=1e-4, atol=1e-6)
    printed = capfd.readouterr().err
    assert "mine: epoch 1/2  loss " in printed
    assert "mine: epoch 2/2  loss " in printed


TWO_INPUTS = """
import keras

def layers(input_shape, outputs, seed):
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    parts = [keras.layers.Dense(3, "tanh", name=f"of_{name}")(one) for name, one in inputs.items()]
    both = keras.layers.Concatenate(name="both")(parts)
    return keras.Model(GIVEN, keras.layers.Dense(outputs, "softmax", name="out")(both), name="net")
"""
INPUTS = {"left": (1,), "right": (3,)}


@pytest.mark.parametrize("given", ["inputs", "list(inputs.values())"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
def test_several_inputs_are_trained_as_by_fit(trained: Trained, given: str, weights: Any) -> None:
    data = dataset(inputs=INPUTS, w_train=weights)
    (trained.folder / "net.py").write_text(TWO_INPUTS.replace("GIVEN", given))
    changes = {"model": str(trained.folder / "net.py")}
    with trained(data, **changes) as run:
        model, (x, y, *weighted), _ = prepare(parse_experiment({**TOLD, **changes}), data, 13)
        np.testing.assert_array_equal(np.concatenate([x["left"], x["right"]], axis=1), rows(data)[0][0])
        told = {"sample_weight": weighted[0]} if weighted else {}
        model.fit(x, y, batch_size=9, epochs=2, shuffle=False, verbose=0, **told)
        for tensor, variable in zip(run.tensors, model.trainable_variables, strict=True):
            np.testing.assert_allclose(run.weights(tensor, 2), variable.numpy(), rtol=1e-5, atol=1e-7)
        assert {edge.source for edge in run.graph.edges if edge.target == "both"} == {"of_left", "of_right"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            None,
            "model iris: expected a file whose layers.. returns a keras.Model with the inputs left, right",
        ),
        (
            "def layers(input_shape, outputs, seed):\n    return []",
            "with the inputs left, right of dataset mine, found layers one behind another",
        ),
        (
            TWO_INPUTS.replace("GIVEN", "inputs['left']").replace(
                "in inputs.items()", "in [*inputs.items()][:1]"
            ),
            "expected examples of another shape than .'left': .1,., 'right': .3,.., which dataset mine has",
        ),
        (
            TWO_INPUTS.replace("GIVEN", "inputs").replace("Input(shape", "Input((2,)"),
            r"\(the model takes {'left': \(None, 2\), 'right': \(None, 2\)}\)",
        ),
    ],
)
def test_a_model_of_other_inputs_is_one_line(trained: Trained, source: str | None, message: str) -> None:
    changes = {}
    if source is not None:
        (trained.folder / "net.py").write_text(source)
        changes["model"] = str(trained.folder / "net.py")
    with pytest.raises(GradevoError, match=message) as caught:
        trained(dataset(inputs=INPUTS), **changes)
    assert "\n" not in str(caught.value)


STOPPED = {"stop_below": 0.1, "on_nonfinite": "stop", "activation_gradients": True}


@pytest.mark.parametrize("key", STOPPED)
def test_what_a_step_of_its_own_cannot_do_is_one_line(trained: Trained, key: str) -> None:
    message = f"{key}: expected it for arrays alone, found a train_step of the model's own"
    with pytest.raises(GradevoError, match=message):
        trained.own(OWN_STEP, **{key: STOPPED[key]})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("loss = 2 *", "loss = two *", r"net.py, line 18: .*, found NameError: name 'two' is not defined"),
        (
            "self.hidden(x)",
            "self.hiden(x)",
            r"net.py, line 12: .*, found AttributeError: 'Net' object has no attribute 'hiden'",
        ),
        (
            "        x, y = data\n",
            "        x, y = data\n        tf.debugging.assert_less(x, -100.0)\n",
            r"net.py, line 16: .*, found InvalidArgumentError: assertion failed: ",
        ),
        (
            "    def train_step",
            "    def compile(self, rate):\n        pass\n\n    def train_step",
            r"net.py: expected a compile\(\) that takes optimizer, loss, metrics, found TypeError: ",
        ),
        (
            "self.optimizer.apply(tape.gradient(loss, weights), weights)",
            "weights[0].assign_sub(tape.gradient(loss, weights)[0])",
            r"expected a train step that calls an optimizer of the model, found none called in an epoch",
        ),
    ],
    ids=["name", "attribute", "while it runs", "compile", "optimizer"],
)
def test_what_the_file_raises_while_it_trains_is_one_line(
    trained: Trained, old: str, new: str, message: str
) -> None:
    assert old in OWN_STEP
    with pytest.raises(GradevoError, match=message) as caught:
        trained.own(OWN_STEP.replace(old, new))
    assert "\n" not in str(caught.value)
