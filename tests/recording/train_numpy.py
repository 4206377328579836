"""A plain NumPy loop that checkpoints its weights itself, and kills itself where it is told to.

    python train_numpy.py FOLDER EPOCHS KILL_AFTER RESTORE

Trains to EPOCHS epochs of 3 steps; is killed within the epoch after KILL_AFTER (never, if that is 0).
RESTORE is 1 to go on from the weights that a killed process left in FOLDER, where there are any.
"""

import logging
import os
import signal
import sys
from pathlib import Path

import numpy as np

from gradevo import Recorder

logging.basicConfig(format="%(message)s", level=logging.INFO)
folder = Path(sys.argv[1])
epochs, kill_after, restore = map(int, sys.argv[2:])
checkpoint = folder / "weights.npy"
weights = np.load(checkpoint) if restore and checkpoint.exists() else np.linspace(1, 2, 12, dtype="float32")
draw = np.random.default_rng(5).normal(size=(3, 12)).astype("float32")

with Recorder(folder / "run.h5", {"dense/kernel": weights}, record_every=2) as recorder:
    print("start:", recorder.epochs_complete, flush=True)
    for epoch in range(recorder.epochs_complete + 1, epochs + 1):
        for step in range(3):
            gradient = weights - draw[step]
            loss = 0.5 * float(np.sum(gradient**2))
            weights = weights - np.float32(0.1) * gradient
            recorder.step(
                {"dense/kernel": gradient},
                loss=loss,
                batch_size=4,
                weights={"dense/kernel": weights},
                learning_rate=0.1,
            )
            if kill_after and (epoch, step) == (kill_after + 1, 1):
                os.kill(os.getpid(), signal.SIGKILL)
        np.save(checkpoint, weights)
        recorder.end_epoch({"dense/kernel": weights}, train={"loss": loss})
