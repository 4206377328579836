"""The small systems beside the article, as config/default.yaml defines them, against NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import Run
from gradevo.config.experiment import Experiment
from gradevo.config.load import read_config
from gradevo.datasets import fetch, splits
from gradevo.models import build
from gradevo.recording.keras.record import record

ROOT = Path(__file__).parents[3]
EXPERIMENTS = read_config(ROOT / "config/default.yaml").definitions
Array = np.ndarray[Any, Any]


def trained(experiment: Experiment, path: Path, **settings: Any) -> Path:
    dataset = fetch.fetch(experiment.dataset, path.parent, ROOT / "data/sources.yaml")
    (x, y), validation = splits.training_and_validation(dataset, experiment.seeds[0], experiment.validation)
    assert validation is None
    model = build.build(experiment, x.shape[1:], 1, experiment.seeds[0])
    return record(
        model,
        x,
        y,
        path,
        shuffle=False,
        epochs=experiment.epochs,
        batch_size=experiment.batch_size,
        **settings,
    ).path


@pytest.fixture(scope="module")
def parabola(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parabola") / "run.h5"
    return trained(EXPERIMENTS["parabola"], path, activation_gradients=True)


def by_hand() -> tuple[list[dict[str, Array]], list[dict[str, Array]], list[float]]:
    """Backpropagation written out: weights before every step and after the last, gradients, losses."""
    random = np.random.RandomState(0)
    x = np.linspace(-1, 1, 100).reshape(-1, 1)
    y = x**2 + random.normal(0, 0.1, x.shape)
    w1, w2 = random.randn(1, 10) * 0.5, random.randn(10, 1) * 0.5
    b1, b2 = np.zeros(10), np.zeros(1)
    weights, gradients, losses = [], [], []
    for _ in range(101):
        weights.append({"hidden/kernel": w1, "hidden/bias": b1, "output/kernel": w2, "output/bias": b2})
        before = x @ w1 + b1
        hidden = np.maximum(before, 0)
        error = hidden @ w2 + b2 - y
        losses.append(float(np.mean(error**2)))
        d_output = 2 * error / len(x)
        d_before = (d_output @ w2.T) * (before > 0)
        gradient = {
            "hidden/kernel": x.T @ d_before,
            "hidden/bias": d_before.sum(0),
            "output/kernel": hidden.T @ d_output,
            "output/bias": d_output.sum(0),
        }
        gradients.append(gradient)
        w1, b1 = w1 - 0.1 * gradient["hidden/kernel"], b1 - 0.1 * gradient["hidden/bias"]
        w2, b2 = w2 - 0.1 * gradient["output/kernel"], b2 - 0.1 * gradient["output/bias"]
    weights.append({"hidden/kernel": w1, "hidden/bias": b1, "output/kernel": w2, "output/bias": b2})
    return weights, gradients, losses


def test_the_parabola_begins_as_the_original(parabola: Path) -> None:
    dataset = fetch.fetch("parabola", parabola.parent, ROOT / "data/sources.yaml")
    assert dataset.x_train.dtype == dataset.y_train.dtype == np.float64
    assert dataset.y_train[0] == pytest.approx(1.17640523, abs=5e-9)
    assert dataset.x_train[:3, 0] == pytest.approx([-1, -0.97979798, -0.95959596], abs=5e-9)
    with Run(parabola) as run:
        assert run.weights("hidden/kernel", 0)[0, 0] == pytest.approx(0.94157535, abs=5e-9)
        assert run.weights("output/kernel", 0)[-1, 0] == pytest.approx(0.46110334, abs=5e-9)


def test_the_parabola_s_gradients_are_those_of_backpropagation_by_hand(parabola: Path) -> None:
    weights, gradients, losses = by_hand()
    with Run(parabola) as run:
        assert (run.steps, run.epochs, run.dtype) == (101, 101, "float64")
        np.testing.assert_allclose(run.step("loss"), losses, rtol=1e-12)
        for tensor in run.tensors:
            recorded = run.read_gradients(tensor, 0, 101)
            expected = np.stack([gradient[tensor] for gradient in gradients])
            assert np.abs(recorded - expected).max() <= 1e-12 * np.abs(expected).max(), tensor
            for row in (0, 1, 50, 101):
                np.testing.assert_allclose(run.weights(tensor, row), weights[row][tensor], rtol=1e-10)


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name.startswith("rain")])
def test_rain_descends_as_its_formula_says(name: str, tmp_path: Path) -> None:
    experiment = EXPERIMENTS[name]
    rate = experiment.optimizer.learning_rate
    x, t = np.array([0.0, 1, 2]), np.array([0.2, 1.3, 2.4])
    w = [9.0]
    for _ in range(10):
        w.append(w[-1] - rate * np.sum(2 * (w[-1] * x - t) * x))
    with Run(trained(experiment, tmp_path / "run.h5")) as run:
        assert [run.weights("line/kernel", row).item() for row in range(11)] == pytest.approx(w, rel=1e-12)
        loss = [np.sum((at * x - t) ** 2) for at in w[:10]]
        assert run.step("loss").tolist() == pytest.approx(loss, rel=1e-12)
        # The exact curvature is 2 Σ x² = 10, so each step multiplies the distance by 1 - 10 × rate.
        assert w[10] - 1.22 == pytest.approx((1 - 10 * rate) ** 10 * (9 - 1.22), abs=1e-9)


def test_the_five_rates_are_those_of_the_original() -> None:
    rains = [one for name, one in EXPERIMENTS.items() if name.startswith("rain")]
    assert sorted(one.optimizer.learning_rate for one in rains) == [0.01, 0.025, 0.1, 0.15, 0.21]
    assert {(one.epochs, one.batch_size, one.loss.name) for one in rains} == {(10, 3, "summed_squared_error")}


def test_the_points_of_xor_are_those_of_the_original() -> None:
    dataset = fetch.fetch("xor", Path(), ROOT / "data/sources.yaml")
    random = np.random.RandomState(42)
    first, second = random.rand(1000), random.rand(1000)
    np.testing.assert_array_equal(
        dataset.x_train, np.float32(np.stack([first * 10 - 5, second * 10 - 5], axis=1))
    )
    np.testing.assert_array_equal(dataset.y_train, (first * 10 - 5 > 0) ^ (second * 10 - 5 > 0))
    assert dataset.labels == ("same signs", "different signs")
