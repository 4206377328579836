"""The statistics against a loop that merely reads the same file, in the same blocks."""

import tempfile
from pathlib import Path

import numpy as np

from gradevo.runfile import Plan, Run, RunWriter
from gradevo.statistics import analyse
from gradevo.statistics.blocks import BLOCK_BYTES

from .rounds import interleave, timed
from .table import OURS, Line, lines
from .training import experiment, prepared, train

# The statistics take at most twice the time of reading.
TARGET = 0.5

# What the article's protocol records: tensors, steps an epoch, epochs.
MNIST = (
    {
        "conv2d/kernel": (3, 3, 1, 32),
        "conv2d/bias": (32,),
        "conv2d_1/kernel": (3, 3, 32, 64),
        "conv2d_1/bias": (64,),
        "dense/kernel": (1600, 10),
        "dense/bias": (10,),
    },
    211,
    10,
)
FORDA = (
    {
        "conv1d/kernel": (3, 1, 64),
        "conv1d/bias": (64,),
        "batch_normalization/gamma": (64,),
        "batch_normalization/beta": (64,),
        "conv1d_1/kernel": (3, 64, 64),
        "conv1d_1/bias": (64,),
        "batch_normalization_1/gamma": (64,),
        "batch_normalization_1/beta": (64,),
        "conv1d_2/kernel": (3, 64, 64),
        "conv1d_2/bias": (64,),
        "batch_normalization_2/gamma": (64,),
        "batch_normalization_2/beta": (64,),
        "dense/kernel": (64, 2),
        "dense/bias": (2,),
    },
    102,
    20,
)
RANDOM = {"mnist-shape": MNIST, "forda-shape": FORDA}
RECORDED = ("mnist", "forda")
CASES = (*RANDOM, *RECORDED)


def measure(case: str, rounds: int, quick: bool) -> list[Line]:
    """Analyse a file of random gradients in the full shape, or a recorded run of the default config."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        if case in RANDOM:
            tensors, steps_per_epoch, epochs = RANDOM[case]
            write_random(path, tensors, steps_per_epoch, 2 if quick else epochs)
        else:
            chosen = experiment(case, quick)
            train("gradevo", chosen, prepared(chosen.dataset), Path(folder))
        read(path)  # now it is in the page cache
        contenders = {
            OURS: timed(lambda: analyse(path, Path(folder) / "statistics.h5")),
            "reading": timed(lambda: read(path)),
        }
        # Each takes a second or two, so there is time for more rounds than in training.
        taken = interleave(contenders, 3 * rounds, f"statistics {case}")
    return lines(f"statistics {case}", taken, {"reading": TARGET})


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


def write_random(path: Path, tensors: dict[str, tuple[int, ...]], steps_per_epoch: int, epochs: int) -> None:
    """Write a run of normally distributed gradients: dense, and as hard to compress as can be."""
    attributes = {"experiment": "{}", "seed": 0, "data_label": ""}
    plan = Plan(tensors, epochs, [1] * steps_per_epoch, {}, attributes=attributes)
    random = np.random.default_rng(0)
    weights = [np.ones(shape, np.float32) for shape in tensors.values()]
    with RunWriter(path, plan) as writer:
        writer.write_initial_weights(weights)
        for _ in range(epochs):
            gradients = random.standard_normal((steps_per_epoch, plan.parameters), np.float32)
            writer.write_steps(gradients, np.zeros(steps_per_epoch, np.float32))
            writer.complete_epoch(weights, {}, [])
        writer.finish()
