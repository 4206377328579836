"""A training of made-up gradients in a chain of layers, slow enough to be watched; goes on where it ended.

    python train_live.py RUN EPOCHS SECONDS [LAYERS [TITLE]]

An epoch of 8 steps takes SECONDS. Every layer's gradient is a tenth of that of the next one; they fade with
the epochs.
"""

import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from gradevo import Recorder
from gradevo.layers import Edge, Layer, LayerGraph

STEPS = 8

path, epochs, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
layers = int(sys.argv[4]) if len(sys.argv) > 4 else 3
title = sys.argv[5] if len(sys.argv) > 5 else "Watched"
names = [f"dense_{number}" for number in range(layers)]
nodes = (
    Layer("input", "InputLayer"),
    *(Layer(name, "Dense", (f"{name}/kernel", f"{name}/bias")) for name in names),
)
graph = LayerGraph(nodes, tuple(Edge(one.id, other.id) for one, other in pairwise(nodes)))
saved = path.with_suffix(".npz")
random = np.random.default_rng(len(names))
weights = {
    f"{name}/{kind}": random.normal(size=shape).astype(np.float32)
    for name in names
    for kind, shape in (("kernel", (6, 6)), ("bias", (6,)))
}
if saved.exists():
    weights = dict(np.load(saved))


def told(epoch: int) -> dict[str, dict[str, float]]:
    loss = 1 / (1 + epoch / 10)
    return {
        "train": {"loss": loss, "accuracy": 1 - loss / 2},
        "validation": {"loss": 1.1 * loss, "accuracy": 0.95 - loss / 2},
    }


settings = {"title": title, "metrics": ["accuracy"], "loss": "categorical_crossentropy"}
with Recorder(
    path, weights, experiment=settings, graph=graph, epochs=epochs, activation_gradients=True, overwrite=True
) as recorder:
    for epoch in range(recorder.epochs_complete + 1, epochs + 1):
        for step in range(STEPS):
            random = np.random.default_rng([epoch, step])
            gradients = {}
            for name in weights:
                depth = len(names) - 1 - int(name.split("/")[0].split("_")[1])
                size = 10 ** (-min(depth, 12) / 2) / (1 + epoch / 20)
                gradients[name] = (size * random.normal(size=weights[name].shape)).astype(np.float32)
                weights[name] = weights[name] - np.float32(0.05) * gradients[name]
            flows = np.append(np.nan, 0.1 ** np.linspace(3, 1, len(names) - 1)) / (1 + epoch / 20)
            recorder.step(
                gradients,
                loss=float(1 / (1 + epoch / 10) + 0.1 * random.normal()),
                batch_size=32,
                weights=weights,
                learning_rate=0.05 * 0.99**epoch,
                activation_gradients=flows,
            )
            time.sleep(seconds / STEPS)
        np.savez(saved, **weights)
        recorder.end_epoch(weights, **told(epoch))
