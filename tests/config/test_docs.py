"""The page about configurations names every key, and its blocks are valid."""

import re
from pathlib import Path

import yaml

from gradevo.config.experiment import Experiment
from gradevo.models.called import compiled_with

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()


def test_every_key_is_explained() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert named == set(Experiment.model_fields) - {"name"}


def test_the_pages_block_is_taken_by_keras() -> None:
    block = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0])
    told = {"name": "a", "title": "A", "dataset": "boston", "model": "boston", "batch_size": 1, "epochs": 1}
    made = compiled_with(Experiment.model_validate({**told, **block}), "page")
    assert (made["optimizer"].clipnorm, made["loss"].name) == (1, "huber")
    assert [metric.name for metric in made["metrics"]] == ["mean_absolute_error", "r2_score"]
