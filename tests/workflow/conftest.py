"""A copy of the checkout in which the pipeline runs as a user runs it."""

import os
import re
import shutil
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

    def snakemake(self, *arguments: str, config: str = "smoke") -> subprocess.CompletedProcess[str]:
        """Run snakemake with two cores; stdout holds all that it prints."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", f"config/{config}.yaml"]
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def planned(self, *arguments: str) -> dict[str, str]:
        """What a call would run: each output file and its rule."""
        done = self.snakemake("--dry-run", "--quiet", "host", *arguments)
        assert done.returncode == 0, done.stdout
        jobs = re.findall(r"(?m)^(?:local)?rule (\w+):\n(?: .*\n)*? +output: (.*)", done.stdout)
        return {file: rule for rule, files in jobs for file in files.split(", ")}

    def jobs(self) -> set[str]:
        """The rules that a call would run."""
        return set(self.planned().values())


def own_boston(folder: Path) -> None:
    """Boston-shaped arrays as a user's own file: no network is needed to test with them."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 100, (80, 13)).astype("float32")
    y = (x.mean(axis=1) + random.normal(size=80)).astype("float32")
    np.savez(folder / "data/raw/boston.npz", x_train=x[:70], y_train=y[:70], x_test=x[70:], y_test=y[70:])


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, str]:
    """A checkout in which the smoke config has run, and what the run printed."""
    checkout = Checkout(tmp_path_factory.mktemp("finished"))
    own_boston(checkout.folder)
    done = checkout.snakemake()
    assert done.returncode == 0, done.stdout
    return checkout, done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")
