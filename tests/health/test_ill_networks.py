"""Real networks with each illness, and healthy ones, recorded in one start of TensorFlow."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradevo.recording.keras import runtime  # isort: skip  sets what TensorFlow reads while it loads
import keras

from gradevo.health.check import HIGHEST, Finding
from gradevo.health.exploding import GROWTH
from gradevo.health.record import findings
from gradevo.health.vanishing import Vanishing, VanishingThroughTime
from gradevo.recording.keras.record import record
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics

Array = np.ndarray[Any, Any]
layers, SGD, Adam = keras.layers, keras.optimizers.SGD, keras.optimizers.Adam


def classes() -> tuple[Array, Array]:
    """Three clouds in four dimensions, like iris."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 120)
    x = random.normal(size=(120, 4)) + np.eye(3, 4)[y] * 3
    return x.astype("float32"), np.eye(3, dtype="float32")[y]


def line(n: int = 64) -> tuple[Array, Array]:
    """A linear relation with a little noise, in three dimensions."""
    random = np.random.default_rng(2)
    x = random.normal(size=(n, 3)).astype("float32")
    return x, (x @ [1, -2, 0.5] + 0.1 * random.normal(size=n)).astype("float32")


def images() -> tuple[Array, Array]:
    """Noise with a bright quarter: which one?"""
    random = np.random.default_rng(1)
    y = random.integers(0, 4, 96)
    x = random.normal(size=(96, 10, 10, 1)).astype("float32") * 0.3
    for image, corner in zip(x, y, strict=True):
        top, left = corner // 2 * 5, corner % 2 * 5
        image[top : top + 5, left : left + 5] += 1
    return x, np.eye(4, dtype="float32")[y]


def series() -> tuple[Array, Array]:
    """Is the mean of the last five of sixty numbers positive?"""
    random = np.random.default_rng(3)
    x = random.normal(size=(64, 60, 1)).astype("float32")
    return x, (x[:, -5:].mean((1, 2)) > 0).astype("float32")


def scaled(scale: float) -> tuple[Array, Array]:
    x, y = line()
    return x, y * np.float32(scale)


def net(shape: tuple[int, ...], optimizer: Any, loss: str, *parts: Any) -> keras.Model:
    model = keras.Sequential([keras.Input(shape), *parts])
    model.compile(optimizer, loss)
    return model


def iris(optimizer: Any, *hidden: Any) -> keras.Model:
    return net((4,), optimizer, "categorical_crossentropy", *hidden, layers.Dense(3, "softmax", name="out"))


def dense(activation: str = "relu", name: str = "hidden", **more: Any) -> Any:
    return layers.Dense(8, activation, name=name, **more)


def stack(activation: str, initial: str) -> list[Any]:
    return [dense(activation, f"h{i}", kernel_initializer=initial) for i in range(8)]


def convolutions() -> keras.Model:
    parts: list[Any] = []
    for i, channels in enumerate((6, 8)):
        parts += [layers.Conv2D(channels, 3, name=f"conv{i}"), layers.BatchNormalization(name=f"norm{i}")]
        parts.append(layers.ReLU(name=f"relu{i}"))
    out = layers.GlobalAveragePooling2D(name="mean"), layers.Dense(4, "softmax", name="out")
    return net((10, 10, 1), Adam(0.01), "categorical_crossentropy", *parts, *out)


def recurrent(pooled: bool) -> keras.Model:
    pool = [layers.GlobalAveragePooling1D(name="mean")] if pooled else []
    gru = layers.GRU(8, return_sequences=pooled, name="gru")
    out = layers.Dense(1, "sigmoid", name="out")
    return net((60, 1), Adam(0.01), "binary_crossentropy", gru, *pool, out)


def regression(
    optimizer: Any, *hidden: Any, bias: bool = True, initial: str = "glorot_uniform"
) -> keras.Model:
    out = layers.Dense(1, use_bias=bias, kernel_initializer=initial, name="out")
    return net((3,), optimizer, "mse", *hidden, out)


# name -> (data, model, epochs, batch size)
NETWORKS: dict[str, tuple[Callable[[], tuple[Array, Array]], Callable[[], keras.Model], int, int]] = {
    "deep sigmoid": (classes, lambda: iris(SGD(0.1), *stack("sigmoid", "glorot_uniform")), 5, 16),
    "too large steps": (line, lambda: regression(SGD(1.5), dense()), 6, 16),
    "unscaled": (lambda: (line()[0] * 300, line()[1]), lambda: regression(Adam(0.001), dense()), 4, 16),
    "small but growing": (lambda: scaled(1e-5), lambda: regression(SGD(1.5), initial="zeros"), 6, 16),
    "negative bias": (
        classes,
        lambda: iris(
            SGD(0.1), dense(name="first"), dense(bias_initializer=keras.initializers.Constant(-100.0))
        ),
        4,
        16,
    ),
    "steps across the valley": (line, lambda: regression(SGD(0.85), bias=False), 15, 64),
    "last output of a gru": (series, lambda: recurrent(pooled=False), 3, 16),
    # Healthy ones.
    "iris": (classes, lambda: iris(SGD(0.1), dense()), 15, 16),
    "iris, few batches": (classes, lambda: iris(SGD(0.1), dense()), 40, 40),
    "iris, converged": (classes, lambda: iris(Adam(0.02), dense()), 60, 16),
    "deep relu": (classes, lambda: iris(SGD(0.1), *stack("relu", "he_normal")), 15, 16),
    "convolutions": (images, convolutions, 10, 16),
    "line, converged": (line, lambda: regression(SGD(0.3)), 100, 64),
    "line with momentum": (line, lambda: regression(SGD(0.1, momentum=0.9)), 100, 64),
    "pooled gru": (series, lambda: recurrent(pooled=True), 3, 16),
}
HEALTHY = list(NETWORKS)[7:]


@pytest.fixture(scope="module")
def diagnoses(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Finding]]:
    """What is found in a network of this name, which is trained when it is first asked for."""
    folder = tmp_path_factory.mktemp("networks")
    runtime.prepare()

    def diagnose(name: str) -> list[Finding]:
        data, build, epochs, batch_size = NETWORKS[name]
        keras.utils.set_random_seed(13)
        path = folder / name / "run.h5"
        record(build(), *data(), path, epochs=epochs, batch_size=batch_size, activation_gradients=True)
        analyse(path, path.with_name("statistics.h5"))
        with Statistics(path.with_name("statistics.h5")) as statistics:
            return findings(statistics)

    return diagnose


Diagnose = Callable[[str], list[Finding]]


def summary(found: list[Finding]) -> list[tuple[str, str, tuple[int, ...], str]]:
    return [(one.check, one.layer, one.epochs, one.measure) for one in found]


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_found_in_healthy_networks(diagnoses: Diagnose, name: str) -> None:
    assert diagnoses(name) == []


def test_a_deep_stack_of_sigmoids_vanishes(diagnoses: Diagnose) -> None:
    found = diagnoses("deep sigmoid")
    assert {(one.check, one.measure) for one in found} == {("vanishing", Vanishing.measure)}
    assert [one.layer for one in found][:3] == ["h0", "h1", "h2"]
    assert found[0].epochs == (1, 2, 3, 4, 5)
    assert found[0].value < found[1].value < found[2].value < 1e-3  # the farther from the loss, the less


def test_too_large_steps_explode_until_nothing_is_finite(diagnoses: Diagnose) -> None:
    found = diagnoses("too large steps")
    everywhere = (1, 2, 3, 4, 5, 6)
    assert summary(found) == [("exploding", layer, everywhere, HIGHEST) for layer in ("hidden", "out")]
    assert not any(math.isfinite(one.value) for one in found)


def test_unscaled_features_explode(diagnoses: Diagnose) -> None:
    found = diagnoses("unscaled")
    assert summary(found)[0] == ("exploding", "hidden", (1, 2, 3, 4), HIGHEST)
    assert 1e3 < found[0].value < 1e7
    assert {one.check for one in found} == {"exploding"}


def test_targets_of_a_small_scale_hide_no_explosion(diagnoses: Diagnose) -> None:
    (one,) = diagnoses("small but growing")
    assert (one.check, one.layer, one.measure) == ("exploding", "out", GROWTH)
    assert one.epochs in ((4, 5, 6), (5, 6))


def test_a_relu_layer_with_a_hugely_negative_bias_is_dead(diagnoses: Diagnose) -> None:
    """And all that lies before it; the layer behind still has its bias."""
    found = diagnoses("negative bias")
    assert summary(found) == [("dead", layer, (1, 2, 3, 4), HIGHEST) for layer in ("first", "hidden")]
    assert [one.value for one in found] == [0, 0]


def test_steps_across_a_quadratic_valley_oscillate(diagnoses: Diagnose) -> None:
    (one,) = diagnoses("steps across the valley")
    assert (one.check, one.layer, one.epochs[-1]) == ("oscillating", "out", 15)
    assert one.value == pytest.approx(-1, abs=0.05)


def test_a_gru_whose_last_output_counts_vanishes_through_time(diagnoses: Diagnose) -> None:
    (one,) = diagnoses("last output of a gru")
    assert (one.check, one.layer, one.measure) == ("vanishing", "gru", VanishingThroughTime.measure)
    assert one.epochs == (1, 2, 3)
    assert one.value < 1e-9
