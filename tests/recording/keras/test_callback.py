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
    layers = [
        keras.Input((4,), name="input"),
        kl.Dense(5, "tanh", name="dense"),
        kl.Dense(3, "softmax", name="out"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", **compiled})
    return model


def arrays() -> tuple[keras.Model, dict[str, Any]]:
    return dense(metrics=["accuracy"]), {"x": X, "y": CLASSES, "validation_split": 0.25}


def dataset() -> tuple[keras.Model, dict[str, Any]]:
    model = dense(
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9)
    )  # sets the seed, which the order is of, too
    data = tf.data.Dataset.from_tensor_slices((X, CLASSES)).shuffle(22, seed=1).batch(8)
    return model, {"x": data, "batch_size": None}


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


def built_by_its_first_batch() -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(3)
    layers = [kl.Dense(5, "tanh", name="dense"), kl.Dropout(0.3, seed=1), kl.Dense(3, "softmax", name="out")]
    model = keras.Sequential(layers, name="net")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, {"x": X, "y": CLASSES, "sample_weight": np.linspace(0, 1, 22)}


def half_precision() -> tuple[keras.Model, dict[str, Any]]:
    """A scale that overflows at first; clipped."""
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((4,)),
        kl.Dense(5, "tanh", name="dense", dtype="mixed_float16"),
        kl.Dense(3, "softmax", name="out", dtype="float32"),
    ]
    model = keras.Sequential(layers, name="net")
    inner = keras.optimizers.SGD(0.1, clipnorm=0.05)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0**21, dynamic_growth_steps=3)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model, {"x": X, "y": CLASSES}


def fixed_scale() -> tuple[keras.Model, dict[str, Any]]:
    return dense(optimizer=keras.optimizers.SGD(0.1, loss_scale_factor=128.0)), {"x": X, "y": CLASSES}


def accumulated() -> tuple[keras.Model, dict[str, Any]]:
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2, global_clipnorm=0.1)
    return dense(optimizer=optimizer), {"x": X, "y": CLASSES}


def averaged() -> tuple[keras.Model, dict[str, Any]]:
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2, clipvalue=0.01)
    return dense(optimizer=optimizer), {"x": X, "y": CLASSES}


def compiled_by_xla() -> tuple[keras.Model, dict[str, Any]]:
    return dense(jit_compile=True), {"x": X, "y": CLASSES}


class InAFunction(Own):
    """What the step computes is in a graph inside that of ``fit``."""

    @tf.function
    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def in_a_function() -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(3)
    model = InAFunction([keras.Input((4,)), kl.Dense(3, "softmax", name="out")], name="net")
    model.compile(keras.optimizers.SGD(0.1))
    return model, {"x": X, "y": CLASSES}


class EverySecond(keras.Sequential):
    """The optimizer is called in every second batch."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)

        def apply() -> bool:
            self.optimizer.apply(gradients, self.trainable_variables)
            return True

        self.batches.assign_add(1)
        tf.cond(self.batches % 2 == 0, apply, lambda: False)
        return {"loss": loss}


def in_a_condition() -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(3)
    model = EverySecond([keras.Input((4,)), kl.Dense(3, "softmax", name="out")], name="net")
    model.batches = tf.Variable(0)
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model, {"x": X, "y": CLASSES}


def words() -> tuple[keras.Model, dict[str, Any]]:
    """Sparse gradients; a name with a dot."""
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((3,), dtype="int32"),
        kl.Embedding(9, 4, name="text.words"),
        kl.Flatten(),
        kl.Dense(3, "softmax", name="out"),
    ]
    model = keras.Sequential(layers, name="net")
    model.compile(keras.optimizers.Adam(0.01, clipnorm=0.1), "sparse_categorical_crossentropy")
    return model, {"x": np.arange(66).reshape(22, 3) % 9, "y": CLASSES}


class Files(keras.utils.PyDataset):
    def __init__(self) -> None:
        super().__init__()

    def __len__(self) -> int:
        return 3

    def __getitem__(self, batch: int) -> Any:
        return X[8 * batch : 8 * batch + 8], CLASSES[8 * batch : 8 * batch + 8]


def files() -> tuple[keras.Model, dict[str, Any]]:
    return dense(), {"x": Files(), "batch_size": None}


def generator() -> tuple[keras.Model, dict[str, Any]]:
    def batches() -> Any:
        while True:
            yield from (Files()[batch] for batch in range(3))

    return dense(), {"x": batches(), "batch_size": None, "steps_per_epoch": 3}


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
    built_by_its_first_batch,
    half_precision,
    fixed_scale,
    accumulated,
    averaged,
    compiled_by_xla,
    in_a_function,
    in_a_condition,
    words,
    files,
    generator,
]


def fitted(case: Case, callbacks: list[Any], epochs: int = 2, **more: Any) -> tuple[keras.Model, Any]:
    model, arguments = case()
    told = {"batch_size": 8, "shuffle": False, **arguments, **more}
    if told["batch_size"] is None:
        del told["batch_size"]
    history = model.fit(epochs=epochs, verbose=0, callbacks=callbacks, **told)
    return model, history.history


# Where another test of this process asked for deterministic operations, Keras does without XLA.
@pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`")
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
    theirs, own = vars(other), vars(model)
    assert own.keys() == theirs.keys()
    assert vars(model.optimizer).keys() == vars(other.optimizer).keys()
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


@pytest.mark.parametrize(
    "case", [arrays, dataset, several_steps_in_a_call, eager, scaled, fixed_scale, own_step, in_a_function]
)
def test_sgd_follows_from_the_recorded_gradients(case: Case, tmp_path: Path) -> None:
    """With plain SGD, w⁽ˢ⁺¹⁾ = w⁽ˢ⁾ − η g⁽ˢ⁾, so the weights after an epoch prove every gradient's sum."""

    def with_sgd() -> tuple[keras.Model, dict[str, Any]]:
        model, arguments = case()
        if case not in (scaled, fixed_scale, own_step, in_a_function):
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


def test_half_precision_in_units_of_the_loss(tmp_path: Path) -> None:
    fitted(half_precision, [GradientRecorder(tmp_path / "run.h5", updates=True)], epochs=6)
    with Run(tmp_path / "run.h5") as run:
        scale, skipped = run.step("loss_scale"), run.step("skipped").astype(bool)
        assert scale[0] == 2.0**21
        assert skipped[0]
        assert not skipped.all()
        model, _ = half_precision()
        for step, start in enumerate([0, 8, 16] * 6):
            x, y = X[start : start + 8], CLASSES[start : start + 8]
            with tf.GradientTape() as tape:
                loss = model.compute_loss(x, y, model(x, training=True)) * scale[step]
            gradients = tape.gradient(loss, model.trainable_variables)
            for tensor, gradient in zip(run.tensors, gradients, strict=True):
                recorded = run.read_gradients(tensor, step, step + 1)[0]
                expected = np.zeros_like(gradient) if skipped[step] else gradient / scale[step]
                np.testing.assert_allclose(recorded, expected, rtol=1e-3, atol=1e-6)
                applied = run.step(f"applied/{tensor}")[step]
                if skipped[step]:
                    assert np.isnan(applied)
                else:
                    assert applied == pytest.approx(min(0.05, np.linalg.norm(expected)), rel=1e-3)
            model.optimizer.apply(gradients, model.trainable_variables)


@pytest.mark.parametrize("case", [clipped_schedule, accumulated, half_precision])
def test_an_update_is_what_is_applied_times_the_rate(case: Case, tmp_path: Path) -> None:
    fitted(case, [GradientRecorder(tmp_path / "run.h5", updates=True)], epochs=4)
    with Run(tmp_path / "run.h5") as run:
        for tensor in run.tensors:
            applied, rate = run.step(f"applied/{tensor}"), run.step("learning_rate")
            expected = np.where(np.isnan(applied), 0, applied * rate)
            assert expected.any()
            np.testing.assert_allclose(run.step(f"updates/{tensor}"), expected, rtol=1e-3, atol=1e-7)
        if case is accumulated:
            np.testing.assert_array_equal(np.isnan(applied), np.arange(12) % 2 == 0)


def test_a_batch_without_a_step_has_no_gradient(tmp_path: Path) -> None:
    fitted(in_a_condition, [GradientRecorder(tmp_path / "run.h5")])
    with Run(tmp_path / "run.h5") as run:
        norms = np.abs(run.read_gradients("out/kernel", 0, 6)).sum(axis=(1, 2))
        np.testing.assert_array_equal(norms > 0, np.arange(6) % 2 == 1)
        np.testing.assert_array_equal(np.isfinite(run.step("learning_rate")), np.arange(6) % 2 == 1)
        assert np.isfinite(run.step("loss")).all()


def test_a_name_with_dots_is_a_layer_of_the_graph(tmp_path: Path) -> None:
    fitted(words, [GradientRecorder(tmp_path / "run.h5")])
    with Run(tmp_path / "run.h5") as run:
        tensors = [tensor for layer in run.graph.layers for tensor in layer.tensors]
        assert tuple(tensors) == run.tensors == ("text/words/embeddings", "out/kernel", "out/bias")


def test_a_model_whose_fit_failed_is_trained_as_if_never_recorded(tmp_path: Path) -> None:
    class Fail(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise RuntimeError("somebody else's")

    trained = []
    for recorders in ([GradientRecorder(tmp_path / "run.h5")], []):
        model, arguments = arrays()
        told = {"batch_size": 8, "shuffle": False, "verbose": 0, **arguments}
        model.fit(**told)
        before = dict(vars(model))
        with pytest.raises(RuntimeError, match="somebody"):
            model.fit(callbacks=[*recorders, Fail()], **told)
        model.fit(epochs=2, **told)
        assert vars(model)["train_function"] is before["train_function"]
        assert vars(model).keys() == before.keys()
        trained.append(model.get_weights())
    for recorded, plain in zip(*trained, strict=True):
        np.testing.assert_array_equal(recorded, plain)
    with Run(tmp_path / "run.partial.h5") as run:
        assert run.epochs == 1


def test_recorders_that_would_record_nothing_are_errors(tmp_path: Path) -> None:
    both = [GradientRecorder(tmp_path / "one.h5"), GradientRecorder(tmp_path / "other.h5")]
    with pytest.raises(GradevoError, match="only recorder of this fit"):
        fitted(arrays, both)

    class Elsewhere(Own):
        def train_step(self, data: Any) -> Any:
            return {"loss": keras.ops.mean(self(data[0]))}

    def without_optimizer() -> tuple[keras.Model, dict[str, Any]]:
        model = Elsewhere([keras.Input((4,)), kl.Dense(3, name="out")], name="net")
        model.compile()
        return model, {"x": X, "y": CLASSES}

    with pytest.raises(GradevoError, match="found none called"):
        fitted(without_optimizer, [GradientRecorder(tmp_path / "none.h5")])


def test_an_error_of_writing_ends_the_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gradevo.runfile.writer.RunWriter._columns", full)
    with pytest.raises(GradevoError, match=r"run\.h5"):
        fitted(arrays, [GradientRecorder(tmp_path / "run.h5")])


def test_two_records_of_a_training_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.h5", "other.h5"):
        fitted(dataset, [GradientRecorder(tmp_path / name, updates=True)])
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()


def test_a_model_that_is_compiled_anew_after_an_interrupt_trains_as_it_says(tmp_path: Path) -> None:
    model, arguments = arrays()
    told = {"batch_size": 8, "verbose": 0, **arguments}
    model.fit(**told)  # the model has a train function of its own
    with pytest.raises(KeyboardInterrupt):
        model.fit(epochs=5, callbacks=[GradientRecorder(tmp_path / "run.h5"), Interrupt()], **told)
    model.compile(keras.optimizers.SGD(0.0), model.loss)
    before = model.get_weights()
    model.fit(**told)
    assert int(model.optimizer.iterations) > 0
    for mine, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_an_option_that_is_none_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"tensor: expected an option of a recorder: .*tensors"):
        GradientRecorder(tmp_path / "run.h5", tensor="dense/*")


def test_a_recorder_that_is_listed_twice_is_named(tmp_path: Path) -> None:
    model, arguments = arrays()
    recorder = GradientRecorder(tmp_path / "run.h5")
    with pytest.raises(GradevoError, match="once among the callbacks, found it"):
        model.fit(verbose=0, callbacks=[recorder, recorder], **arguments)
