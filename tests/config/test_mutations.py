"""Every key of the schemas with values that are mostly wrong: understood, or refused in a line."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from gradevo import GradevoError
from gradevo.cli.known import known
from gradevo.config.experiment import Experiment, Graph, Thresholds
from gradevo.config.load import parse_config
from gradevo.config.yaml_text import read_yaml
from gradevo.datasets.sources import Own, OwnEntry, read_sources
from gradevo.models import build

ROOT = Path(__file__).parents[2]
WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0.5, 10**30, math.inf, math.nan),
    *("", "x", "1e400", "日本\n\x1b[2J", "x" * 10_000, "../../etc", "{a}"),
    *([], [[]], [None], ["x", "x"], [10**30], [{"name": "x"}]),
    *(
        {},
        {"x": 1},
        {"": None},
        {"name": "x"},
        {"name": ["x"], "x": {"x": [{}]}},
        {"name": "adam", "x": math.nan},
    ),
)
PLAIN = {
    "title": "Iris",
    "dataset": "iris",
    "model": "iris",
    "batch_size": 15,
    "epochs": 2,
    "optimizer": {"name": "sgd", "learning_rate": 0.01},
    "loss": "categorical_crossentropy",
    "metrics": ["categorical_accuracy"],
}
CONFIG = {"name": "mine", "experiments": ["iris"], "definitions": {"iris": PLAIN}}
KEYS = (
    *((name,) for name in Experiment.model_fields),
    *(("graph", name) for name in Graph.model_fields),
    *(("health", name) for name in Thresholds.model_fields),
    *(("optimizer", name) for name in ("name", "learning_rate", "clipnorm", "momentum")),
    *(("optimizer", "learning_rate", name) for name in ("name", "decay_steps")),
    *((key, name) for key in ("loss", "class_weight", "unknown") for name in ("name", "reduction")),
)


def changed(plain: dict[str, Any], key: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, *others = key
    inside = plain.get(first)
    below = changed(inside if isinstance(inside, dict) else {}, tuple(others), value) if others else value
    return {**plain, first: below}


def check(error: GradevoError, source: str, key: str) -> None:
    """Whether all its lines name the source, and one the key, and a terminal can show them."""
    lines = str(error).splitlines()
    assert all(line.startswith(source) and line.isprintable() and len(line) < 2500 for line in lines)
    assert any(key in line for line in lines)


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_keys_of_an_experiment(key: tuple[str, ...]) -> None:
    refused = 0
    for value in WRONG:
        iris = changed(PLAIN, key, value)
        try:
            config = parse_config({**CONFIG, "definitions": {"iris": iris}}, "my.yaml")
            known(config, ROOT / "data/sources.yaml", "my.yaml")
            build.check(config.selected[0], "my.yaml: definitions.iris")
        except GradevoError as error:
            refused += 1
            check(error, "my.yaml", "definitions.iris")
        else:
            json.dumps(config.model_dump(mode="json"), allow_nan=True)
    assert refused > 5


@pytest.mark.parametrize("key", ["name", "experiments", "definitions", "unknown"])
def test_keys_of_a_configuration(key: str) -> None:
    for value in WRONG:
        if key == "name" and value in ("x", "1e400"):
            continue
        with pytest.raises(GradevoError) as caught:
            parse_config({**CONFIG, key: value}, "my.yaml")
        check(caught.value, "my.yaml", "")


@pytest.mark.parametrize(
    "key",
    [
        *((name,) for name in OwnEntry.model_fields),
        *(("source", name) for name in Own.model_fields),
        *(("features", "shape"), ("rows", "train"), ("split", "seed"), ("source", "inputs", "left")),
    ],
    ids=".".join,
)
def test_keys_of_the_users_own_data(tmp_path: Path, key: tuple[str, ...]) -> None:
    path = tmp_path / "sources.yaml"
    refused = 0
    for value in WRONG:
        entry = changed({"title": "Mine", "source": {"kind": "own"}}, key, value)
        path.write_text(json.dumps({"mine": entry}).replace("Infinity", ".inf").replace("NaN", ".nan"))
        assert list(read_yaml(path)) == ["mine"]
        try:
            read_sources(path)
        except GradevoError as error:
            refused += 1
            check(error, str(path), "mine")
    assert refused > 5
