"""An offline run of Weights & Biases, read back from its file; the package is installed here only."""

import importlib.util
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo.export.wandb import write_wandb
from gradevo.layers import Layer, LayerGraph
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("wandb"), reason="wandb is not installed")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """All records of the file of a run of two epochs of a step."""
    folder = tmp_path_factory.mktemp("wandb")
    run = write_run(
        folder / "run.h5",
        {"dense/kernel": np.array([[3.0, 4.0], [0.0, -2.0]])},
        1,
        losses=np.array([4.0, 3.0]),
        metrics={"train": {"loss": [3.5, 1.5]}, "validation": {"loss": [3.75, 2.5]}},
        experiment={"name": "toy", "optimizer": {"name": "sgd", "learning_rate": 0.5}},
        graph=LayerGraph((Layer("dense", "Dense", ("dense/kernel",)),)),
    )
    analyse(run, folder / "statistics.h5")
    with Statistics(folder / "statistics.h5") as statistics:
        where = write_wandb(statistics, folder / "logs")
    assert where.parent == folder / "logs" / "wandb"
    return _records(next(where.glob("*.wandb")))


def _records(path: Path) -> list[Any]:
    """The file's protocol buffers: parts of them behind headers of 7 bytes, in blocks of 32 KiB."""
    from wandb.proto import wandb_internal_pb2

    data, place, found, parts = path.read_bytes(), 7, [], b""
    while place < len(data):
        left = 2**15 - place % 2**15
        if left < 7:
            place += left
            continue
        length, kind = struct.unpack_from("<4xHB", data, place)
        parts += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or its last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            found.append(record)
            parts = b""
    return found


@pytest.fixture(scope="module")
def history(records: list[Any]) -> list[dict[str, Any]]:
    """What was logged: name -> value."""
    return [
        {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in one.history.item}
        for one in records
        if one.WhichOneof("record_type") == "history"
    ]


def test_steps_and_epochs(history: list[dict[str, Any]]) -> None:
    def series(name: str, axis: str) -> list[tuple[int, float]]:
        return [(row[axis], row[name]) for row in history if name in row]

    assert series("step/loss", "step") == [(0, 4), (1, 3)]
    assert series("step.l2_norm_individual/dense/kernel", "step") == [(0, 5), (1, 2)]
    assert series("epoch.l1_norm/total", "epoch") == [(1, 7), (2, 2)]
    assert series("layer.gradient_norm/dense", "epoch") == [(1, 5), (2, 2)]
    assert series("metric/loss (validation)", "epoch") == [(1, 3.75), (2, 2.5)]
    assert series("distribution.zeros/dense/kernel", "epoch") == [(1, 0), (2, 0.5)]


def test_histograms_are_histograms(history: list[dict[str, Any]]) -> None:
    name = "distribution.log2_gradient/dense/kernel"
    rows = [row for row in history if f"{name}/_type" in row]
    found = [[row[f"{name}/{part}"] for part in ("_type", "bins", "values")] for row in rows]
    assert found == [["histogram", [1, 2, 3], [1, 1]], ["histogram", [1, 2], [1]]]


def test_what_the_run_is_and_that_axes_are_named(records: list[Any]) -> None:
    run = next(one.run for one in records if one.WhichOneof("record_type") == "run")
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert (run.project, run.display_name) == ("gradevo", "toy, seed 13")
    assert config["optimizer"] == {"name": "sgd", "learning_rate": 0.5}
    assert config["seed"] == 13
    metrics = {
        one.metric.glob_name or one.metric.name: one.metric.step_metric
        for one in records
        if one.WhichOneof("record_type") == "metric"
    }
    assert metrics["step.cosine/*"] == "step"
    assert metrics["epoch.l1_norm/*"] == "epoch"
    assert metrics["distribution.*"] == "epoch"
