"""Recording against the article's eager loop and against ``model.fit``."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import cases
from .cases import Case
from .rounds import Contender, Taken, interleave
from .table import OURS, Row, rows

# How often the article's time contains ours, at least.
ARTICLE = {"iris": 20, "boston": 20, "forda": 3, "mnist": 2, "cifar10": 2.5, "cifar100": 2}
# Never slower than 1.05 times model.fit's time.
FIT = 1 / 1.05

# Recording the gradients of activations takes at most a tenth more.
ACTIVATIONS = 1 / 1.1

# Label -> the contender, and whether it has our switches: oneDNN on, and the experiment's number of
# threads. Its author ran the article with TensorFlow's own.
CONTENDERS = {
    OURS: ("gradevo", True),
    "article": ("article", False),
    "article, our switches": ("article", True),
    "fit": ("fit", True),
    "fit, then evaluate": ("fit-and-evaluate", True),
}


def measure(name: str, rounds: int, quick: bool) -> list[Row]:
    """Train the experiment with every contender."""
    with tempfile.TemporaryDirectory() as folder:
        case = cases.measured(name, quick, Path(folder))
        contenders = {
            label: _contender(contender, case, switches)
            for label, (contender, switches) in CONTENDERS.items()
        }
        taken = interleave(contenders, rounds, f"training {name}")
        steps = (case.experiment.epochs - 1) * case.steps_per_epoch
    return rows(f"training {name}", taken, {"article": ARTICLE[name], "fit": FIT}, steps)


def measure_activations(name: str, rounds: int, quick: bool) -> list[Row]:
    """Record the experiment with the norms of what flows back between its layers, and without."""
    with tempfile.TemporaryDirectory() as folder:
        without = cases.measured(name, quick, Path(folder))
        asked = without.experiment.model_copy(update={"activation_gradients": True})
        contenders = {
            OURS: _contender("gradevo", without._replace(experiment=asked), True),
            "without": _contender("gradevo", without, True),
        }
        taken = interleave(contenders, rounds, f"activations {name}")
        steps = (asked.epochs - 1) * without.steps_per_epoch
    return rows(f"activations {name}", taken, {"without": ACTIVATIONS}, steps)


def train(contender: str, case: Case, folder: Path, switches: bool = True) -> Taken:
    """Train in a new process that leaves its files in ``folder``."""
    threads = case.experiment.threads if switches else 0
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "analysis.benchmarks.contenders", contender),
            *(case.experiment.model_dump_json(), case.data, folder, str(threads)),
        ],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1" if switches else "0"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return Taken(*map(float, finished.stdout.split()))


def _contender(contender: str, case: Case, switches: bool) -> Contender:
    def measure() -> Taken:
        with tempfile.TemporaryDirectory() as folder:
            return train(contender, case, Path(folder), switches)

    return measure
