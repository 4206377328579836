"""The command line as people call it: one line for a mistake, no traceback, an exit code."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradevo.cli
from gradevo.cli.app import COMMANDS
from gradevo.runfile.reader import Run
from gradevo.statistics.analyse import analyse
from gradevo.tensorflow_log import silenced
from gradevo.testing import write_run

ROOT = Path(__file__).parents[2]


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process; returns the exit code."""
    monkeypatch.setattr(sys, "argv", ["gradevo", *arguments])
    with pytest.raises(SystemExit) as ended:
        gradevo.cli.main()
    return int(ended.value.code or 0)


def test_check_names_the_experiments(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    config, sources = ROOT / "config/paper.yaml", ROOT / "data/sources.yaml"
    assert call(monkeypatch, "check", str(config), "--sources", str(sources)) == 0
    assert capsys.readouterr().out == f"{config}: paper: iris, boston, mnist, forda, cifar10, cifar100\n"


def test_help_lists_all_commands_and_loads_none() -> None:
    shown = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gradevo", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in COMMANDS:
        assert f"│ {name} " in shown.stdout
        assert f"gradevo.cli.{name}\n" not in shown.stderr
    assert "gradevo.cli.app\n" in shown.stderr


def test_every_mistake_is_a_line_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    config = tmp_path / "my.yaml"
    config.write_text((ROOT / "config/smoke.yaml").read_text().replace("epochs:", "epoch:"))
    assert call(monkeypatch, "check", str(config)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 22  # epochs is missing and epoch is unknown, in eleven experiments
    assert all(line.startswith(f"gradevo: {config}: definitions.") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "missing.yaml"], "gradevo: missing.yaml: expected a configuration file, found none"),
        (["info", "missing.h5"], "gradevo: missing.h5: no such run file"),
        (["statistics", "missing.h5", "--output", "s.h5"], "gradevo: missing.h5: no such run file"),
        (["draw", "figures", "missing.h5", "--folder", "f"], "gradevo: missing.h5"),
        (["draw", "animation", "missing.h5", "--folder", "f"], "gradevo: missing.h5"),
        (["fetch", "tulips", "--output", "t.npz"], "gradevo: tulips: "),
        (["train", "tulips", "--data", "t.npz", "--output", "r.h5"], "expected one of iris, boston,"),
        (["train", "{", "--data", "t.npz", "--output", "r.h5"], "gradevo: experiment: expected one"),
    ],
)
def test_mistakes_leave_one_line_and_no_files(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("config", "data"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    assert call(monkeypatch, *arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config", "data"]


def gradevo_(
    *arguments: str | Path, largest_file: int | None = None, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own; its files may not grow beyond ``largest_file`` bytes."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    command = [sys.executable, "-m", "gradevo", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, preexec_fn=limit)


def test_training_by_hand(tmp_path: Path) -> None:
    """From a dataset to a run file, in a process of its own, and mistakes about both."""
    data, run = tmp_path / "iris.npz", tmp_path / "run.h5"
    train = ["train", "iris", "--config", "config/smoke.yaml", "--data", data, "--output", run]
    before = gradevo_(*train)
    assert (before.returncode, len(before.stderr.splitlines())) == (1, 1)
    assert f"gradevo: iris: {data}: expected " in before.stderr

    assert gradevo_("fetch", "iris", "--output", data).returncode == 0
    done = gradevo_(*train, "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert run.exists()
    lines = done.stderr.splitlines()
    assert lines[0].startswith("iris: epoch 1/4  loss ")
    assert lines[-1].startswith("iris: epoch 4/4  loss ")

    content = run.read_bytes()
    again = gradevo_(*train)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    assert "found an existing one" in again.stderr
    assert run.read_bytes() == content

    wrong = gradevo_(
        "train", "boston", "--config", "config/smoke.yaml", "--data", data, "--output", tmp_path / "b.h5"
    )
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (1, 1)
    assert "expected a dataset for regression, found iris for classification" in wrong.stderr


def test_only_some_epochs_by_the_configuration(tmp_path: Path) -> None:
    data, config = tmp_path / "iris.npz", tmp_path / "some.yaml"
    smoke = (ROOT / "config/smoke.yaml").read_text()
    config.write_text(smoke.replace("    epochs: 4\n", "    epochs: 4\n    record_epochs: [3, 1]\n", 1))
    assert gradevo_("fetch", "iris", "--output", data).returncode == 0
    files = ["--output", tmp_path / "run.h5", "--provenance", tmp_path / "provenance.json"]
    done = gradevo_("train", "iris", "--config", config, "--data", data, *files)
    assert done.returncode == 0, done.stderr
    with Run(tmp_path / "run.h5") as run:
        batches = run.timeline.lengths[0]
        assert batches > 1
        assert run.timeline.lengths.tolist() == [batches, 1, batches, 1]
        assert run.selection.epochs == (1, 3)
    assert json.loads((tmp_path / "provenance.json").read_text())["experiment"]["record_epochs"] == [3, 1]


def test_a_disk_that_fills_up_is_one_line(tmp_path: Path) -> None:
    """HDF5 fails again when it closes a file that could not grow; nobody needs to read that."""
    data, run, config = tmp_path / "iris.npz", tmp_path / "run.h5", tmp_path / "long.yaml"
    config.write_text((ROOT / "config/smoke.yaml").read_text().replace("epochs: 4", "epochs: 600"))
    assert gradevo_("fetch", "iris", "--output", data).returncode == 0
    train = ["train", "iris", "--config", config, "--data", data, "--output", run, "--threads", "1"]
    full = gradevo_(*train, largest_file=500_000)
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert full.stderr.splitlines()[-1] == (
        f"gradevo: {run}: expected room for the record to grow, found none left on the disk; "
        "free some and start again in a new process, which goes on after the last complete epoch"
    )
    assert run.with_name("run.partial.h5").exists()
    assert not run.exists()


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder ``toy`` with the run file and the statistics of a synthetic training."""
    folder = tmp_path_factory.mktemp("results") / "toy"
    random = np.random.default_rng(0)
    shapes = {"dense/kernel": (20, 3), "dense/bias": (3,)}
    run = write_run(
        folder / "seed-13" / "run.h5",
        {tensor: random.normal(size=(12, *shape)) for tensor, shape in shapes.items()},
        3,
        experiment={"name": "toy", "title": "Toy"},
        seed=13,
    )
    analyse(run, run.with_name("statistics.h5"))
    return folder


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (("statistics", "{run}", "--output", "s.h5", "--table", "s.csv"), "s.h5"),
        (("health", "{statistics}", "--output", "health.json"), "health.json"),
        (("draw", "figures", "{statistics}", "--folder", "."), "figures/loss.png"),
        (("draw", "animation", "{statistics}", "--folder", "."), "animation.mp4"),
        (("compare", "{statistics}", "--folder", "."), "curves.csv"),
        (("claims", "{statistics}", "--table", "c.csv", "--latex", "c.tex"), "c.csv"),
        (("report", "{statistics}", "--folder", "report"), "report"),
        (("doctor", "{run}"), "statistics.h5"),
    ],
)
def test_a_disk_that_fills_up_leaves_one_line_and_nothing_half_written(
    tmp_path: Path, analysed: Path, command: tuple[str, ...], written: str
) -> None:
    files = {name: analysed / "seed-13" / f"{name}.h5" for name in ("run", "statistics")}
    full = gradevo_(*(word.format(**files) for word in command), largest_file=100, folder=tmp_path)
    assert full.returncode == 1
    (line,) = full.stderr.splitlines()
    expected = "expected room to write it, found none left on the disk; free some and start again"
    assert line.endswith(f"{written}: {expected}")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_output_that_finds_no_room_is_one_line(analysed: Path) -> None:
    with open("/dev/full", "w") as full:
        run = analysed / "seed-13/run.h5"
        command = [sys.executable, "-m", "gradevo", "info", str(run)]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "gradevo: writing failed: No space left on device\n")


def test_what_a_failing_block_says_is_not_lost(capfd: Any) -> None:
    with silenced():
        os.write(2, b"a note on the processor\n")
    assert capfd.readouterr().err == ""

    def fail() -> None:
        with silenced():
            os.write(2, b"the reason\n")
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert capfd.readouterr().err == "the reason\n"


def test_check_asks_keras(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    config = tmp_path / "my.yaml"
    text = (ROOT / "config/paper.yaml").read_text()
    config.write_text(text.replace("name: sgd", "name: sgdd").replace("name: adam,", "name: adam, beta: 1,"))
    assert call(monkeypatch, "check", str(config), "--sources", str(ROOT / "data/sources.yaml")) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith(f"gradevo: {config}: definitions.iris: optimizer: expected one of adadelta, ")
    assert lines[1].endswith("found beta")
