"""The rain: descents compared with their closed form, their names, and the pictures drawn of them."""

import json

import numpy as np
import pytest

from gradevo.datasets import Dataset, save
from gradevo.runfile import Plan, RunWriter

X, T = np.array([0.0, 1.0, 2.0]), np.array([0.2, 1.3, 2.4])
RATES = (0.025, 0.01, 0.1, 0.15, 0.21)
LAYER = {"class_name": "Dense", "config": {"name": "line", "activation": "linear", "use_bias": False}}


def loss_of(w):
    return np.sum((w * X - T) ** 2)


def write(path, rate, steps=10, w=9.0, layers=(LAYER,), told=None, loss=loss_of, momentum=0.0):
    """Gradient descent from w, recorded; gives all w."""
    model = {"class_name": "Sequential", "config": {"layers": list(layers)}}
    optimizer = {"name": "sgd", "learning_rate": rate} if told is None else told
    plan = Plan(
        tensors={"line/kernel": (1, 1)},
        epochs=max(steps, 1),
        batch_sizes=[3],
        metrics={"train": ["loss"]},
        dtype="float64",
        attributes={
            "experiment": json.dumps({"title": "Rain", "optimizer": optimizer}),
            "seed": 0,
            "data_label": "",
            "data": "{}",
            "model": json.dumps(model),
        },
    )
    rows, velocity = [w], 0.0
    with RunWriter(path, plan) as writer:
        writer.write_initial_weights([np.array([[w]])])
        for _ in range(steps):
            slope = np.sum(2 * (w * X - T) * X)
            writer.write_steps(np.array([[slope]]), np.array([loss(w)]))
            velocity = momentum * velocity - rate * slope
            w = w + velocity
            rows.append(w)
            writer.complete_epoch([np.array([[w]])], {"train": {"loss": loss(w)}}, [])
        writer.finish()
    return rows


def prepared(path, x=X, t=T):
    x, t = x[:, np.newaxis].astype(np.float32), t.astype(np.float32)
    provenance = {"kind": "own data", "file": "rain.npz", "sha256": "0" * 64}
    save(Dataset("rain", "Rain", "regression", None, x, t, x, t, provenance), path)
    return path


@pytest.fixture(scope="module")
def rain(tmp_path_factory):
    """Rate -> run file, and the data."""
    folder = tmp_path_factory.mktemp("rain")
    for rate in RATES:
        write(folder / f"{rate}.h5", rate)
    return {rate: folder / f"{rate}.h5" for rate in RATES}, prepared(folder / "data.npz")
