"""What is called by a name, with or without arguments."""

from typing import Any

import pytest
from pydantic import ValidationError

from gradevo.config.called import Called, Optimizer

DECAY = {"name": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9}


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("huber", "huber"),
        ({"name": "huber"}, "huber"),
        ({"name": "huber", "delta": 2}, {"name": "huber", "delta": 2}),
        ({"name": "auc", "thresholds": ["0.5", 0.7]}, {"name": "auc", "thresholds": [0.5, 0.7]}),
    ],
)
def test_it_is_written_as_it_is_read(told: Any, written: Any) -> None:
    called = Called.model_validate(told)
    assert called.model_dump(mode="json") == written
    assert Called.model_validate(written) == called
    assert str(called) == called.name


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ({"name": "adam", "learning_rate": 1}, '{"name":"adam","learning_rate":1.0}'),
        ({"learning_rate": 0.1, "name": "sgd"}, '{"name":"sgd","learning_rate":0.1,"momentum":0.0}'),
        (
            {"name": "sgd", "learning_rate": "0.1", "momentum": "0.9"},
            '{"name":"sgd","learning_rate":0.1,"momentum":0.9}',
        ),
    ],
)
def test_an_optimizer_is_written_as_the_records_of_all_versions_have_it(told: Any, written: str) -> None:
    assert Optimizer.model_validate(told).model_dump_json() == written


def test_a_learning_rate_may_be_a_schedule() -> None:
    optimizer = Optimizer.model_validate({"name": "adamw", "learning_rate": DECAY, "clipnorm": 1})
    assert optimizer.learning_rate == Called.model_validate(DECAY)
    assert optimizer.arguments == {"clipnorm": 1}
    assert Optimizer.model_validate_json(optimizer.model_dump_json()) == optimizer


@pytest.mark.parametrize(
    "told", [{"delta": 2}, {"name": "Huber"}, {"name": "huber", "delta": float("nan")}, 3, ["huber"]]
)
def test_what_nothing_can_be_called(told: Any) -> None:
    with pytest.raises(ValidationError):
        Called.model_validate(told)
