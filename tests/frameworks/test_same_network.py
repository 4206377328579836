"""One network, the same weights, the same batches: NumPy, JAX, PyTorch and Keras leave the same record.

The network is dense (tanh), then dense, under softmax and cross-entropy, trained by plain gradient descent.
The record of NumPy, with gradients by hand, is what the others have to be within the rounding of float32.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.frameworks.test_keras_backends import run_on

import gradevo
from gradevo import Run, Statistics, analyse

Array = np.ndarray[Any, Any]

EPOCHS, BATCH, RATE = 3, 4, 0.1
draw = np.random.default_rng(13)
X = draw.normal(size=(10, 5)).astype("float32")  # batches of 4, 4 and 2
Y = draw.integers(0, 3, 10)
WEIGHTS: dict[str, Array] = {
    "hidden/kernel": draw.normal(0, 0.5, (5, 8)).astype("float32"),
    "hidden/bias": draw.normal(0, 0.1, 8).astype("float32"),
    "output/kernel": draw.normal(0, 0.5, (8, 3)).astype("float32"),
    "output/bias": draw.normal(0, 0.1, 3).astype("float32"),
}
BATCHES = [(X[start : start + BATCH], Y[start : start + BATCH]) for start in range(0, len(X), BATCH)]


def by_numpy(path: Path) -> None:
    def loss_and_gradients(weights: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
        hidden = np.tanh(x @ weights["hidden/kernel"] + weights["hidden/bias"])
        logits = hidden @ weights["output/kernel"] + weights["output/bias"]
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances = exponentials / exponentials.sum(axis=1, keepdims=True)
        at_output = (chances - np.eye(3, dtype="float32")[y]) / np.float32(len(x))
        at_hidden = (at_output @ weights["output/kernel"].T) * (1 - hidden**2)
        return -np.log(chances[np.arange(len(x)), y]).mean(), {
            "hidden/kernel": x.T @ at_hidden,
            "hidden/bias": at_hidden.sum(axis=0),
            "output/kernel": hidden.T @ at_output,
            "output/bias": at_output.sum(axis=0),
        }

    weights = {name: one.copy() for name, one in WEIGHTS.items()}
    with gradevo.Recorder(path, weights) as recorder:
        for _ in range(EPOCHS):
            for x, y in BATCHES:
                loss, gradients = loss_and_gradients(weights, x, y)
                weights = {name: one - np.float32(RATE) * gradients[name] for name, one in weights.items()}
                recorder.step(gradients, loss=loss, batch_size=len(x), weights=weights, learning_rate=RATE)
            recorder.end_epoch(weights, train={"loss": loss_and_gradients(weights, X, Y)[0]})


def by_jax(path: Path) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    optax = pytest.importorskip("optax", reason="optax is not installed")

    def loss_of(params: Any, x: Array, y: Array) -> Any:
        hidden = jax.numpy.tanh(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
        logits = hidden @ params["output"]["kernel"] + params["output"]["bias"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    params: Any = {"hidden": {}, "output": {}}
    for name, one in WEIGHTS.items():
        layer, role = name.split("/")
        params[layer][role] = jax.numpy.array(one)
    with gradevo.Recorder(path, params) as recorder:
        optimizer = gradevo.jax.record(recorder, optax.sgd(RATE))

        @jax.jit
        def step(params: Any, state: Any, x: Array, y: Array) -> Any:
            loss, gradients = jax.value_and_grad(loss_of)(params, x, y)
            updates, state = optimizer.update(
                gradients, state, params, loss=loss, batch_size=len(x), learning_rate=RATE
            )
            return optax.apply_updates(params, updates), state

        state = optimizer.init(params)
        for _ in range(EPOCHS):
            for x, y in BATCHES:
                params, state = step(params, state, x, y)
            recorder.end_epoch(params, train={"loss": loss_of(params, X, Y)})


def by_torch(path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layers = {
        "hidden": torch.nn.Linear(5, 8),
        "activation": torch.nn.Tanh(),
        "output": torch.nn.Linear(8, 3),
    }
    model = torch.nn.Sequential()
    for name, layer in layers.items():
        model.add_module(name, layer)
    with torch.no_grad():
        for name in ("hidden", "output"):
            layers[name].weight.copy_(torch.from_numpy(WEIGHTS[f"{name}/kernel"].T.copy()))
            layers[name].bias.copy_(torch.from_numpy(WEIGHTS[f"{name}/bias"]))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    with gradevo.torch.Recorder(model, optimizer, path, updates=True) as recorder:
        for _ in range(EPOCHS):
            for x, y in BATCHES:
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
                loss.backward()
                recorder.tell(loss=loss, batch_size=len(x))
                optimizer.step()
            loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(X)), torch.from_numpy(Y))
            recorder.end_epoch(train={"loss": loss})


def by_keras(path: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from gradevo.recording.keras import runtime  # isort: skip  sets what TensorFlow reads while it loads

    assert runtime
    import keras

    layers = [
        keras.Input((5,)),
        keras.layers.Dense(8, "tanh", name="hidden"),
        keras.layers.Dense(3, name="output"),
    ]
    model = keras.Sequential(layers)
    model.set_weights(list(WEIGHTS.values()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss)
    gradevo.record(model, X, Y, path, epochs=EPOCHS, batch_size=BATCH, shuffle=False, updates=True)


def by_keras_on_jax(path: Path) -> None:
    by_fit_on("jax", path)


def by_keras_on_torch(path: Path) -> None:
    by_fit_on("torch", path)


def by_fit_on(backend: str, path: Path) -> None:
    given = path.with_name("given.npz")
    weights = {name.replace("/", "_"): one for name, one in WEIGHTS.items()}
    np.savez(given, x=X, y=Y, rate=RATE, batch=BATCH, epochs=EPOCHS, **weights)
    run_on(backend, "same_network", path, given)


def in_kernels_words(name: str, value: Array) -> tuple[str, Array]:
    """A tensor of PyTorch as the others have it: its weight is a kernel, outputs × inputs."""
    layer, role = name.split("/")
    return (f"{layer}/kernel", value.swapaxes(-1, -2)) if role == "weight" else (name, value)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("numpy") / "run.h5"
    by_numpy(path)
    return path


RECORDS = [
    by_jax,
    by_torch,
    by_keras_on_jax,
    by_keras_on_torch,
    pytest.param(by_keras, marks=pytest.mark.unit),
]


@pytest.mark.parametrize("record", RECORDS)
def test_every_framework_leaves_the_same_record(
    expected: Path, tmp_path: Path, record: Callable[[Path], None]
) -> None:
    record(tmp_path / "run.h5")
    with Run(expected) as ours, Run(tmp_path / "run.h5") as theirs:
        assert (theirs.epochs, theirs.steps, theirs.dtype) == (ours.epochs, ours.steps, "float32")
        assert theirs.timeline.stops.tolist() == ours.timeline.stops.tolist() == [3, 6, 9]
        found = {}
        for tensor in theirs.tensors:
            name, gradients = in_kernels_words(tensor, theirs.read_gradients(tensor, 0, 9))
            weights = np.stack([theirs.weights(tensor, row) for row in range(EPOCHS + 1)])
            found[name] = (gradients, in_kernels_words(tensor, weights)[1], theirs.step(f"updates/{tensor}"))
        assert found.keys() == WEIGHTS.keys()
        for name, (gradients, weights, updates) in found.items():
            rows = np.stack([ours.weights(name, row) for row in range(EPOCHS + 1)])
            np.testing.assert_allclose(gradients, ours.read_gradients(name, 0, 9), 1e-4, 1e-6, err_msg=name)
            np.testing.assert_allclose(weights, rows, 1e-5, 1e-6, err_msg=name)
            np.testing.assert_array_equal(weights[0], WEIGHTS[name])
            np.testing.assert_allclose(updates, ours.step(f"updates/{name}"), 1e-4, err_msg=name)
        for name in ("epoch", "batch", "batch_size"):
            assert theirs.step(name).tolist() == ours.step(name).tolist()
        for name in ("loss", "learning_rate"):
            np.testing.assert_allclose(theirs.step(name), ours.step(name), 1e-5)
        losses = theirs.metrics("train")["loss"], ours.metrics("train")["loss"]
        np.testing.assert_allclose(*losses, 1e-5)
    for path in (expected, tmp_path / "run.h5"):
        analyse(path, path.with_name("statistics.h5"))
    with (
        Statistics(expected.with_name("statistics.h5")) as ours,
        Statistics(tmp_path / "statistics.h5") as theirs,
    ):
        for layer in ("hidden", "output"):
            norms = (of.layer("gradient_norm", layer) for of in (theirs, ours))
            np.testing.assert_allclose(*norms, 1e-4)
        for statistic in ("l1_norm", "l2_norm_acc"):
            np.testing.assert_allclose(theirs.epoch(statistic), ours.epoch(statistic), 1e-4)
