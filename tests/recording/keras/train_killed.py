"""Trains in child processes that are killed at random moments, then once to the end.

    python train_killed.py FOLDER KILLS SEED record
    python train_killed.py FOLDER KILLS SEED fit

By ``record``, which has checkpoints of its own, or by ``fit`` with the callback and Keras' own.

Prints, for every killed child, the complete epochs that its partial file holds. One process
loads TensorFlow (without computing) and forks, so that a child costs no start-up.
"""

import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradevo.recording.keras import runtime  # isort: skip
import keras
import numpy as np

from gradevo import GradevoError, Run
from gradevo.recording.keras.callback import GradientRecorder
from gradevo.recording.keras.record import record
from gradevo.runfile.schema import partial_path

EPOCHS = {"record": 200, "fit": 60}


def train(path: Path, by: str, on_epoch: Callable[[Any], None]) -> None:
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
    if by == "fit":  # Keras' checkpoints leave the state of random numbers out
        layers = [layer for layer in layers if layer.name != "dropout"]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    told = {"epochs": EPOCHS[by], "batch_size": 8, "validation_data": (x[130:], y[130:])}
    if by == "record":
        record(model, x[:130], y[:130], path, shuffle=True, on_epoch=on_epoch, **told)
        return
    path.parent.mkdir(exist_ok=True)
    callbacks = [
        GradientRecorder(path),
        keras.callbacks.BackupAndRestore(path.with_name("checkpoint"), double_checkpoint=True),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: on_epoch(None)),
    ]
    model.fit(x[:130], y[:130], shuffle=False, verbose=0, callbacks=callbacks, **told)


def child(path: Path, by: str) -> tuple[int, int]:
    """Start a training; returns its process and a pipe that gets a byte after every epoch."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking a process with threads
        process = os.fork()
    if process == 0:
        train(path, by, lambda _: os.write(writing, b"."))  # type: ignore[arg-type, return-value]
        os._exit(0)
    os.close(writing)
    return process, reading


def to_the_end(path: Path, by: str) -> None:
    """Train without killing."""
    process, reading = child(path, by)
    _, status = os.waitpid(process, 0)
    os.close(reading)
    assert status == 0, status


def kill(path: Path, by: str, epochs: int, seconds: float) -> None:
    """Train, and kill the process so many seconds after so many of its epochs."""
    process, reading = child(path, by)
    for _ in range(epochs):
        os.read(reading, 1)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(reading)


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
    folder, kills, seed, by = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    to_the_end(folder / "whole" / "run.h5", by)
    path = folder / "killed" / "run.h5"
    moments = random.Random(seed)
    # Once before the first epoch: while the file is laid out, or not even there.
    kill(path, by, 0, moments.uniform(0, 1))
    for _ in range(kills):
        kill(path, by, moments.randint(0, EPOCHS[by] // kills - 1), moments.uniform(0, 0.02))
        print(epochs_of(partial_path(path)), flush=True)
    to_the_end(path, by)


if __name__ == "__main__":
    main()
