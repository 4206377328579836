"""A copy of the checkout in which the pipeline runs as a user runs it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PARTS = (
    "Snakefile",
    "workflow",
    "profiles",
    "config",
    "data/sources.yaml",
    "analysis",
    "requirements.lock",
    "environment.yml",
)


TRACER = """
import atexit, json, os, pathlib, sys

def trace():
    loaded = [m.__file__ for name, m in sys.modules.items() if name.split(".")[0] == "gradevo" and m.__file__]
    folder = pathlib.Path(__file__).parents[1] / "traces"
    folder.mkdir(exist_ok=True)
    (folder / f"{os.getpid()}.json").write_text(json.dumps({"arguments": sys.argv[1:], "loaded": loaded}))

if sys.orig_argv[1:3] == ["-m", "gradevo"]:
    atexit.register(trace)
"""
"""Writes down which modules of the library a command has loaded by its end."""


class Checkout:
    """A folder with the project's files and none of its results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            target = folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / part, target)
        (folder / "data/raw").mkdir(parents=True)
        (folder / "analysis/sitecustomize.py").write_text(TRACER, encoding="utf-8")

    def snakemake(self, *arguments: str, config: str = "smoke") -> subprocess.CompletedProcess[str]:
        """Run snakemake with two cores; stdout holds all that it prints."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", f"config/{config}.yaml"]
        with self.start(*command, *arguments) as process:
            printed, _ = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, printed)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, with this Python's programs on the path."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Where the tests run in the background, Ctrl-C is ignored, and so it would be here.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def planned(self, *arguments: str) -> dict[str, str]:
        """What a call would run: each output file and its rule."""
        done = self.snakemake("--dry-run", "--quiet", "host", *arguments)
        assert done.returncode == 0, done.stdout
        jobs = re.findall(r"(?m)^(?:local)?rule (\w+):\n(?: .*\n)*? +output: (.*)", done.stdout)
        return {file: rule for rule, files in jobs for file in files.split(", ")}

    def jobs(self, *arguments: str) -> set[str]:
        """The rules that a call would run."""
        return set(self.planned(*arguments).values())

    def own_data(self) -> None:
        """Small arrays in the datasets' shapes as a user's own files: testing needs no network."""
        random = np.random.default_rng(0)
        arrays = {
            "boston": (random.uniform(0, 100, (80, 13)), random.uniform(5, 50, 80)),
            "mnist-5k": (random.integers(0, 256, (220, 28, 28), dtype=np.uint8), random.integers(0, 10, 220)),
            "forda": (random.normal(size=(90, 500)), random.integers(0, 2, 90)),
            "cifar10": (random.integers(0, 256, (70, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, 70)),
            "cifar100": (
                random.integers(0, 256, (70, 32, 32, 3), dtype=np.uint8),
                random.integers(0, 100, 70),
            ),
        }
        for name, (x, y) in arrays.items():
            np.savez(
                self.folder / f"data/raw/{name}.npz",
                x_train=x[:-10],
                y_train=y[:-10],
                x_test=x[-10:],
                y_test=y[-10:],
            )


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, str]:
    """A checkout in which the smoke config has run, and what the run printed."""
    checkout = Checkout(tmp_path_factory.mktemp("finished") / "a checkout")
    checkout.own_data()
    done = checkout.snakemake()
    assert done.returncode == 0, done.stdout
    return checkout, done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")
