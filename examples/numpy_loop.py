"""A network written in plain NumPy, recorded: handwritten digits, two dense layers, gradients by hand.

    python examples/numpy_loop.py [FOLDER]

Writes run.h5, statistics.h5 and the figures into FOLDER (numpy-digits). Started again after it was killed it
begins anew, as it saves no weights; what the killed process recorded is kept beside.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import gradevo
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material

EPOCHS, BATCH, RATE, MOMENTUM = 30, 32, 0.05, 0.9

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "numpy-digits")
random = np.random.default_rng(13)
images, digits = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
order = random.permutation(len(images))
train, validation = order[:1500], order[1500:]

weights = {
    "hidden": {"kernel": random.normal(0, 64**-0.5, (64, 32)), "bias": np.zeros(32)},
    "output": {"kernel": random.normal(0, 32**-0.5, (32, 10)), "bias": np.zeros(10)},
}
weights = {layer: {name: one.astype(np.float32) for name, one in of.items()} for layer, of in weights.items()}
velocity = {layer: {name: np.zeros_like(one) for name, one in of.items()} for layer, of in weights.items()}


def forward(rows):
    hidden = np.maximum(images[rows] @ weights["hidden"]["kernel"] + weights["hidden"]["bias"], 0)
    logits = hidden @ weights["output"]["kernel"] + weights["output"]["bias"]
    logits -= logits.max(axis=1, keepdims=True)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss = -np.log(chances[np.arange(len(rows)), digits[rows]]).mean()
    return hidden, chances, loss


def gradients_of(rows, hidden, chances):
    at_output = (chances - np.eye(10, dtype=np.float32)[digits[rows]]) / len(rows)
    at_hidden = (at_output @ weights["output"]["kernel"].T) * (hidden > 0)
    return {
        "hidden": {"kernel": images[rows].T @ at_hidden, "bias": at_hidden.sum(axis=0)},
        "output": {"kernel": hidden.T @ at_output, "bias": at_output.sum(axis=0)},
    }


def metrics(rows):
    _, chances, loss = forward(rows)
    return {"loss": loss, "accuracy": (chances.argmax(axis=1) == digits[rows]).mean()}


settings = {
    "title": "Digits in NumPy",
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
    "optimizer": {"name": "SGD", "learning_rate": RATE, "momentum": MOMENTUM},
}
with gradevo.Recorder(
    folder / "run.h5", weights, experiment=settings, seed=13, epochs=EPOCHS, overwrite=True
) as recorder:
    for _ in range(EPOCHS):
        for rows in np.array_split(random.permutation(train), len(train) // BATCH):
            hidden, chances, loss = forward(rows)
            gradients = gradients_of(rows, hidden, chances)
            for layer, tensors in gradients.items():
                for name, gradient in tensors.items():
                    velocity[layer][name] = MOMENTUM * velocity[layer][name] - np.float32(RATE) * gradient
                    weights[layer][name] += velocity[layer][name]
            recorder.step(gradients, loss=loss, batch_size=len(rows), weights=weights, learning_rate=RATE)
        recorder.end_epoch(weights, train=metrics(train), validation=metrics(validation))

print(f"validation: {metrics(validation)}")
gradevo.analyse(folder / "run.h5", folder / "statistics.h5")
for picture in pictures_of("figures"):
    picture.draw(Material([folder / "statistics.h5"], folder))
    print(*picture.paths(folder))
