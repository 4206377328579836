"""The pipeline as a user runs it: stopped in the middle, and what it refuses."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from gradevo import GradevoError, Run

ROOT = Path(__file__).parents[2]
MAKE_PAPER = ("snakemake", "--cores", "2", "--configfile", "config/paper.yaml")


def epochs_in(path: Path) -> int:
    """Complete epochs of a partial file; 0 while there is none."""
    try:
        with Run(path) as run:
            return run.epochs
    except GradevoError:
        return 0


def test_stopped_in_whatever_way_it_goes_on_after_the_last_complete_epoch(checkout: Any) -> None:
    """`make paper` for one experiment, on few images and with more epochs."""
    checkout.own_data()
    (checkout.folder / "data/raw/mnist-5k.npz").rename(checkout.folder / "data/raw/mnist.npz")
    epochs = 300
    run = checkout.folder / "results/paper/mnist/seed-13/run.h5"
    partial = run.with_name("run.partial.h5")
    chosen = ["--config", "experiments=[mnist]", f"definitions={{mnist: {{epochs: {epochs}}}}}"]
    before = 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = checkout.start(*MAKE_PAPER, *chosen, "--", "records")
        while epochs_in(partial) < before + 5:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.05)
        os.killpg(process.pid, number)
        printed = process.communicate()[0]
        assert process.returncode != 0
        assert "Traceback" not in printed
        assert epochs_in(partial) >= before + 5
        before = epochs_in(partial)
        assert not run.with_name("provenance.json").exists()
    # Needed after a SIGKILL only.
    assert checkout.snakemake("--unlock", *chosen, config="paper").returncode == 0
    done = checkout.snakemake(*chosen, "--", "records", config="paper")
    assert done.returncode == 0, done.stdout
    assert f"mnist: continued after epoch {before} of an earlier run" in done.stdout
    with Run(run) as recorded:
        assert recorded.epochs == epochs
        assert recorded.experiment.model == "mnist"


def test_one_experiment_can_be_chosen_on_the_command_line(checkout: Any) -> None:
    planned = checkout.planned("--config", "experiments=[iris]")
    assert planned["results/smoke/iris/seed-13/run.h5"] == "train"
    assert not [file for file in planned if "boston" in file]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 4", "epochs: none", "config: definitions.iris.epochs: "),
        ("dataset: iris", "dataset: tulips", "config: definitions.iris.dataset: expected one of "),
        ("model: iris", "model: oracle", "config: definitions.iris.model: expected one of boston, cifar10,"),
        ("title: Iris", "titel: Iris", "config: definitions.iris.titel: unknown key"),
    ],
)
def test_a_mistake_in_the_config_is_one_line_before_anything_runs(
    checkout: Any, old: str, new: str, message: str
) -> None:
    config = checkout.folder / "config/smoke.yaml"
    config.write_text(config.read_text().replace(old, new, 1))
    done = checkout.snakemake()
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert not (checkout.folder / "results/smoke").exists()


def test_a_dataset_that_cannot_be_had_is_explained(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    done = checkout.snakemake("--config", "experiments=[boston]", "--", "records")
    assert done.returncode != 0
    assert "gradevo: boston: " in done.stdout
    assert "data/raw" in done.stdout
    assert "Traceback" not in done.stdout
    assert list((checkout.folder / "data/raw").iterdir()) == []
    assert not (checkout.folder / "data/prepared/boston.npz").exists()
