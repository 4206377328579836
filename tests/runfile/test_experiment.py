"""What a record says of its experiment: typed, whatever was told; an error where it cannot be read."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from gradevo import GradevoError, Run, Statistics
from gradevo.runfile.experiment import RecordedExperiment, RecordedOptimizer
from gradevo.testing import write_run, write_statistics


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
    found = RecordedExperiment.from_json(text, Path("run.h5"))
    assert found.to_json() == text
    assert (found.heading, found.batch_size, found.metrics) == (
        "Boston Housing",
        32,
        ("mean_absolute_error",),
    )
    assert found.optimizer == RecordedOptimizer("adam", {"learning_rate": 0.05})
    assert (found.optimizer.learning_rate, found.dataset, found.model) == (0.05, None, None)


def test_names_with_arguments_are_told_by_the_name() -> None:
    told = {
        "loss": {"name": "huber", "delta": 2},
        "metrics": ["auc", {"name": "top_k_categorical_accuracy", "k": 2}],
        "optimizer": {"name": "adamw", "learning_rate": {"name": "cosine_decay"}, "clipnorm": 1},
    }
    found = RecordedExperiment.from_json(json.dumps(told), Path("run.h5"))
    assert (found.loss, found.metrics) == ("huber", ("auc", "top_k_categorical_accuracy"))
    assert found.optimizer == RecordedOptimizer("adamw", {"clipnorm": 1}, "cosine_decay")
    assert found.optimizer.learning_rate is None


@pytest.mark.parametrize(
    "text",
    ["{}", "[1]", "null", '{"name": 3, "title": "", "metrics": "x", "optimizer": 0, "batch_size": true}'],
)
def test_what_is_of_another_type_is_not_taken(text: str) -> None:
    found = RecordedExperiment.from_json(text, Path("run.h5"))
    assert (found.heading, found.name, found.batch_size) == ("recording", None, None)
    assert (found.metrics, found.optimizer) == ((), RecordedOptimizer())


def test_what_utf8_cannot_write_is_escaped_where_it_is_shown() -> None:
    text = json.dumps({"title": "a\ud800b", "name": "\udfff"})
    found = RecordedExperiment.from_json(text, Path("run.h5"))
    assert (found.heading, found.name) == (r"a\ud800b", r"\udfff")
    assert json.loads(found.to_json()) == json.loads(text)


DAMAGED = {
    "cut": ('{"name": "iri', "Unterminated string"),
    "empty": ("", "Expecting value"),
    "nested too deeply": ("[" * 60_000, "recursion"),
    "a number": (3, "must be str"),
}


@pytest.mark.parametrize(("told", "why"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("kind", ["run", "statistics"])
def test_a_damaged_attribute_is_an_error_that_names_the_file(
    kind: str, told: str | int, why: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{kind}.h5"
    reader: Callable[[Path], object]
    if kind == "run":
        write_run(path, {"a": np.ones((2, 3), np.float32)}, 1)
        reader = Run
    else:
        write_statistics(path, {"a": (3,)}, 2)
        reader = Statistics
    with h5py.File(path, "r+") as file:
        file.attrs["experiment"] = told
    with pytest.raises(GradevoError) as refused:
        reader(path)
    words = str(refused.value)
    assert words.startswith(f"{path}: attribute experiment: expected JSON, found {str(told)[:40]!r} (")
    assert why in words
    assert words.endswith("the file is damaged; record or analyse the run again")
    assert len(words) < len(str(path)) + 300
