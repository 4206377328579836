"""What ``gradevo info`` prints, from files whose numbers are known."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import GradevoError, Recorder
from gradevo.cli.info import describe
from gradevo.testing import write_run

ATTRIBUTES = {
    "data": json.dumps({"name": "toy", "file": "toy.npz"}),
    "data_label": "user-supplied copy",
    "batch_size": 4,
    "keras_version": "3",
    "tensorflow_version": "2",
    "numpy_version": "1",
}


def write(path: Path, epochs: int, **fields: Any) -> Path:
    """A run of three epochs of four steps, the first `epochs` of them done; 1,000 + 1 parameters."""
    shapes = {"dense/kernel": (50, 20), "scale": ()}
    gradients = {tensor: np.ones((4 * epochs, *shape)) for tensor, shape in shapes.items()}
    told = {"title": "Toy", "epochs": 3}
    return write_run(path, gradients, 4, experiment=told, attributes=ATTRIBUTES, epochs=3, **fields)


def test_a_finished_run(tmp_path: Path) -> None:
    path = write(tmp_path / "run.h5", 3)
    lines = describe(path).splitlines()
    assert lines[0] == str(path)
    printed = dict(line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) == 2)
    assert printed["run"] == "Toy, seed 13"
    assert printed["epochs"] == "3 of 3 complete"
    assert printed["steps"] == "12, 4 per epoch, batches of 4"
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
    text = describe(write(tmp_path / "run.h5", 1, finish=False, record_every=2, keep_bits=7))
    assert "1 of 3 complete, not finished" in text
    assert "2, 2 per epoch" in text
    assert "user-supplied copy · gradients rounded to 7 bits · 1 of 2 steps recorded" in text


def test_before_the_first_epoch(tmp_path: Path) -> None:
    assert "0 of 3 complete" in describe(write(tmp_path / "run.h5", 0, finish=False))


def test_no_run_file(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"run\.h5: no such run file"):
        describe(tmp_path / "run.h5")


def test_the_record_of_any_loop(tmp_path: Path) -> None:
    """Epochs of different lengths, their number and the batch size not told."""
    weights = {"w": np.ones(3)}
    for name, lengths, sizes in (("told", [2, 3], [4, 4, 4, 1, 4]), ("bare", [], [None] * 5)):
        with Recorder(tmp_path / f"{name}.h5", weights) as recorder:
            for step, size in enumerate(sizes, 1):
                recorder.step(weights, batch_size=size)
                if step in np.cumsum(lengths):
                    recorder.end_epoch(weights)
    told, bare = describe(tmp_path / "told.h5"), describe(tmp_path / "bare.h5")
    assert "2 complete\n" in told
    assert "5, 2 to 3 per epoch, batches of 4\n" in told
    assert "0 complete, stopped\n" in bare
    assert "5, 5 per epoch\n" in bare


@pytest.mark.parametrize("command", ["info", "doctor"])
def test_a_title_that_utf8_cannot_write(tmp_path: Path, command: str) -> None:
    path = write_run(tmp_path / "run.h5", {"a": np.ones((4, 3))}, 4, experiment={"title": "a\ud800b"})
    shown = subprocess.run(
        [sys.executable, "-m", "gradevo", command, str(path)], capture_output=True, text=True, check=True
    )
    assert r"a\ud800b" in shown.stdout
