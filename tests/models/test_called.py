"""Keras' optimizers, schedules, losses and metrics by name; every mistake is one line."""

from pathlib import Path
from typing import Any

import keras
import pytest

from gradevo import GradevoError
from gradevo.config.load import parse_experiment, read_config
from gradevo.models.called import compiled_with

IRIS = read_config(Path(__file__).parents[2] / "config/default.yaml").definitions["iris"]
DECAY = {"name": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9}


def compiled(**changes: Any) -> dict[str, Any]:
    return compiled_with(parse_experiment({**IRIS.model_dump(mode="json"), **changes}), "iris")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adadelta", keras.optimizers.Adadelta),
        ("adafactor", keras.optimizers.Adafactor),
        ("adagrad", keras.optimizers.Adagrad),
        ("adam", keras.optimizers.Adam),
        ("adamax", keras.optimizers.Adamax),
        ("adamw", keras.optimizers.AdamW),
        ("ftrl", keras.optimizers.Ftrl),
        ("lamb", keras.optimizers.Lamb),
        ("lion", keras.optimizers.Lion),
        ("nadam", keras.optimizers.Nadam),
        ("rmsprop", keras.optimizers.RMSprop),
        ("sgd", keras.optimizers.SGD),
    ],
)
def test_an_optimizer_has_kerass_defaults(name: str, kind: Any) -> None:
    made = compiled(optimizer={"name": name, "learning_rate": 0.25})["optimizer"]
    expected = {**kind(0.25).get_config(), "name": None}
    assert {**made.get_config(), "name": None} == expected
    assert not made.built  # the trial was of another


def test_arguments_and_schedules_arrive() -> None:
    told = {"name": "adamw", "learning_rate": DECAY, "weight_decay": 0.01, "clipnorm": 1, "beta_1": 0.8}
    made = compiled(optimizer=told)["optimizer"]
    assert (made.weight_decay, made.clipnorm, made.beta_1) == (0.01, 1, 0.8)
    assert {**made._learning_rate.get_config(), **DECAY} == made._learning_rate.get_config() | {
        "name": "exponential_decay"
    }


def test_losses_and_metrics_with_their_arguments() -> None:
    made = compiled(
        loss={"name": "categorical_focal_crossentropy", "gamma": 3},
        metrics=["auc", {"name": "top_k_categorical_accuracy", "k": 2}, "categorical_accuracy"],
    )
    assert made["loss"].get_config() == {
        **keras.losses.CategoricalFocalCrossentropy(gamma=3.0).get_config(),
        "gamma": 3,
    }
    assert [metric.name for metric in made["metrics"]] == [
        *("auc", "top_k_categorical_accuracy", "categorical_accuracy"),
    ]
    assert made["metrics"][1].get_config()["k"] == 2


def test_the_summed_squared_error_is_kerass_mean_squared_error_summed() -> None:
    loss = compiled(loss="summed_squared_error", metrics=["mean_absolute_error"])["loss"]
    assert isinstance(loss, keras.losses.MeanSquaredError)
    assert loss.reduction == "sum"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"optimizer": {"name": "adan", "learning_rate": 0.1}},
            "iris: optimizer: expected one of adadelta, adafactor, .*, sgd, found adan",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": 0.1, "momentum": 0.5}},
            "iris: optimizer: adam: expected no argument but learning_rate, beta_1, .*, found momentum",
        ),
        (
            {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 3}},
            r"iris: optimizer: sgd: expected arguments that Keras takes, .* \(`momentum` must be",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": 0.1, "beta_1": "large"}},
            "iris: optimizer: adam: beta_1: expected a number, found 'large'",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": 0.1, "clipnorm": "large"}},
            "iris: optimizer: adam: expected arguments that Keras takes",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": {"name": "halving"}}},
            "iris: optimizer.learning_rate: expected one of cosine_decay, .*, found halving",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": {"name": "exponential_decay"}}},
            "iris: optimizer.learning_rate: exponential_decay: expected initial_learning_rate, found none",
        ),
        (
            {"loss": "hubert"},
            "iris: loss: expected one of .*, huber, .*, summed_squared_error, .*found hubert",
        ),
        (
            {"loss": {"name": "huber", "reduction": None}},
            "iris: loss: huber: expected a reduction to one number, found none; remove it",
        ),
        ({"loss": {"name": "huber", "delta": "large"}}, "iris: loss: huber: delta: expected a number, found"),
        ({"metrics": ["lift"]}, "iris: metrics: expected one of auc, .*, found lift"),
        ({"metrics": ["mean"]}, "iris: metrics: expected one of .*, found mean"),
        (
            {"metrics": [{"name": "categorical_accuracy", "k": 3}]},
            "iris: metrics: categorical_accuracy: expected no arguments, found k",
        ),
    ],
)
def test_a_mistake_is_one_line(change: dict[str, Any], message: str) -> None:
    loss = {"metrics": ["r2_score"]} if "loss" in change else {}
    with pytest.raises(GradevoError, match=message) as caught:
        compiled(**change, **loss)
    assert len(str(caught.value).splitlines()) == 1


def test_every_mistake_has_its_line() -> None:
    with pytest.raises(GradevoError) as caught:
        compiled(optimizer={"name": "adan", "learning_rate": 0.1}, metrics=["lift", "auk"])
    assert len(str(caught.value).splitlines()) == 3
