"""Recording against the article's eager loop and against ``model.fit``."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gradevo import datasets
from gradevo.config import Experiment, read_config

from .rounds import interleave
from .table import OURS, Line, lines

# How often the article's time contains ours, at least.
ARTICLE = {"iris": 20, "boston": 20, "forda": 3, "mnist": 2}
# Never slower than 1.05 times model.fit's time.
FIT = 1 / 1.05

PREPARED = Path("data/prepared")

# Label -> the contender and whether oneDNN is on. The article ran with TensorFlow's default, which is
# off on many processors; with oneDNN on, only what is ours makes the difference.
CONTENDERS = {
    OURS: ("gradevo", True),
    "article": ("article", False),
    "article, oneDNN on": ("article", True),
    "fit": ("fit", True),
    "fit, then evaluate": ("fit-and-evaluate", True),
}


def experiment(name: str, quick: bool) -> Experiment:
    """An experiment of the default configuration; ``quick``: a tenth of its epochs, at least 2."""
    whole = read_config(Path("config/default.yaml")).definitions[name]
    return whole.model_copy(update={"epochs": max(2, whole.epochs // 10)}) if quick else whole


def measure(name: str, rounds: int, quick: bool) -> list[Line]:
    """Train the experiment with every contender."""
    chosen = experiment(name, quick)
    data = prepared(chosen.dataset)
    seconds = interleave(
        {
            label: _contender(contender, chosen, data, onednn)
            for label, (contender, onednn) in CONTENDERS.items()
        },
        rounds,
        f"training {name}",
    )
    return lines(f"training {name}", seconds, {"article": ARTICLE[name], "fit": FIT}, _steps(chosen, data))


def prepared(dataset: str) -> Path:
    """The prepared dataset, fetched first where it is missing."""
    path = PREPARED / f"{dataset}.npz"
    if not path.exists():
        datasets.save(datasets.fetch(dataset, Path("data/raw"), Path("data/sources.yaml")), path)
    return path


def train(contender: str, chosen: Experiment, data: Path, folder: Path, onednn: bool) -> float:
    """Train in a new process that leaves its files in ``folder``; the seconds of training alone."""
    command = [sys.executable, "-m", "analysis.benchmarks.contenders"]
    finished = subprocess.run(
        [*command, contender, chosen.model_dump_json(), str(data), str(folder)],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1" if onednn else "0"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return float(finished.stdout)


def _contender(contender: str, chosen: Experiment, data: Path, onednn: bool) -> Callable[[], float]:
    def measure() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return train(contender, chosen, data, Path(folder), onednn)

    return measure


def _steps(chosen: Experiment, data: Path) -> int:
    (x, _), _ = datasets.training_and_validation(datasets.load(data), chosen.seeds[0])
    return chosen.epochs * -(-len(x) // chosen.batch_size)
