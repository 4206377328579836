"""What is refused, before anything is trained or written."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.recording.keras.record import record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros((5, 3), "float32")}, r"training data: expected .* \(11, 4\), \(5, 3\)"),
        ({"x": np.zeros((0, 4)), "y": np.zeros((0, 3))}, "training data: expected .* at least one"),
        ({"validation_data": (np.zeros((2, 4)), np.zeros((3, 3)))}, "validation data: expected"),
        ({"validation_data": (1, 2, 3, 4)}, "validation_data: expected a pair .* found 4 parts"),
        ({"validation_data": np.zeros((2, 4))}, "validation_data: expected a pair .* found one ndarray"),
        ({"seed": None}, "seed: expected an integer, found None"),
        ({"data_label": 3, "callbacks": []}, "data_label: expected a text, found 3"),
        ({"epochs": 0}, "epochs: expected an integer of at least 1, found 0"),
        ({"batch_size": -1}, "batch_size: expected .* found -1"),
        ({"on_nonfinite": "explode"}, "on_nonfinite: expected .* found 'explode'"),
    ],
)
def test_mistakes_are_named(dense_case: Any, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    model, x, y = dense_case
    arguments = {"x": x, "y": y, "epochs": 1, **change}
    with pytest.raises(GradevoError, match=message):
        record(model, path=tmp_path / "run.h5", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_models_that_cannot_be_recorded_are_refused(dense_case: Any, tmp_path: Path) -> None:
    model, x, y = dense_case
    uncompiled = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(GradevoError, match="expected a compiled Keras model"):
        record(uncompiled, x, y, tmp_path / "run.h5", epochs=1)
    model.trainable = False
    with pytest.raises(GradevoError, match="expected trainable weights, found none"):
        record(model, x, y, tmp_path / "run.h5", epochs=1)


@pytest.mark.parametrize("metric", ["several numbers", "slash"])
def test_metrics_that_cannot_be_kept_are_refused_before_training(
    dense_case: Any, tmp_path: Path, metric: str
) -> None:
    model, x, y = dense_case
    chosen = (
        keras.metrics.F1Score()
        if metric == "several numbers"
        else keras.metrics.CategoricalAccuracy(name="a/b")
    )
    model.compile("sgd", "categorical_crossentropy", metrics=[chosen])
    with pytest.raises(GradevoError, match=r"metric .*: expected a metric that is one number"):
        record(model, x, y, tmp_path / "run.h5", epochs=1)
    assert list(tmp_path.iterdir()) == []
