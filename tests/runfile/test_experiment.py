"""What a record says of its experiment: typed, whatever was told."""

import json

import pytest

from gradevo.runfile.experiment import RecordedExperiment, RecordedOptimizer


def test_what_was_told_comes_out_typed_and_the_text_is_kept() -> None:
    told = {
        "name": "boston",
        "title": "Boston Housing",
        "loss": "mean_squared_error",
        "batch_size": 32,
        "metrics": ["mean_absolute_error"],
        "optimizer": {"name": "adam", "learning_rate": 0.05, "amsgrad": False},
        "unknown": [1, {"a": None}],
    }
    text = json.dumps(told, sort_keys=True)
    found = RecordedExperiment.from_json(text)
    assert found.to_json() == text
    assert (found.heading, found.batch_size, found.metrics) == (
        "Boston Housing",
        32,
        ("mean_absolute_error",),
    )
    assert found.optimizer == RecordedOptimizer("adam", {"learning_rate": 0.05})
    assert (found.optimizer.learning_rate, found.dataset, found.model) == (0.05, None, None)


@pytest.mark.parametrize(
    "text",
    ["{}", "[1]", "null", '{"name": 3, "title": "", "metrics": "x", "optimizer": 0, "batch_size": true}'],
)
def test_what_is_of_another_type_is_not_taken(text: str) -> None:
    found = RecordedExperiment.from_json(text)
    assert (found.heading, found.name, found.batch_size) == ("recording", None, None)
    assert (found.metrics, found.optimizer) == ((), RecordedOptimizer())
