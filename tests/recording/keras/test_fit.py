"""``record`` trains as ``fit`` does: equal weights after two epochs, gradients those of a plain tape."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradevo import GradevoError, Run
from gradevo.config.experiment import Thresholds
from gradevo.health.text import examine
from gradevo.recording.keras.callback import GradientRecorder
from gradevo.recording.keras.record import record

kl = keras.layers
Array = np.ndarray[Any, Any]
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(24, 4)).astype("float32")
CLASSES = RANDOM.integers(0, 3, 24)
SERIES = RANDOM.normal(size=(24, 5, 2)).astype("float32")
TARGETS = RANDOM.normal(size=(24, 1)).astype("float32")


def dense(outputs: int = 3, activation: str | None = "softmax") -> keras.Model:
    layers = [keras.Input((4,)), kl.Dense(5, "tanh", name="dense"), kl.Dense(outputs, activation, name="out")]
    return keras.Sequential(layers, name="net")


def scaled_sgd() -> tuple[keras.Model, Any, Any]:
    """A loss that is multiplied by a fixed factor before it is differentiated."""
    model = dense()
    model.compile(keras.optimizers.SGD(0.1, loss_scale_factor=128.0), "sparse_categorical_crossentropy")
    return model, X, CLASSES


def half_precision() -> tuple[keras.Model, Any, Any]:
    """Keras wraps the optimizer into one that scales the loss."""
    layers = [
        keras.Input((4,)),
        kl.Dense(5, "tanh", name="dense", dtype="mixed_float16"),
        kl.Dense(3, "softmax", name="out", dtype="float32"),
    ]
    model = keras.Sequential(layers, name="net")
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**10)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model, X, CLASSES


def an_unused_head() -> tuple[keras.Model, Any, Any]:
    """No loss depends on the head b: its weights must not decay."""
    inputs = keras.Input((4,))
    body = kl.Dense(5, "tanh", name="body")(inputs)
    heads = {name: kl.Dense(1, name=name)(body) for name in ("a", "b")}
    model = keras.Model(inputs, heads, name="net")
    model.compile(keras.optimizers.AdamW(0.01, weight_decay=0.1), {"a": "mse", "b": None})
    return model, X, {"a": TARGETS}


class WithoutTraining(keras.Sequential):
    """A loss of its own that takes no ``training``, and wants ``sample_weight``."""

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - y_pred)) + 0.1 * keras.ops.mean(keras.ops.square(y_pred))


def own_loss() -> tuple[keras.Model, Any, Any]:
    model = WithoutTraining([keras.Input((4,)), kl.Dense(1, name="dense")], name="net")
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model, X, TARGETS


def stateful() -> tuple[keras.Model, Any, Any]:
    """Batches of eight, whose states go on into the next."""
    inputs = keras.Input(batch_shape=(8, 5, 2))
    output = kl.Dense(1, name="out")(kl.LSTM(4, stateful=True, name="lstm")(inputs))
    model = keras.Model(inputs, output, name="net")
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model, SERIES, TARGETS


class Sampling(kl.Layer):
    """Adds the penalty of a variational autoencoder."""

    def call(self, inputs: Any) -> Any:
        self.add_loss(0.5 * keras.ops.mean(keras.ops.square(inputs)))
        return inputs


def penalties_alone() -> tuple[keras.Model, Any, Any]:
    """As a variational autoencoder: all losses by ``add_loss``, no targets."""
    inputs = keras.Input((4,))
    code = Sampling(name="sampling")(kl.Dense(2, name="encoder")(inputs))
    model = keras.Model(inputs, kl.Dense(4, name="decoder")(code), name="net")
    model.compile(keras.optimizers.SGD(0.1), loss=None)
    return model, X, None


def eager() -> tuple[keras.Model, Any, Any]:
    """A loss that asks for a tensor's numbers."""

    def loss(y: Any, predicted: Any) -> Any:
        assert isinstance(float(keras.ops.mean(predicted).numpy()), float)
        return keras.ops.mean(keras.ops.square(y - predicted))

    model = dense(1, None)
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    return model, X, TARGETS


def lists() -> tuple[keras.Model, Any, Any]:
    """Nested lists of Python's numbers."""
    model = dense()
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model, X.tolist(), CLASSES.tolist()


def schedule() -> tuple[keras.Model, Any, Any]:
    model = dense()
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    model.compile(keras.optimizers.Adam(rate, clipnorm=0.1), "sparse_categorical_crossentropy")
    return model, X, CLASSES


class Twice(kl.Layer):
    """A weight ``scale`` beside a layer ``scale``."""

    def build(self, shape: Any) -> None:
        self.factor = self.add_weight(name="scale", shape=(4,), initializer="ones")
        self.inner = kl.Dense(4, use_bias=False, name="scale")
        self.inner.build(shape)

    def call(self, x: Any) -> Any:
        return self.inner(x * self.factor)


def colliding_names() -> tuple[keras.Model, Any, Any]:
    model = keras.Sequential([keras.Input((4,)), Twice(name="twice"), kl.Dense(1, name="out")], name="net")
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model, X, TARGETS


class TwoOfOneName(keras.Model):
    """Two layers named ``fc``."""

    def __init__(self) -> None:
        super().__init__(name="net")
        self.first, self.second = kl.Dense(3, "tanh", name="fc"), kl.Dense(1, name="fc")

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))


def two_layers_of_one_name() -> tuple[keras.Model, Any, Any]:
    model = TwoOfOneName()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model, X, TARGETS


CASES = [
    scaled_sgd,
    half_precision,
    an_unused_head,
    own_loss,
    stateful,
    penalties_alone,
    eager,
    lists,
    schedule,
    colliding_names,
    two_layers_of_one_name,
]


def made(case: Callable[[], tuple[keras.Model, Any, Any]]) -> tuple[keras.Model, Any, Any]:
    keras.utils.set_random_seed(3)
    return case()


def tape_gradients(model: keras.Model, x: Any, y: Any) -> list[Array]:
    """By a plain tape, of the loss itself."""
    with tf.GradientTape() as tape:
        predicted = model(x, training=True) if model._call_has_training_arg else model(x)
        loss = model._compute_loss(x=x, y=y, y_pred=predicted, sample_weight=None, training=True)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return [
        np.zeros(variable.shape) if gradient is None else np.asarray(gradient)
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
    ]


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")  # of the unused head, by Keras
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_as_fit_trains(case: Callable[[], tuple[keras.Model, Any, Any]], tmp_path: Path) -> None:
    model, x, y = made(case)
    record(model, x, y, tmp_path / "run.h5", shuffle=False, epochs=2, batch_size=8)
    fitted, x, y = made(case)
    x, y = (np.asarray(part) if isinstance(part, list) else part for part in (x, y))
    fitted.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    for one, other in zip(model.trainable_variables, fitted.trainable_variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2e-6, atol=1e-7, err_msg=one.path)

    plain, x, y = made(case)
    x, y = (np.asarray(part) if isinstance(part, list) else part for part in (x, y))
    first = [None if part is None else tf.nest.map_structure(lambda a: a[:8], part) for part in (x, y)]
    with Run(tmp_path / "run.h5") as run:
        assert run.first_nonfinite_step is None
        if not plain.built:
            plain(first[0])
        expected = tape_gradients(plain, *first)
        for tensor, gradient in zip(run.tensors, expected, strict=True):
            tolerance = 2e-3 if case is half_precision else 1e-5
            np.testing.assert_allclose(
                run.read_gradients(tensor, 0, 1)[0], gradient, rtol=tolerance, atol=1e-4 * tolerance
            )
        assert {layer.id for layer in run.graph.owners}  # every tensor is in a layer of its own
        owned = [tensor for layer in run.graph.owners for tensor in layer.tensors]
        assert sorted(owned) == sorted(run.tensors)


def test_scale_and_skipped_steps_are_recorded(tmp_path: Path) -> None:
    """A scale of 2³⁰ overflows half precision; the optimizer leaves out the step and halves it."""
    keras.utils.set_random_seed(3)
    layers = [keras.Input((4,)), kl.Dense(3, name="dense", dtype="mixed_float16")]
    model = keras.Sequential(layers, name="net")
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**30)
    model.compile(optimizer, "mse")
    before = model.layers[0].kernel.numpy()
    record(
        model,
        X,
        np.ones((24, 3), "float32"),
        tmp_path / "run.h5",
        shuffle=False,
        epochs=8,
        batch_size=8,
        updates=True,
    )
    with Run(tmp_path / "run.h5") as run:
        skipped, scale = run.step("skipped").astype(bool), run.step("loss_scale")
        assert skipped[0]
        assert not skipped[-1]
        np.testing.assert_array_equal(scale, 2.0**30 / 2.0 ** np.r_[0, np.cumsum(skipped)[:-1]])
        gradients = run.read_gradients("dense/kernel", 0, run.steps)
        assert not gradients[skipped].any()
        assert run.first_nonfinite_step is None
        applied = run.weights("dense/kernel", 8) - before
        np.testing.assert_allclose(applied, -0.1 * gradients.sum(0), rtol=1e-4, atol=1e-6)
        norms = np.linalg.norm(gradients, axis=(1, 2))
        np.testing.assert_allclose(run.step("updates/dense/kernel"), 0.1 * norms, rtol=1e-4)


def test_brain_floats(tmp_path: Path) -> None:
    """All variables in bfloat16, those of the optimizer, too; recorded in float32, resumed to the bit."""

    def build() -> keras.Model:
        keras.utils.set_random_seed(3)
        keras.config.set_dtype_policy("bfloat16")
        try:
            model = dense(1, None)
        finally:
            keras.config.set_dtype_policy("float32")
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
        return model

    def stop(epoch: Any) -> None:
        if epoch.epoch == 1:
            raise KeyboardInterrupt

    whole, fitted = build(), build()
    record(whole, X, TARGETS, tmp_path / "whole.h5", shuffle=False, epochs=2, batch_size=8)
    with pytest.raises(KeyboardInterrupt):
        record(build(), X, TARGETS, tmp_path / "run.h5", shuffle=False, epochs=2, batch_size=8, on_epoch=stop)
    resumed = build()
    record(resumed, X, TARGETS, tmp_path / "run.h5", shuffle=False, epochs=2, batch_size=8)
    fitted.fit(X, TARGETS, epochs=2, batch_size=8, shuffle=False, verbose=0)
    for variable, other, third in zip(whole.variables, resumed.variables, fitted.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), other.numpy())
        np.testing.assert_array_equal(variable.numpy(), third.numpy())
    with Run(tmp_path / "run.h5") as run:
        assert run.dtype == "float32"


def test_texts_are_recognised_after_a_stop(tmp_path: Path) -> None:
    texts = np.array(["one two", "two three", "three one", "one", "two", "three"], dtype=object)

    def build() -> keras.Model:
        keras.utils.set_random_seed(3)
        words = kl.TextVectorization(
            vocabulary=["one", "two", "three"], output_sequence_length=3, name="words"
        )
        layers = [keras.Input((), dtype="string", name="text"), words, kl.Embedding(5, 2, name="embedding")]
        model = keras.Sequential([*layers, kl.Flatten(name="flatten"), kl.Dense(1, name="out")], name="net")
        model.compile("sgd", "mse")
        return model

    def stop(epoch: Any) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    targets = np.arange(6, dtype="float32")[:, None]
    resumed = []
    with pytest.raises(KeyboardInterrupt):
        record(build(), texts, targets, tmp_path / "run.h5", epochs=4, batch_size=2, on_epoch=stop)
    record(
        build(),
        np.array([*texts], dtype=object),
        targets,
        tmp_path / "run.h5",
        epochs=4,
        batch_size=2,
        on_epoch=lambda epoch: resumed.append(epoch.resumed),
    )
    assert resumed == [2, 2]


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (
            np.zeros((24, 5), "float32"),
            CLASSES,
            "expected inputs that the model takes, .*24, 5",
        ),
        ([[1.0, 2.0], [3.0]], CLASSES, "expected rows of equal shapes"),
        (X, np.r_[CLASSES[:23], 3], r"train data: expected labels from 0 to 2, .* found 0 to 3"),
        (X, np.full((24, 3, 2), 0.5), "expected data that the model and its loss take"),
    ],
    ids=["features", "ragged", "labels", "targets"],
)
def test_data_that_do_not_fit_are_refused_in_a_line(x: Any, y: Any, message: str, tmp_path: Path) -> None:
    model = dense()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(GradevoError, match=message) as caught:
        record(model, x, y, tmp_path / "run.h5", shuffle=False, epochs=1, batch_size=8)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_batches_of_a_fixed_size_are_asked_for(tmp_path: Path) -> None:
    model, x, y = made(stateful)
    with pytest.raises(GradevoError, match="batch_size: expected 8, as the model's inputs say, found 6"):
        record(model, x, y, tmp_path / "run.h5", shuffle=False, epochs=1, batch_size=6)
    with pytest.raises(GradevoError, match="found 23 examples; leave out 7"):
        record(model, x[:23], y[:23], tmp_path / "run.h5", shuffle=False, epochs=1, batch_size=8)


def test_nested_models_are_opened(tmp_path: Path) -> None:
    """Eight layers of sigmoids in a model inside the model: its gradients vanish, and that is found."""
    keras.utils.set_random_seed(3)
    inner = keras.Sequential(
        [keras.Input((4,)), *(kl.Dense(4, "sigmoid", name=f"deep_{i}") for i in range(8))], name="inner"
    )
    inputs = keras.Input((4,), name="input")
    joined = kl.Add(name="add")([inner(inputs), inputs])
    model = keras.Model(inputs, kl.Dense(1, name="out")(inner(joined)), name="net")
    model.compile(keras.optimizers.SGD(0.01), "mse")
    record(
        model,
        X,
        TARGETS,
        tmp_path / "run.h5",
        shuffle=False,
        epochs=3,
        batch_size=8,
        activation_gradients=True,
    )
    with Run(tmp_path / "run.h5") as run:
        ids = [layer.id for layer in run.graph.layers]
        assert ids[:2] == ["input", "inner/deep_0"]
        assert ids[-2:] == ["add", "out"]
        edges = {(edge.source, edge.target) for edge in run.graph.edges}
        assert {
            ("input", "inner/deep_0"),
            ("inner/deep_0", "inner/deep_1"),
            ("inner/deep_7", "add"),
            ("input", "add"),
            ("add", "inner/deep_0"),  # it is called twice
            ("inner/deep_7", "out"),
        } <= edges
        norms = run.activation_gradients(0, run.steps)
        assert norms.shape[1] == len(run.graph.edges)
        assert np.isfinite(norms).any(axis=0).sum() == len(run.graph.edges) - 2  # not those from the data
    found = examine(tmp_path / "run.h5", Thresholds())
    assert "vanishing" in found
    assert "inner/deep_0" in found


class OwnStep(keras.Sequential):
    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def own_step() -> tuple[keras.Model, Any, Any]:
    model = OwnStep([keras.Input((4,)), kl.Dense(3, "softmax", name="out")], name="net")
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, X, CLASSES


def batches() -> tuple[keras.Model, Any, Any]:
    model, x, y = schedule()
    return model, tf.data.Dataset.from_tensor_slices((x, y)).batch(8), None


class Sequence(keras.utils.PyDataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        return X[8 * index : 8 * index + 8], CLASSES[8 * index : 8 * index + 8]


def sequence() -> tuple[keras.Model, Any, Any]:
    return schedule()[0], Sequence(), None


def generator() -> tuple[keras.Model, Any, Any]:
    data = Sequence()
    return schedule()[0], (data[index % 3] for index in range(12)), None


WEIGHTS = np.linspace(0, 2, 24)
FIT: dict[str, tuple[Callable[[], tuple[keras.Model, Any, Any]], dict[str, Any]]] = {
    "tf.data": (batches, {}),
    "PyDataset": (sequence, {}),
    "generator": (generator, {"steps_per_epoch": 3}),
    "train_step": (own_step, {"batch_size": 8}),
    "sample_weight": (schedule, {"sample_weight": WEIGHTS, "batch_size": 8}),
    "class_weight": (schedule, {"class_weight": {0: 3.0, 1: 1.0, 2: 0.5}, "batch_size": 8}),
    "validation_split": (schedule, {"validation_split": 0.25, "batch_size": 6}),
    "validation triple": (
        schedule,
        {"validation_data": (X, CLASSES, np.linspace(0, 2, 24)), "batch_size": 8},
    ),
    "validation_freq": (schedule, {"validation_data": (X, CLASSES), "validation_freq": 2, "batch_size": 8}),
    "initial_epoch": (schedule, {"initial_epoch": 1, "batch_size": 8}),
    "callbacks": (schedule, {"callbacks": [keras.callbacks.EarlyStopping("loss", min_delta=100)]}),
}


@pytest.mark.parametrize("name", FIT)
def test_every_argument_of_fit(name: str, tmp_path: Path) -> None:
    case, arguments = FIT[name]
    arguments = {"epochs": 2, "shuffle": False, **arguments}
    model, x, y = made(case)
    history = record(model, x, y, tmp_path / "run.h5", seed=3, updates=True, **arguments)
    fitted, x, y = made(case)
    keras.utils.set_random_seed(3)
    plain = fitted.fit(x, y, verbose=0, **arguments)
    for one, other in zip(model.trainable_variables, fitted.trainable_variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2e-6, atol=1e-7, err_msg=one.path)
    assert history.history.keys() == plain.history.keys()
    for metric, values in plain.history.items():
        np.testing.assert_allclose(history.history[metric], values, rtol=1e-5)
    assert Path(history) == history.path == tmp_path / "run.h5"
    with Run(history) as run:
        assert run.epochs == len(plain.history["loss"])
        np.testing.assert_allclose(run.metrics("train")["loss"], plain.history["loss"], rtol=1e-5)


def test_what_only_the_compiled_loop_knows_is_asked_for_in_a_line(tmp_path: Path) -> None:
    model, data, _ = batches()
    with pytest.raises(GradevoError, match="activation_gradients: expected it for arrays alone"):
        record(model, data, path=tmp_path / "run.h5", activation_gradients=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": CLASSES}, "y: expected None, since a _BatchDataset brings its targets"),
        ({"y": "run.h5"}, r"y: expected None.* found 'run.h5'; hand it over as path='run.h5'"),
        ({"banana": 1}, "banana: expected an argument of record or fit"),
        ({"batch_size": "many"}, "batch_size: expected an integer of at least 1, found 'many'"),
    ],
)
def test_mistakes_where_fit_trains_are_named(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    model, data, _ = batches()
    with pytest.raises(GradevoError, match=message):
        record(model, data, path=tmp_path / "run.h5", **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"clipnorm": 0.05},
        {"global_clipnorm": 0.1},
        {"clipvalue": 0.01},
        {"clipnorm": 0.05, "gradient_accumulation_steps": 2},
        {"clipnorm": 0.05, "loss_scale_factor": 8.0},
    ],
    ids=str,
)
def test_what_is_left_of_clipped_gradients_is_recorded(settings: dict[str, Any], tmp_path: Path) -> None:
    def compiled() -> keras.Model:
        keras.utils.set_random_seed(3)
        layers = [keras.layers.Dense(5, "tanh", name="dense"), keras.layers.Dense(3, "softmax", name="out")]
        model = keras.Sequential([keras.Input((X.shape[1],), name="input"), *layers], name="net")
        model.compile(keras.optimizers.SGD(0.1, **settings), "sparse_categorical_crossentropy")
        return model

    told = {"epochs": 2, "batch_size": 8, "shuffle": False}
    record(compiled(), X, CLASSES, tmp_path / "record.h5", updates=True, **told)
    compiled().fit(X, CLASSES, verbose=0, callbacks=[GradientRecorder(tmp_path / "fit.h5")], **told)
    with Run(tmp_path / "record.h5") as run, Run(tmp_path / "fit.h5") as fitted:
        assert run.norms == ("updates", "applied")
        for tensor in run.tensors:
            applied = run.step(f"applied/{tensor}")
            np.testing.assert_allclose(applied, fitted.step(f"applied/{tensor}"), 1e-5, err_msg=tensor)
            expected = np.where(np.isnan(applied), 0, 0.1 * applied)
            np.testing.assert_allclose(run.step(f"updates/{tensor}"), expected, 1e-3, 1e-7)
            if "gradient_accumulation_steps" in settings:
                assert np.isnan(applied).tolist() == [True, False] * (len(applied) // 2)
            elif "clipnorm" in settings:
                norms = np.linalg.norm(
                    run.read_gradients(tensor, 0, run.steps).reshape(run.steps, -1), axis=1
                )
                np.testing.assert_allclose(applied, np.minimum(norms, 0.05), 1e-5)
                assert (norms > 0.05).any()
