"""What ``gradevo info`` prints, from files whose numbers are known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.cli.info import describe
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.writer import RunWriter

ATTRIBUTES = {
    "experiment": json.dumps({"title": "Toy", "epochs": 3}),
    "data": json.dumps({"name": "toy", "file": "toy.npz"}),
    "data_label": "user-supplied copy",
    "seed": 13,
    "batch_size": 4,
    "keras_version": "3",
    "tensorflow_version": "2",
    "numpy_version": "1",
}


def write(path: Path, epochs: int, **thin: Any) -> RunWriter:
    """A run of three epochs of four steps, so many of them done; 1,000 + 1 parameters."""
    tensors = {"dense/kernel": (50, 20), "scale": ()}
    plan = Plan(tensors, 3, [4, 4, 4, 4], {"train": ["loss"]}, attributes=ATTRIBUTES, **thin)
    writer = RunWriter(path, plan)
    values = [np.ones(shape, "float32") for shape in tensors.values()]
    writer.write_initial_weights(values)
    for _ in range(epochs):
        writer.write_steps(np.ones((4, 1001), "float32"), np.ones(4))
        writer.complete_epoch(values, {"train": {"loss": 1.0}}, [])
    return writer


def test_a_finished_run(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with write(path, 3) as writer:
        writer.finish()
    lines = describe(path).splitlines()
    assert lines[0] == str(path)
    printed = dict(line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2)
    assert printed["run"] == "Toy, seed 13"
    assert printed["epochs"] == "3 of 3 complete"
    assert printed["steps"] == "12, 4 an epoch, batches of 4"
    assert printed["remarks"] == "user-supplied copy"
    assert printed["file"].endswith("B on disk")
    # 12 steps of 1,000 and of 1 elements of 4 bytes.
    kernel, total = printed["dense/kernel"].split(), printed["total"].split()
    assert kernel[:4] == ["50×20", "1,000", "48.0", "kB"]
    assert float(kernel[-1]) > 10  # all ones
    assert total[:3] == ["1,001", "48.0", "kB"]
    assert printed["name:"] == "toy"
    assert printed["tensorflow:"] == "'2'"
    assert printed["title:"] == "Toy"


def test_a_killed_run_that_was_thinned(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with write(path, 1, record_every=2, keep_bits=7):
        pass
    text = describe(partial_path(path))
    assert "1 of 3 complete, not finished" in text
    assert "2, 2 an epoch" in text
    assert "user-supplied copy · gradients rounded to 7 bits · 1 of 2 steps recorded" in text


def test_before_the_first_epoch(tmp_path: Path) -> None:
    with write(tmp_path / "run.h5", 0):
        pass
    assert "0 of 3 complete" in describe(tmp_path / "run.partial.h5")


def test_no_run_file(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"run\.h5: no such run file"):
        describe(tmp_path / "run.h5")
