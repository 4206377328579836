"""Trains in child processes that are killed at random moments, then once to the end.

    python train_killed.py FOLDER KILLS SEED

Prints, for every killed child, the complete epochs that its partial file holds. One process
loads TensorFlow (without computing) and forks, so that a child costs no start-up.
"""

import os
import random
import signal
import sys
import time
import warnings
from pathlib import Path

from gradevo.recording import record, runtime  # isort: skip

import keras
import numpy as np

from gradevo import GradevoError, Run
from gradevo.runfile import partial_path

EPOCHS = 60


def train(path: Path) -> None:
    """Everything that a checkpoint has to carry: BatchNorm, dropout, Adam, a shuffled order."""
    runtime.prepare(threads=1)
    keras.utils.set_random_seed(13)
    draw = np.random.default_rng(5)
    x = draw.normal(size=(150, 20, 1)).astype("float32")
    y = draw.integers(0, 3, 150)
    layers = [
        keras.Input((20, 1), name="input"),
        keras.layers.Conv1D(8, 3, name="conv1d"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.ReLU(name="relu"),
        keras.layers.Dropout(0.3, seed=1, name="dropout"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(3, "softmax", name="dense"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    record(
        model,
        x[:130],
        y[:130],
        path,
        epochs=EPOCHS,
        batch_size=8,
        validation_data=(x[130:], y[130:]),
        shuffle=True,
    )


def child(path: Path) -> int:
    """Start a training; returns its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking a process with threads
        process = os.fork()
    if process == 0:
        train(path)
        os._exit(0)
    return process


def epochs_of(path: Path) -> int:
    """Complete epochs in the file of a killed run, all of them read; 0 when there is none yet."""
    try:
        with Run(path) as run:
            for tensor in run.tensors:
                assert len(run.read_gradients(tensor, 0, run.steps)) == run.steps
                run.weights(tensor, run.epochs)
            assert len(run.metrics("validation")["loss"]) == run.epochs
            return run.epochs
    except GradevoError:
        return 0


def main() -> None:
    folder, kills, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    began = time.monotonic()
    _, status = os.waitpid(child(folder / "whole" / "run.h5"), 0)
    whole = time.monotonic() - began
    assert status == 0, status

    moments = random.Random(seed)
    path = folder / "killed" / "run.h5"
    for _ in range(kills):
        process = child(path)
        time.sleep(moments.uniform(0, 0.9 * whole))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        if path.exists():
            break
        print(epochs_of(partial_path(path)), flush=True)
    if not path.exists():
        _, status = os.waitpid(child(path), 0)
        assert status == 0, status


if __name__ == "__main__":
    main()
