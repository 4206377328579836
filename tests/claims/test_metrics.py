"""What a metric's name says."""

import pytest

from gradevo.metrics import metric_of


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
