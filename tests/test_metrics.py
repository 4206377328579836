"""Losses and metrics: words, units, directions, labels."""

import pytest

from gradevo.config.experiment import Experiment
from gradevo.metrics import LOSSES, METRICS, fitting_metrics, metric_of


@pytest.mark.parametrize(
    ("name", "loss", "label"),
    [
        ("loss", "mse", "mean squared error (target unit²)"),
        ("loss", "summed_squared_error", "summed squared error (target unit²)"),
        ("loss", None, "loss"),
        ("accuracy", None, "accuracy: correct classifications (%)"),
        ("my_score", None, "my score"),
    ],
)
def test_labels(name: str, loss: str | None, label: str) -> None:
    assert metric_of(name, loss).label == label


def test_the_unknown_has_no_unit() -> None:
    assert (metric_of("my_score").unit, metric_of("my_score").better) == (None, None)


@pytest.mark.parametrize("loss", LOSSES)
def test_metrics_of_a_loss_read_its_labels(loss: str) -> None:
    fitting = fitting_metrics(loss)
    assert len(fitting) == 2
    assert {METRICS[name].labels for name in fitting} == {LOSSES[loss].labels}
    assert set(Experiment.model_fields) >= {"loss", "metrics"}


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("categorical_accuracy", 1),
        ("acc", 1),
        ("top_k_categorical_accuracy", 1),
        ("f1_score", 1),
        ("mean_absolute_error", -1),
        ("rmse", -1),
        ("binary_crossentropy", -1),
        ("cross_entropy", -1),
        ("loss_of_precision", None),
        ("lift", None),
    ],
)
def test_orientation(name: str, better: int | None) -> None:
    assert metric_of(name).better == better
