"""The callback records what ``fit`` does, and changes nothing in it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradevo import GradevoError, Run
from gradevo.keras import GradientRecorder

kl = keras.layers
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(22, 4)).astype("float32")
CLASSES = RANDOM.integers(0, 3, 22)
Case = Callable[[], tuple[keras.Model, dict[str, Any]]]


def dense(**compiled: Any) -> keras.Model:
    keras.utils.set_random_seed(3)
    layers = [keras.Input((4,)), kl.Dense(5, "tanh", name="dense"), kl.Dense(3, "softmax", name="out")]
    model = keras.Sequential(layers, name="net")
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", **compiled})
    return model


def arrays() -> tuple[keras.Model, dict[str, Any]]:
    return dense(metrics=["accuracy"]), {"x": X, "y": CLASSES, "validation_split": 0.25}


def dataset() -> tuple[keras.Model, dict[str, Any]]:
    data = tf.data.Dataset.from_tensor_slices((X, CLASSES)).shuffle(22, seed=1).batch(8)
    return dense(optimizer=keras.optimizers.SGD(0.1, momentum=0.9)), {"x": data, "batch_size": None}


def weighted() -> tuple[keras.Model, dict[str, Any]]:
    return dense(), {"x": X, "y": CLASSES, "class_weight": {0: 1.0, 1: 5.0, 2: 0.1}}


def several_steps_in_a_call() -> tuple[keras.Model, dict[str, Any]]:
    return dense(steps_per_execution=4), {"x": X, "y": CLASSES}


def eager() -> tuple[keras.Model, dict[str, Any]]:
    return dense(run_eagerly=True), {"x": X, "y": CLASSES}


def scaled() -> tuple[keras.Model, dict[str, Any]]:
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1024.0)
    return dense(optimizer=optimizer), {"x": X, "y": CLASSES}


def clipped_schedule() -> tuple[keras.Model, dict[str, Any]]:
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    return dense(optimizer=keras.optimizers.SGD(rate, global_clipnorm=0.1)), {"x": X, "y": CLASSES}


class Own(keras.Sequential):
    """A train step of its own: noise on the inputs, gradients halved, no compute_loss."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            predicted = self(x + 0.1, training=True)
            loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, predicted))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(
            zip([gradient / 2 for gradient in gradients], self.trainable_variables, strict=True)
        )
        return {"loss": loss}


def own_step() -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(3)
    model = Own([keras.Input((4,)), kl.Dense(3, "softmax", name="out")], name="net")
    model.compile(keras.optimizers.SGD(0.1))
    return model, {"x": X, "y": CLASSES}


class Adversarial(keras.Model):
    """Two networks, an optimizer each, that of the discriminator is called twice in a step."""

    def __init__(self) -> None:
        super().__init__(name="gan")
        self.generator = keras.Sequential([keras.Input((4,)), kl.Dense(4, name="fc")], name="generator")
        self.discriminator = keras.Sequential([keras.Input((4,)), kl.Dense(1, name="fc")], name="critic")

    def compile(self, **options: Any) -> None:
        super().compile(**options)
        self.d_optimizer, self.g_optimizer = keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2)

    def call(self, x: Any) -> Any:
        return self.discriminator(self.generator(x))

    def train_step(self, data: Any) -> Any:
        real = data[0] if isinstance(data, tuple) else data
        for target in (real, self.generator(real)):
            with tf.GradientTape() as tape:
                loss = keras.ops.mean(keras.ops.square(self.discriminator(target) - 1))
            weights = self.discriminator.trainable_variables
            self.d_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(keras.ops.square(self(real)))
        weights = self.generator.trainable_variables
        self.g_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"g_loss": loss}


def adversarial() -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(3)
    model = Adversarial()
    model.compile()
    return model, {"x": X}


CASES = [
    arrays,
    dataset,
    weighted,
    several_steps_in_a_call,
    eager,
    scaled,
    clipped_schedule,
    own_step,
    adversarial,
]


def fitted(case: Case, callbacks: list[Any], epochs: int = 2, **more: Any) -> tuple[keras.Model, Any]:
    model, arguments = case()
    told = {"batch_size": 8, "shuffle": False, **arguments, **more}
    if told["batch_size"] is None:
        del told["batch_size"]
    history = model.fit(epochs=epochs, verbose=0, callbacks=callbacks, **told)
    return model, history.history


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_fit_is_what_it_is_without(case: Case, tmp_path: Path) -> None:
    model, history = fitted(case, [GradientRecorder(tmp_path / "run.h5", updates=True)])
    other, without = fitted(case, [])
    assert history == without
    for one, plain in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), plain.numpy(), err_msg=one.path)
    with Run(tmp_path / "run.h5") as run:
        assert run.epochs == 2
        assert run.epochs_planned == 2
        weights = {tensor: run.weights(tensor, 2) for tensor in run.tensors}
        for variable, recorded in zip(model.trainable_variables, weights.values(), strict=True):
            np.testing.assert_array_equal(variable.numpy(), recorded)
        for name, values in history.items():
            split = "validation" if name.startswith("val_") else "train"
            np.testing.assert_array_equal(run.metrics(split)[name.removeprefix("val_")], values)
    # The model is as it was: fitted again, it records nothing.
    assert {"train_step", "compute_loss", "apply"}.isdisjoint({*vars(model), *vars(model.optimizer or model)})
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


@pytest.mark.parametrize("case", [arrays, dataset, several_steps_in_a_call, eager, scaled, own_step])
def test_sgd_follows_from_the_recorded_gradients(case: Case, tmp_path: Path) -> None:
    """With plain SGD, w⁽ˢ⁺¹⁾ = w⁽ˢ⁾ − η g⁽ˢ⁾, so the weights after an epoch prove every gradient's sum."""

    def with_sgd() -> tuple[keras.Model, dict[str, Any]]:
        model, arguments = case()
        if case not in (scaled, own_step):
            model.optimizer = keras.optimizers.SGD(0.1)
        return model, arguments

    fitted(with_sgd, [GradientRecorder(tmp_path / "run.h5", updates=True)])
    with Run(tmp_path / "run.h5") as run:
        assert (run.step("learning_rate") == np.float32(0.1)).all()
        for epoch in (1, 2):
            steps = run.timeline.of(epoch)
            for tensor in run.tensors:
                gradients = run.read_gradients(tensor, steps.start, steps.stop).astype(np.float64)
                moved = run.weights(tensor, epoch) - run.weights(tensor, epoch - 1)
                np.testing.assert_allclose(moved, -0.1 * gradients.sum(axis=0), rtol=1e-3, atol=1e-6)
                norms = 0.1 * np.linalg.norm(gradients.reshape(len(gradients), -1), axis=1)
                np.testing.assert_allclose(run.step(f"updates/{tensor}")[steps], norms, rtol=1e-3, atol=1e-7)


def test_every_gradient_is_that_of_a_plain_tape(tmp_path: Path) -> None:
    fitted(clipped_schedule, [GradientRecorder(tmp_path / "run.h5")])
    model, _ = clipped_schedule()
    with Run(tmp_path / "run.h5") as run:
        np.testing.assert_allclose(run.step("learning_rate"), 0.1 * 0.5 ** (np.arange(6) / 2), rtol=1e-6)
        assert run.step("batch_size").tolist() == [8, 8, 6] * 2
        for step, start in enumerate([0, 8, 16] * 2):
            x, y = X[start : start + 8], CLASSES[start : start + 8]
            with tf.GradientTape() as tape:
                loss = model.compute_loss(x, y, model(x, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            assert run.step("loss")[step] == pytest.approx(float(loss), rel=1e-5)
            for tensor, gradient in zip(run.tensors, gradients, strict=True):
                np.testing.assert_allclose(run.read_gradients(tensor, step, step + 1)[0], gradient, atol=1e-6)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))


def test_a_step_of_its_own_leaves_out_the_loss_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fitted(own_step, [GradientRecorder(tmp_path / "run.h5")])
    assert caplog.text.count("never calls compute_loss") == 1
    with Run(tmp_path / "run.h5") as run:
        assert np.isnan(run.step("loss")).all()
        assert run.first_nonfinite_step is None


def test_each_optimizer_of_an_adversarial_network(tmp_path: Path) -> None:
    fitted(adversarial, [GradientRecorder(tmp_path / "run.h5")])
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == (
            "generator/fc/kernel",
            "generator/fc/bias",
            "critic/fc/kernel",
            "critic/fc/bias",
        )
        assert (run.step("d_optimizer_learning_rate") == np.float32(0.1)).all()
        assert (run.step("g_optimizer_learning_rate") == np.float32(0.2)).all()
        for tensor in run.tensors:
            rate = 0.2 if tensor.startswith("generator") else 0.1
            total = run.read_gradients(tensor, 0, run.steps).sum(axis=0)
            moved = run.weights(tensor, 2) - run.weights(tensor, 0)
            np.testing.assert_allclose(moved, -rate * total, rtol=1e-4, atol=1e-6)


def test_blocks_do_not_change_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted(several_steps_in_a_call, [GradientRecorder(tmp_path / "whole.h5")])
    monkeypatch.setattr("gradevo.recording.keras.rows.BLOCK_STEPS", 1)
    fitted(several_steps_in_a_call, [GradientRecorder(tmp_path / "small.h5")])
    with Run(tmp_path / "whole.h5") as one, Run(tmp_path / "small.h5") as other:
        assert one.steps == other.steps == 6
        for tensor in one.tensors:
            np.testing.assert_array_equal(
                one.read_gradients(tensor, 0, 6), other.read_gradients(tensor, 0, 6)
            )


def test_some_tensors_and_early_stopping(tmp_path: Path) -> None:
    early = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=100.0)
    recorder = GradientRecorder(tmp_path / "run.h5", tensors=["out.*"], exclude=["*bias"], keep_bits=7)
    fitted(arrays, [recorder, early], epochs=9, validation_freq=2)
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == ("out/kernel",)
        assert (run.epochs, run.epochs_planned, run.stopped) == (2, 9, True)
        np.testing.assert_array_equal(np.isnan(run.metrics("validation")["loss"]), [True, False])


class Interrupt(keras.callbacks.Callback):  # type: ignore[misc]
    """As a cell that is interrupted in the second batch of its third epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (self.epoch, batch) == (2, 1):
            raise KeyboardInterrupt


def test_a_cell_that_was_interrupted_is_run_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "run.h5"
    model, arguments = arrays()
    told = {"batch_size": 8, "shuffle": False, "verbose": 0, **arguments}

    def cell(epochs: int, *more: Any) -> None:
        model.fit(epochs=epochs, callbacks=[GradientRecorder(path), *more], **told)

    with pytest.raises(KeyboardInterrupt):
        cell(5, Interrupt())
    # The model has trained on within the third epoch, so its weights are not those after the second.
    with caplog.at_level(logging.WARNING):
        cell(3)
    assert "kept as run.abandoned.h5" in caplog.text
    with Run(tmp_path / "run.abandoned.h5") as old, Run(path) as new:
        assert (old.epochs, new.epochs) == (2, 3)
        assert not np.array_equal(old.weights("out/bias", 2), new.weights("out/bias", 0))
    with pytest.raises(GradevoError, match="expected a new file"):
        cell(1)


def test_a_model_with_the_weights_of_the_last_epoch_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"

    class Crash(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                raise RuntimeError("the disk of somebody else")

    model, arguments = arrays()
    told = {"batch_size": 8, "shuffle": False, "verbose": 0, **arguments}
    with pytest.raises(RuntimeError, match="somebody"):
        model.fit(epochs=4, callbacks=[GradientRecorder(path), Crash()], **told)
    model.fit(epochs=4, initial_epoch=2, callbacks=[GradientRecorder(path)], **told)
    fitted(arrays, [GradientRecorder(tmp_path / "whole.h5")], epochs=4)
    with Run(path) as run, Run(tmp_path / "whole.h5") as other:
        assert run.epochs == other.epochs == 4
        for tensor in run.tensors:
            np.testing.assert_allclose(
                run.read_gradients(tensor, 0, run.steps),
                other.read_gradients(tensor, 0, run.steps),
                atol=1e-6,
            )
