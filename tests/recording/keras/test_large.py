"""Frozen models, and operations that compute other bits every time."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gradevo import GradevoError, Run

from gradevo.recording.keras import runtime  # isort: skip  sets what TensorFlow reads while it loads

import keras
import tensorflow as tf

from gradevo.recording.keras.record import Epoch, record

Array = np.ndarray[Any, Any]

draw = np.random.default_rng(13)
X, Y = draw.normal(size=(12, 6)).astype("float32"), np.arange(12) % 3


class Stop(Exception):
    """Ends a training as a killed process would."""


def half_frozen() -> keras.Model:
    """A frozen kernel of 6 x 40 under batch normalization and a layer that is trained."""
    keras.utils.set_random_seed(1)
    backbone = keras.Sequential(
        [keras.Input((6,), name="entry"), keras.layers.Dense(40, "relu", name="wide")], name="backbone"
    )
    backbone.trainable = False
    head = [keras.layers.BatchNormalization(name="norm"), keras.layers.Dense(3, "softmax", name="head")]
    model = keras.Sequential([keras.Input((6,), name="input"), backbone, *head], name="net")
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    return model


def train(model: keras.Model, path: Path, **options: Any) -> None:
    record(model, X, Y, path, epochs=3, batch_size=4, **options)


def test_a_checkpoint_holds_what_training_changes_and_no_frozen_layer(tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole.h5", tmp_path / "stopped.h5"
    model = half_frozen()
    train(model, whole)
    with h5py.File(whole) as file:
        shapes = [dataset.shape for dataset in file["checkpoint/0"].values()]
    assert (40,) in shapes  # the statistics of the normalization
    assert not {(6, 40)} & set(shapes)

    def stop(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise Stop

    with pytest.raises(Stop):
        train(half_frozen(), stopped, on_epoch=stop)
    resumed, seen = half_frozen(), []
    train(resumed, stopped, on_epoch=lambda epoch: seen.append(epoch.epoch))
    assert seen == [3]
    for ours, theirs in zip(resumed.variables, model.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)


def test_other_frozen_weights_are_another_run(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"

    def stop(epoch: Epoch) -> None:
        raise Stop

    with pytest.raises(Stop):
        train(half_frozen(), path, on_epoch=stop)
    other, seen = half_frozen(), []
    other.get_layer("backbone").get_layer("wide").bias.assign(np.ones(40))
    train(other, path, on_epoch=lambda epoch: seen.append(epoch.epoch))
    assert seen == [1, 2, 3]


class Noise(keras.layers.Layer):  # type: ignore[misc]
    """Noise in training that no seed repeats."""

    generator: tf.random.Generator | None = None

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        if self.generator is None:
            with tf.init_scope():
                self.generator = tf.random.Generator.from_non_deterministic_state()
        return inputs + self.generator.normal(tf.shape(inputs))


def noisy() -> keras.Model:
    class Noisy(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.noise, self.head = Noise(), keras.layers.Dense(3, "softmax", name="head")

        def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
            return self.head(self.noise(inputs, training=training))

    model = Noisy()
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_an_operation_that_cannot_be_repeated_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"^deterministic: expected .* found .*deterministic=False$"):
        train(noisy(), tmp_path / "run.h5")
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    with pytest.raises(GradevoError, match=r"^deterministic: expected .* found .*deterministic=False$"):
        record(noisy(), data, path=tmp_path / "stream.h5")


def test_determinism_is_not_taken_back_but_may_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(GradevoError, match="start a new process"):
        train(half_frozen(), tmp_path / "run.h5", deterministic=False)
    monkeypatch.setattr(runtime, "_deterministic", False)
    train(half_frozen(), tmp_path / "run.h5", deterministic=False)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    record(half_frozen(), data, path=tmp_path / "stream.h5", deterministic=False)
    for name in ("run.h5", "stream.h5"):
        with Run(tmp_path / name) as run:
            assert not run.attributes["deterministic"]
