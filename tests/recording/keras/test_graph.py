"""The layer graph and what flows back through it, against gradients taken by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradevo import Run
from gradevo.layers import Edge
from gradevo.recording.keras.record import record

Array = np.ndarray[Any, Any]
kl = keras.layers


def norm(gradient: tf.Tensor) -> float:
    return float(np.linalg.norm(np.ravel(gradient.numpy())))


def recorded(model: keras.Model, x: Any, y: Any, path: Path, **settings: Any) -> Path:
    return record(model, x, y, path, epochs=1, batch_size=len(y), activation_gradients=True, **settings)


def test_a_skip_connection_splits_into_edges_with_gradients_of_their_own(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4,), name="input")
    first = kl.Dense(5, "tanh", name="first")(inputs)
    second = kl.Dense(5, "tanh", name="second")(first)
    added = kl.Add(name="add")([first, second])
    model = keras.Model(inputs, kl.Dense(1, name="last")(added), name="net")
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
    y = np.arange(6, dtype="float32")[:, None]

    # By hand: every edge is a variable of its own, which equals the activation at its source.
    weights = {layer.name: [tf.constant(w) for w in layer.get_weights()] for layer in model.layers}
    kernel, bias = weights["first"]
    activation = tf.tanh(x @ kernel + bias)
    to_second, to_add = tf.Variable(activation), tf.Variable(activation)
    with tf.GradientTape() as tape:
        kernel, bias = weights["second"]
        second_to_add = tf.tanh(to_second @ kernel + bias)
        tape.watch(second_to_add)
        add_to_last = to_add + second_to_add
        tape.watch(add_to_last)
        kernel, bias = weights["last"]
        loss = tf.reduce_mean((add_to_last @ kernel + bias - y) ** 2)
    # Of `first`, what flows through the skip and what flows through `second` are kept apart.
    by_hand = tape.gradient(loss, [to_second, to_add, second_to_add, add_to_last])

    with Run(recorded(model, x, y, tmp_path / "run.h5")) as run:
        assert run.graph.edges == (
            Edge("input", "first"),
            Edge("first", "second"),
            Edge("first", "add"),
            Edge("second", "add"),
            Edge("add", "last"),
        )
        norms = run.activation_gradients(0, 1)[0]
        assert np.isnan(norms[0])  # data have no gradient
        np.testing.assert_allclose(norms[1:], [norm(g) for g in by_hand], rtol=1e-5)
        assert [layer.id for layer in run.graph.layers] == ["input", "first", "second", "add", "last"]
        assert [layer.tensors for layer in run.graph.layers][:3] == [
            (),
            ("first/kernel", "first/bias"),
            ("second/kernel", "second/bias"),
        ]
        assert [layer.kind for layer in run.graph.layers] == ["InputLayer", "Dense", "Dense", "Add", "Dense"]


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM", "Bidirectional"])
def test_a_recurrent_layer_s_gradient_is_kept_at_every_time_step(kind: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    layer = kl.Bidirectional(kl.GRU(3), name="memory") if kind == "Bidirectional" else None
    layer = layer or getattr(kl, kind)(3, name="memory")
    model = keras.Sequential([keras.Input((7, 2)), layer, kl.Dense(1, name="last")], name="net")
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(5, 7, 2)).astype("float32")
    y = np.arange(5, dtype="float32")[:, None]
    sequence = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(sequence)
        hidden = layer(sequence)
        tape.watch(hidden)
        loss = tf.reduce_mean((model.layers[-1](hidden) - y) ** 2)
    into_memory, into_last = tape.gradient(loss, [sequence, hidden])

    with Run(recorded(model, x, y, tmp_path / "run.h5")) as run:
        assert run.through_time == {"memory": 7}
        np.testing.assert_allclose(
            run.activation_gradients(0, 1)[0], [norm(into_memory), norm(into_last)], rtol=1e-5
        )
        by_hand = [norm(into_memory[:, t]) for t in range(7)]
        np.testing.assert_allclose(run.gradients_through_time("memory", 0, 1)[0], by_hand, rtol=1e-5)


def test_shared_layers_and_operations_have_an_edge_for_every_use(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    shared = kl.Dense(4, "tanh", name="shared")
    before = kl.Dense(3, name="before")
    difference = shared(before(left)) - shared(right) * 2.0
    model = keras.Model([left, right], kl.Dense(1, name="last")(difference), name="net")
    model.compile("sgd", "mse")
    x = list(np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32"))
    y = np.arange(6, dtype="float32")[:, None]
    activation = before(x[0])
    with tf.GradientTape() as tape:
        tape.watch(activation)
        a, b = shared(activation), shared(x[1])
        tape.watch([a, b])
        doubled = b * 2.0
        tape.watch(doubled)
        c = a - doubled
        tape.watch(c)
        loss = tf.reduce_mean((model.get_layer("last")(c) - y) ** 2)
    by_hand = {
        ("before", "shared"): activation,
        ("shared", "subtract"): a,
        ("shared", "multiply"): b,
        ("multiply", "subtract"): doubled,
        ("subtract", "last"): c,
    }
    expected = dict(zip(by_hand, map(norm, tape.gradient(loss, list(by_hand.values()))), strict=True))

    with Run(recorded(model, x, y, tmp_path / "run.h5")) as run:
        norms = run.activation_gradients(0, 1)[0]
        found = {
            (edge.source, edge.target): value for edge, value in zip(run.graph.edges, norms, strict=True)
        }
        assert {edge for edge, value in found.items() if np.isnan(value)} == {
            ("left", "before"),
            ("right", "shared"),
        }
        assert {edge: found[edge] for edge in expected} == pytest.approx(expected, rel=1e-5)
        assert len({layer.id for layer in run.graph.layers}) == len(run.graph.layers)


def test_the_training_is_the_same_with_activation_gradients(build: Callable[[], Any], tmp_path: Path) -> None:
    for path, asked in (("without.h5", False), ("with.h5", True)):
        model, x, y = build()
        record(model, x, y, tmp_path / path, epochs=2, batch_size=4, activation_gradients=asked)
        assert not [layer.name for layer in model.layers if "call" in vars(layer)]
    with Run(tmp_path / "without.h5") as without, Run(tmp_path / "with.h5") as run:
        assert not without.records_activation_gradients
        assert without.graph == run.graph
        norms = run.activation_gradients(0, run.steps)
        of_data = {layer.id for layer in run.graph.layers if layer.kind in ("InputLayer", "Rescaling")}
        for edge, column in zip(run.graph.edges, norms.T, strict=True):
            assert np.isnan(column).all() == (edge.source in of_data), edge
        for tensor in run.tensors:
            expected = without.read_gradients(tensor, 0, run.steps)
            found = run.read_gradients(tensor, 0, run.steps)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def test_a_model_with_a_call_of_its_own_gives_its_layers_only(tmp_path: Path) -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.first = kl.Dense(3, name="first")
            self.last = kl.Dense(1, name="last")

        def call(self, x: Any) -> Any:
            return self.last(self.first(x))

    model = Own()
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "float32")
    with Run(recorded(model, x, x[:, :1], tmp_path / "run.h5")) as run:
        assert [layer.id for layer in run.graph.layers] == ["first", "last"]
        assert run.graph.layers[0].tensors == ("first/kernel", "first/bias")
        assert not run.graph.edges
        assert not run.records_activation_gradients


class Block(kl.Layer):  # type: ignore[misc]
    """A layer of layers that does not ask for its input's mask, but hands it on."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.supports_masking = True
        self.memory = kl.GRU(3, name="memory")

    def build(self, shape: Any) -> None:
        self.memory.build(shape)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """The output has no time steps."""

    def call(self, x: Any) -> Any:
        return self.memory(x)


def test_masks_pass_and_the_losses_stay_the_same(tmp_path: Path) -> None:
    words = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0], [2, 2, 1, 4, 3]])
    y = np.arange(3, dtype="float32")[:, None]
    losses = []
    for asked in (False, True):
        keras.utils.set_random_seed(5)
        layers = [
            keras.Input((5,), dtype="int64", name="input"),
            kl.Embedding(5, 4, mask_zero=True, name="embedding"),
        ]
        model = keras.Sequential([*layers, Block(name="block"), kl.Dense(1, name="last")], name="net")
        model.compile(keras.optimizers.SGD(0.1), "mse")
        path = tmp_path / f"{asked}.h5"
        record(model, words, y, path, epochs=3, batch_size=3, activation_gradients=asked)
        with Run(path) as run:
            losses.append(run.step("loss"))
    np.testing.assert_array_equal(*losses)


@pytest.mark.filterwarnings("ignore:Gradients do not exist for variables")  # as in fit: a layer is not called
@pytest.mark.parametrize("twice", [False, True])
def test_a_subclass_that_calls_its_layers_in_its_own_way_gives_them_unconnected(
    twice: bool, tmp_path: Path
) -> None:
    class Own(keras.Sequential):
        def call(self, x: Any, training: Any = None, mask: Any = None) -> Any:
            first, second = self.layers
            return first(first(x)) if twice else first(second(x))

    model = Own([keras.Input((2,)), kl.Dense(2, name="first"), kl.Dense(2, name="second")], name="net")
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "float32")
    with Run(recorded(model, x, x, tmp_path / "run.h5")) as run:
        assert [layer.id for layer in run.graph.layers if layer.tensors] == ["first", "second"]
        assert not run.graph.edges
        assert not run.records_activation_gradients


def test_the_sequence_is_found_among_keyword_arguments(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    inputs = keras.Input((6, 2), name="input")
    start = kl.Dense(3, name="start")(kl.Flatten(name="flatten")(inputs))
    memory = kl.GRU(3, name="memory")
    output = kl.Dense(1, name="last")(memory(sequences=inputs, initial_state=start))
    model = keras.Model(inputs, output, name="net")
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(5, 6, 2)).astype("float32")
    y = np.arange(5, dtype="float32")[:, None]
    sequence = tf.constant(x)
    state = model.get_layer("start")(tf.reshape(sequence, (5, 12)))
    with tf.GradientTape() as tape:
        tape.watch([sequence, state])
        loss = tf.reduce_mean((model.get_layer("last")(memory(sequence, initial_state=state)) - y) ** 2)
    into_memory, into_state = tape.gradient(loss, [sequence, state])
    with Run(recorded(model, x, y, tmp_path / "run.h5")) as run:
        assert run.through_time == {"memory": 6}
        by_hand = [norm(into_memory[:, t]) for t in range(6)]
        np.testing.assert_allclose(run.gradients_through_time("memory", 0, 1)[0], by_hand, rtol=1e-5)
        norms = dict(
            zip(
                [(e.source, e.target) for e in run.graph.edges],
                run.activation_gradients(0, 1)[0],
                strict=True,
            )
        )
        assert norms["input", "memory"] == pytest.approx(norm(into_memory), rel=1e-5)
        assert norms["start", "memory"] == pytest.approx(norm(into_state), rel=1e-5)


def test_half_precision_does_not_swallow_small_gradients(tmp_path: Path) -> None:
    def edges(policy: str) -> Array:
        keras.utils.set_random_seed(3)
        layers = [kl.Dense(64, "tanh", dtype=policy, name=name) for name in ("first", "second")]
        model = keras.Sequential([keras.Input((8,)), *layers, kl.Dense(1, name="last")], name="net")
        model.compile(keras.optimizers.SGD(1e-9), "mse", auto_scale_loss=False)
        x = np.random.default_rng(1).normal(size=(256, 8)).astype("float32")
        with Run(recorded(model, x, x[:, :1] * 0.01, tmp_path / f"{policy}.h5")) as run:
            return run.activation_gradients(0, 1)[0][1:]

    np.testing.assert_allclose(edges("mixed_float16"), edges("float32"), rtol=0.02)


def test_losses_given_by_name_are_recorded(tmp_path: Path) -> None:
    inputs = keras.Input((2,), name="input")
    outputs = {name: kl.Dense(1, name=name)(inputs) for name in ("one", "other")}
    model = keras.Model(inputs, outputs, name="net")
    model.compile("sgd", {"one": "mse", "other": "mae"}, loss_weights={"one": 1.0, "other": 0.5})
    x = np.ones((4, 2), "float32")
    targets = dict.fromkeys(outputs, x[:, :1])
    record(model, x, targets, tmp_path / "run.h5", epochs=1, batch_size=2, activation_gradients=True)
    with Run(tmp_path / "run.h5") as run:
        assert {edge.target for edge in run.graph.edges} == {"one", "other"}
