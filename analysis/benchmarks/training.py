"""Recording against the article's eager loop and against ``model.fit``."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gradevo import datasets
from gradevo.config import Experiment, read_config

from .rounds import Contender, Taken, interleave
from .table import OURS, Line, lines

# How often the article's time contains ours, at least.
ARTICLE = {"iris": 20, "boston": 20, "forda": 3, "mnist": 2}
# Never slower than 1.05 times model.fit's time.
FIT = 1 / 1.05

# A network this slow shows its speed in a part of its 20 epochs.
EPOCHS = {"forda": 5}

PREPARED = Path("data/prepared")

# Label -> the contender, and whether it has our switches: oneDNN on, and the experiment's number of
# threads. Its author ran the article with TensorFlow's own.
CONTENDERS = {
    OURS: ("gradevo", True),
    "article": ("article", False),
    "article, our switches": ("article", True),
    "fit": ("fit", True),
    "fit, then evaluate": ("fit-and-evaluate", True),
}


def measure(name: str, rounds: int, quick: bool) -> list[Line]:
    """Train the experiment with every contender."""
    chosen = experiment(name, quick)
    if not quick:
        chosen = chosen.model_copy(update={"epochs": EPOCHS.get(name, chosen.epochs)})
    data = prepared(chosen.dataset)
    taken = interleave(
        {
            label: _contender(contender, chosen, data, switches)
            for label, (contender, switches) in CONTENDERS.items()
        },
        rounds,
        f"training {name}",
    )
    targets = {"article": ARTICLE[name], "fit": FIT}
    return lines(f"training {name}", taken, targets, (chosen.epochs - 1) * _steps_per_epoch(chosen, data))


def experiment(name: str, quick: bool) -> Experiment:
    """An experiment of the default configuration; ``quick``: a tenth of its epochs, at least 2."""
    whole = read_config(Path("config/default.yaml")).definitions[name]
    return whole.model_copy(update={"epochs": max(2, whole.epochs // 10)}) if quick else whole


def prepared(dataset: str) -> Path:
    """The prepared dataset, fetched first where it is missing."""
    path = PREPARED / f"{dataset}.npz"
    if not path.exists():
        datasets.save(datasets.fetch(dataset, Path("data/raw"), Path("data/sources.yaml")), path)
    return path


def train(contender: str, chosen: Experiment, data: Path, folder: Path, switches: bool = True) -> Taken:
    """Train in a new process that leaves its files in ``folder``."""
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "analysis.benchmarks.contenders", contender),
            *(chosen.model_dump_json(), data, folder, str(chosen.threads if switches else 0)),
        ],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1" if switches else "0"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    whole, later = finished.stdout.split()
    return Taken(float(whole), float(later))


def _contender(contender: str, chosen: Experiment, data: Path, switches: bool) -> Contender:
    def measure() -> Taken:
        with tempfile.TemporaryDirectory() as folder:
            return train(contender, chosen, data, Path(folder), switches)

    return measure


def _steps_per_epoch(chosen: Experiment, data: Path) -> int:
    (x, _), _ = datasets.training_and_validation(datasets.load(data), chosen.seeds[0])
    return -(-len(x) // chosen.batch_size)
