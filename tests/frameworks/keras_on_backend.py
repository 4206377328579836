"""Recording inside ``fit`` in a process of its own, without TensorFlow: the backend is one for each process.

KERAS_BACKEND=jax python keras_on_backend.py checks FOLDER
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import gradevo
from gradevo.keras import GradientRecorder

Array = np.ndarray[Any, Any]

draw = np.random.default_rng(5)
X, Y = draw.normal(size=(30, 4)).astype("float32"), np.arange(30) % 3


def same_network(path: Path, weights: Path) -> None:
    """The network of ``test_same_network.py``, whose data and weights an npz file brings."""
    with np.load(weights) as file:
        given = dict(file)
    x, y, rate, batch, epochs = (given.pop(name) for name in ("x", "y", "rate", "batch", "epochs"))
    layers = [keras.Input((5,)), keras.layers.Dense(8, "tanh", name="hidden")]
    model = keras.Sequential([*layers, keras.layers.Dense(3, name="output")])
    model.set_weights(
        [given[f"{layer}_{role}"] for layer in ("hidden", "output") for role in ("kernel", "bias")]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(float(rate)), loss)

    class OfTheWholeSplit(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["loss"] = self.model.evaluate(x, y, verbose=0)

    callbacks = [OfTheWholeSplit(), GradientRecorder(path, updates=True)]
    model.fit(x, y, batch_size=int(batch), epochs=int(epochs), shuffle=False, verbose=0, callbacks=callbacks)


def network(optimizer: keras.Optimizer, kind: type[keras.Model] = keras.Model) -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4,), name="x")
    y = keras.layers.Dense(8, "tanh", name="hidden")(inputs)
    y = keras.layers.Dropout(0.3, seed=3, name="dropout")(keras.layers.BatchNormalization(name="norm")(y))
    model = kind(inputs, keras.layers.Dense(3, "softmax", name="out")(y))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def values(model: keras.Model) -> list[Array]:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in model.variables]


OPTIMIZERS: dict[str, Callable[[], keras.Optimizer]] = {
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "clipped": lambda: keras.optimizers.Adam(0.01, global_clipnorm=0.1),
    "accumulated": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2, clipnorm=0.01),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1024.0),
    "scheduled": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5), loss_scale_factor=64.0
    ),
}
FIT = {"batch_size": 8, "epochs": 2, "verbose": 0, "shuffle": False, "validation_data": (X, Y)}


def check_optimizer(folder: Path, name: str) -> None:
    """``fit`` trains as without the callback; the file holds true gradients, and numbers of the step."""
    plain, recorded = network(OPTIMIZERS[name]()), network(OPTIMIZERS[name]())
    first = [one for one, _ in zip(values(plain), plain.trainable_variables, strict=False)]
    plain.fit(X, Y, **FIT)
    path = folder / f"{name}.h5"
    recorded.fit(X, Y, **FIT, callbacks=[GradientRecorder(path, updates=True)])
    for ours, theirs in zip(values(recorded), values(plain), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with gradevo.Run(path) as run, h5py.File(path) as file:
        assert run.step("batch_size").tolist() == [8, 8, 8, 6] * 2
        assert [edge.source for edge in run.graph.edges] == ["x", "hidden", "norm", "dropout"]
        assert np.isfinite(run.step("loss")).all()
        rate = run.step("learning_rate")
        expected = 0.1 * 0.5 ** (np.arange(8) / 2) if name == "scheduled" else [rate[0]] * 8
        np.testing.assert_allclose(rate, expected, 1e-6)
        scale = {"scaled": 1024, "scheduled": 64}.get(name)
        assert ("loss_scale" in file["steps"]) is (scale is not None)
        assert scale is None or run.step("loss_scale").tolist() == [scale] * 8
        kernel = run.read_gradients("out/kernel", 0, 8)
        norms = np.linalg.norm(kernel.reshape(8, -1), axis=1)
        assert (norms > 1e-3).all()
        if name in ("scaled", "scheduled"):  # plain descent: the update is the gradient by the rate
            np.testing.assert_allclose(run.step("updates/out/kernel"), norms * rate, 1e-3)
        if name == "scaled":
            changed = first[0] - run.weights("hidden/kernel", 1)
            np.testing.assert_allclose(
                changed, 0.1 * run.read_gradients("hidden/kernel", 0, 4).sum(axis=0), 1e-3, 1e-6
            )
        if name == "clipped":
            applied = [run.step(f"applied/{tensor}") for tensor in run.tensors]
            np.testing.assert_allclose(np.linalg.norm(applied, axis=0), 0.1, 1e-4)
        if name == "accumulated":
            applied = run.step("applied/out/kernel")
            assert np.isnan(applied).tolist() == [True, False] * 4
            np.testing.assert_allclose(applied[1::2], 0.01, 1e-4)


def check_own_train_step(folder: Path) -> None:
    """A train step of the model's own, whose gradients are halved before they are applied."""

    class Halved(keras.Model):  # type: ignore[misc]
        pass

    if keras.backend.backend() == "torch":

        def train_step(self: Any, data: Any) -> Any:
            x, y = data
            self.zero_grad()
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            loss.backward()
            weights = list(self.trainable_weights)
            self.optimizer.apply([weight.value.grad / 2 for weight in weights], weights)
            return {"loss": loss.detach()}

    else:
        import jax

        def train_step(self: Any, state: Any, data: Any) -> Any:
            trainable, rest, slots, metrics = state
            x, y = data

            def loss_of(trainable: Any) -> Any:
                predicted, after = self.stateless_call(trainable, rest, x, training=True)
                return self.compute_loss(y=y, y_pred=predicted), after

            (loss, after), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable)
            halved = [gradient / 2 for gradient in gradients]
            trainable, slots = self.optimizer.stateless_apply(slots, halved, trainable)
            return {"loss": loss}, (trainable, after, slots, metrics)

    Halved.train_step = train_step
    told = {**FIT, "validation_data": None}
    plain, recorded = (network(keras.optimizers.SGD(0.1), Halved) for _ in range(2))
    plain.fit(X, Y, **told)
    path = folder / "halved.h5"
    history = recorded.fit(X, Y, **told, callbacks=[GradientRecorder(path, updates=True)]).history
    for ours, theirs in zip(values(recorded), values(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-5, 1e-6)
    with gradevo.Run(path) as run:
        norms = np.linalg.norm(run.read_gradients("out/kernel", 0, 8).reshape(8, -1), axis=1)
        np.testing.assert_allclose(run.step("updates/out/kernel"), norms * 0.1, 1e-3)
        np.testing.assert_allclose(run.step("loss")[[3, 7]], history["loss"], 1e-6)


def check_one_tensor(folder: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, use_bias=False, name="only")])
    model.compile(keras.optimizers.SGD(0.1, clipnorm=0.01), "mse")
    y = np.eye(3, dtype="float32")[Y]
    model.fit(X, y, batch_size=10, verbose=0, callbacks=[GradientRecorder(folder / "one.h5", updates=True)])
    with gradevo.Run(folder / "one.h5") as run:
        np.testing.assert_allclose(run.step("applied/only/kernel"), 0.01, 1e-5)
        np.testing.assert_allclose(run.step("updates/only/kernel"), 0.001, 1e-3)


def check_a_loss_that_is_kept_inside(folder: Path) -> None:
    """JAX lets nothing out of what it computes twice: the loss is left out, the gradients are not."""
    if keras.backend.backend() != "jax":
        return
    import jax

    class Remat(keras.Model):  # type: ignore[misc]
        def train_step(self, state: Any, data: Any) -> Any:
            trainable, rest, slots, metrics = state
            x, y = data

            @jax.checkpoint
            def loss_of(trainable: Any) -> Any:
                predicted, after = self.stateless_call(trainable, rest, x, training=True)
                return self.compute_loss(y=y, y_pred=predicted), after

            (loss, after), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable)
            trainable, slots = self.optimizer.stateless_apply(slots, gradients, trainable)
            return {"loss": loss}, (trainable, after, slots, metrics)

    told = {**FIT, "validation_data": None}
    plain, recorded = (network(keras.optimizers.SGD(0.1), Remat) for _ in range(2))
    plain.fit(X, Y, **told)
    recorded.fit(X, Y, **told, callbacks=[GradientRecorder(folder / "remat.h5")])
    for ours, theirs in zip(values(recorded), values(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-5, 1e-6)
    with gradevo.Run(folder / "remat.h5") as run:
        assert np.isnan(run.step("loss")).all()
        assert (np.abs(run.read_gradients("out/kernel", 0, 8)).max(axis=(1, 2)) > 0).all()


def check_an_overflow_elsewhere(folder: Path) -> None:
    """A step is skipped for what overflows in a tensor that is not recorded."""
    inputs = keras.Input((4,), name="x")
    large = keras.layers.Dense(1, use_bias=False, name="a")(inputs)
    model = keras.Model(inputs, [large, keras.layers.Dense(1, name="b")(inputs * 0)])
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1024.0)
    model.compile(scaled, ["mae", "mse"])
    x = np.full((4, 4), 1e36, "float32")
    x[2:] = 1
    path = folder / "overflow.h5"
    y = [np.full((4, 1), -1e37, "float32"), np.ones((4, 1), "float32")]
    recorder = GradientRecorder(path, tensors="b/*")
    model.fit(x, y, batch_size=2, shuffle=False, verbose=0, callbacks=[recorder])
    with gradevo.Run(path) as run:
        skipped = run.step("skipped")
        norms = np.linalg.norm(run.read_gradients("b/bias", 0, 2), axis=1)
        assert skipped.tolist() == [1, 0], skipped
        assert ((norms == 0) == (skipped == 1)).all()


def check_continued(folder: Path) -> None:
    """Interrupted, and continued by a model that holds the weights of the last whole epoch."""
    path, model = folder / "stopped.h5", network(keras.optimizers.SGD(0.1))

    class Interrupt(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if batch == 0 and (folder / "stopped.partial.h5").exists():
                with gradevo.Run(folder / "stopped.partial.h5") as run:
                    if run.epochs:
                        raise KeyboardInterrupt

    told = {**FIT, "validation_data": None}
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, **told, callbacks=[GradientRecorder(path), Interrupt()])
    model.fit(X, Y, **{**told, "initial_epoch": 1}, callbacks=[GradientRecorder(path)])
    with gradevo.Run(path) as run:
        assert (run.epochs, run.steps) == (2, 8)
    assert not list(folder.glob("stopped.abandoned*"))


def check_record() -> None:
    """``record`` is TensorFlow's, and says so."""
    with pytest.raises(gradevo.GradevoError, match=r"expected Keras on TensorFlow.*found .*GradientRecorder"):
        _ = gradevo.record


def checks(folder: Path) -> None:
    for name in OPTIMIZERS:
        check_optimizer(folder, name)
    check_own_train_step(folder)
    check_one_tensor(folder)
    check_a_loss_that_is_kept_inside(folder)
    check_an_overflow_elsewhere(folder)
    check_continued(folder)
    check_record()


if __name__ == "__main__":
    {"same_network": same_network, "checks": checks}[sys.argv[1]](*map(Path, sys.argv[2:]))
