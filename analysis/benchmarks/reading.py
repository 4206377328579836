"""The statistics against merely reading the same file in the same blocks, and against less of them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import numpy as np

from gradevo.runfile.reader import Run
from gradevo.statistics.analyse import analyse
from gradevo.statistics.blocks import BLOCK_BYTES
from gradevo.statistics.spectrum import Spectrum

from . import cases
from .rounds import interleave, timed
from .table import OURS, Row, rows
from .training import train

# The statistics take at most twice the time of reading.
TARGET = 0.5

RANDOM = {"mnist-shape": cases.MNIST, "forda-shape": cases.FORDA._replace(epochs=20)}
RECORDED = ("mnist", "forda")
CASES = (*RANDOM, *RECORDED)


def measure(case: str, rounds: int, quick: bool) -> list[Row]:
    """Analyse a file of random gradients in the full shape, or a recorded run of the default config."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        if case in RANDOM:
            shape = RANDOM[case]
            cases.write_random_run(path, shape._replace(epochs=2) if quick else shape)
        else:
            train("gradevo", cases.recorded(case, quick), Path(folder))
        read(path)  # now it is in the page cache
        contenders = {
            OURS: timed(lambda: analyse(path, Path(folder) / "statistics.h5")),
            "reading": timed(lambda: read(path)),
            "without directions": timed(lambda: without_directions(path, Path(folder) / "without.h5")),
        }
        # Each takes a second or two, so there is time for more rounds than in training.
        taken = interleave(contenders, 3 * rounds, f"statistics {case}")
    return rows(f"statistics {case}", taken, {"reading": TARGET})


def read(path: Path) -> None:
    """Read every gradient and every weight once, in time order, in blocks as large as ``analyse``'s."""
    with Run(path) as run:
        step_bytes = 4 * sum(int(np.prod(run.shape(tensor))) for tensor in run.tensors)
        length = min(max(1, BLOCK_BYTES // step_bytes), run.steps_per_epoch)
        for first in range(0, run.steps, run.steps_per_epoch):
            end = first + run.steps_per_epoch
            for start in range(first, end, length):
                for tensor in run.tensors:
                    run.read_gradients(tensor, start, min(start + length, end))
            for tensor in run.tensors:
                run.weights(tensor, end // run.steps_per_epoch)


def without_directions(run: Path, statistics: Path) -> None:
    """The statistics but for the principal directions."""
    with mock.patch("gradevo.statistics.analyse.Subspace", _Nothing):
        analyse(run, statistics)


class _Nothing:
    """Stands for sketches that take no time."""

    def __init__(self, sizes: Sequence[int], dtype: str) -> None: ...

    def take(self, gradients: Sequence[object], squares: object) -> None: ...

    def spectra(self) -> dict[str, Spectrum]:
        return {}
