"""A training in JAX and optax, recorded: three spirals, a network of three dense layers, compiled steps.

    pip install 'gradevo[jax]'
    python examples/jax_optax.py [FOLDER]

Writes run.h5, statistics.h5 and the figures into FOLDER (jax-spirals). Adam gets clipped gradients, the
record those before clipping.
"""

import sys
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

import gradevo
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material

EPOCHS, BATCH, SIZES = 40, 32, (2, 32, 32, 3)

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "jax-spirals")
random = np.random.default_rng(13)
labels = np.arange(960) % 3
radius = random.uniform(0.1, 1, 960)
angle = 4 * radius + 2 * np.pi / 3 * labels + random.normal(0, 0.15, 960)
points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
train, validation = np.split(random.permutation(960), [768])

params = {
    f"dense_{number}": {
        "kernel": jnp.array(random.normal(0, rows**-0.5, (rows, columns)), jnp.float32),
        "bias": jnp.zeros(columns),
    }
    for number, (rows, columns) in enumerate(pairwise(SIZES))
}


def loss_of(params, x, y):
    *hidden, last = params.values()
    for layer in hidden:
        x = jnp.tanh(x @ layer["kernel"] + layer["bias"])
    logits = x @ last["kernel"] + last["bias"]
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
    return loss, (logits.argmax(axis=1) == y).mean()


@jax.jit
def metrics(params, x, y):
    loss, accuracy = loss_of(params, x, y)
    return {"loss": loss, "accuracy": accuracy}


settings = {
    "title": "Spirals in JAX",
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
    "optimizer": {"name": "Adam", "learning_rate": 0.01},
}
with gradevo.Recorder(
    folder / "run.h5", params, experiment=settings, seed=13, epochs=EPOCHS, overwrite=True
) as recorder:
    clipped_adam = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(0.01))
    optimizer = gradevo.jax.record(recorder, clipped_adam)
    state = optimizer.init(params)

    @jax.jit
    def step(params, state, x, y):
        (loss, _), gradients = jax.value_and_grad(loss_of, has_aux=True)(params, x, y)
        updates, state = optimizer.update(gradients, state, params, loss=loss, batch_size=len(x))
        return optax.apply_updates(params, updates), state

    for _ in range(EPOCHS):
        for rows in np.split(random.permutation(train), len(train) // BATCH):
            params, state = step(params, state, points[rows], labels[rows])
        recorder.end_epoch(
            params,
            train=metrics(params, points[train], labels[train]),
            validation=metrics(params, points[validation], labels[validation]),
        )

print("validation:", metrics(params, points[validation], labels[validation]))
gradevo.analyse(folder / "run.h5", folder / "statistics.h5")
for picture in pictures_of("figures"):
    picture.draw(Material([folder / "statistics.h5"], folder))
    print(*picture.paths(folder))
