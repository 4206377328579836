"""``fit`` with the callback that records every gradient, against the same ``fit`` without.

Both train in one process, by turns, so that other work on the machine slows both alike. TensorFlow's threads
are set once for a process, so ``python -m analysis.benchmarks.fitting NAME ROUNDS EPOCHS EXAMPLES`` is one of
its own; it prints a line of JSON: contender -> (seconds, seconds after the first epoch) of every round.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gradevo.config.experiment import Experiment
from gradevo.config.load import read_config
from gradevo.tensorflow_log import silenced

from .cases import DEFAULT, PAPER
from .timing import OURS, Row, Taken, interleave, rows

# With the callback, at most 1.05 times the time of the same fit.
FIT = 1 / 1.05


class Shape(NamedTuple):
    """The data of a training; no speed depends on what they show."""

    features: tuple[int, ...]
    classes: int
    examples: int
    epochs: int


SHAPES = {
    "iris": Shape((4,), 3, 135, 100),
    "mnist": Shape((28, 28, 1), 10, 4500, 4),
    "cifar10": Shape((32, 32, 3), 10, 4096, 2),
}


def measure(name: str, rounds: int, quick: bool) -> list[Row]:
    """Fit the experiment's model with and without the callback."""
    shape = SHAPES[name]
    epochs = max(2, shape.epochs // 10) if quick else shape.epochs
    arguments = [name, str(rounds), str(epochs), str(shape.examples // 4 if quick else shape.examples)]
    finished = subprocess.run(
        [sys.executable, "-m", "analysis.benchmarks.fitting", *arguments],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    taken = {
        contender: [Taken(*seconds) for seconds in of]
        for contender, of in json.loads(finished.stdout.splitlines()[-1]).items()
    }
    batches = -(-int(arguments[-1]) // _experiment(name).batch_size)
    return rows(f"fit {name}", taken, {"fit": FIT}, (epochs - 1) * batches)


def _experiment(name: str) -> Experiment:
    definitions = read_config(DEFAULT).definitions
    return definitions[name] if name in definitions else read_config(PAPER).definitions[name]


def main() -> None:
    name, rounds, epochs, examples = sys.argv[1], *map(int, sys.argv[2:])
    with silenced():
        import tensorflow as tf
    experiment, shape = _experiment(name), SHAPES[name]
    threads = experiment.threads or 0
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)

    import keras

    from gradevo.keras import GradientRecorder
    from gradevo.models import build

    random = np.random.default_rng(0)
    x = random.random((examples, *shape.features), np.float32)
    y = np.eye(shape.classes, dtype=np.float32)[random.integers(0, shape.classes, examples)]

    def train(callbacks: Callable[[Path], list[keras.callbacks.Callback]]) -> Taken:
        model = build.build(experiment, shape.features, shape.classes, 13)
        ends: list[float] = []
        told = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
        )
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            model.fit(
                x,
                y,
                batch_size=experiment.batch_size,
                epochs=epochs,
                verbose=0,
                callbacks=[*callbacks(Path(folder)), told],
            )
            done = time.perf_counter()
        return Taken(done - began, done - ends[0])

    contenders = {
        OURS: partial(train, lambda folder: [GradientRecorder(folder / "run.h5")]),
        "gradevo, updates": partial(
            train, lambda folder: [GradientRecorder(folder / "run.h5", updates=True)]
        ),
        "fit": partial(train, lambda folder: []),
    }
    contenders["fit"]()  # what a process does once is nobody's
    taken = interleave(contenders, rounds, f"fit {name}")
    print(json.dumps({label: [one[:2] for one in of] for label, of in taken.items()}))


if __name__ == "__main__":
    main()
