"""Losses and metrics: words, units, directions, labels."""

import pytest

from gradevo.metrics import METRICS, fits, fitting_metrics, labels_of, loss_of, metric_of


@pytest.mark.parametrize(
    ("name", "loss", "label"),
    [
        ("loss", "mse", "mean squared error (target unit²)"),
        ("loss", "summed_squared_error", "summed squared error (target unit²)"),
        ("loss", None, "loss"),
        ("accuracy", None, "accuracy: correct classifications (%)"),
        ("loss", "huber", "huber loss"),
        ("loss", "mean_squared_logarithmic_error", "mean squared logarithmic error"),
        ("my_score", None, "my score"),
    ],
)
def test_labels(name: str, loss: str | None, label: str) -> None:
    assert metric_of(name, loss).label == label


def test_the_unknown_has_no_unit() -> None:
    assert (metric_of("my_score").unit, metric_of("my_score").better) == (None, None)


@pytest.mark.parametrize("loss", [name for name, metric in METRICS.items() if metric.keras_loss])
def test_metrics_of_a_loss_read_its_labels(loss: str) -> None:
    """Errors may be those of classes, too, where these are numbers to compare with the outputs."""
    fitting = fitting_metrics(loss)
    form = loss_of(loss).labels
    assert {METRICS[name].labels for name in fitting} == (
        {"target", "one-hot", "column"} if form == "target" else {form}
    )


@pytest.mark.parametrize(
    ("loss", "metrics", "labels"),
    [
        ("mean_squared_error", ["mean_absolute_error"], "target"),
        ("mean_squared_error", ["mean_absolute_error", "categorical_accuracy"], "one-hot"),
        ("mean_squared_error", ["binary_accuracy"], "column"),
        ("huber", ["auc"], "target"),
        ("sparse_categorical_crossentropy", ["sparse_categorical_accuracy"], "index"),
        ("binary_crossentropy", ["auc"], "column"),
    ],
)
def test_labels_of_a_loss_and_its_metrics(loss: str, metrics: list[str], labels: str) -> None:
    assert labels_of(loss, metrics) == labels


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        ("sparse_categorical_crossentropy", "index"),
        ("categorical_focal_crossentropy", "one-hot"),
        ("categorical_hinge", "one-hot"),
        ("kl_divergence", "one-hot"),
        ("binary_focal_crossentropy", "column"),
        ("squared_hinge", "column"),
        ("huber", "target"),
        ("cosine_similarity", "target"),
    ],
)
def test_labels_and_direction_of_a_loss_follow_from_its_name(loss: str, labels: str) -> None:
    assert (loss_of(loss).labels, loss_of(loss).better) == (labels, -1)


@pytest.mark.parametrize(
    ("metric", "loss", "fitting"),
    [
        ("auc", "binary_crossentropy", True),
        ("auc", "categorical_crossentropy", True),
        ("auc", "sparse_categorical_crossentropy", False),
        ("log_cosh_error", "sparse_categorical_crossentropy", False),
        ("sparse_top_k_categorical_accuracy", "sparse_categorical_crossentropy", True),
        ("sparse_top_k_categorical_accuracy", "categorical_crossentropy", False),
        ("r2_score", "huber", True),
        ("accuracy", "huber", False),
        ("categorical_accuracy", "huber", True),
        ("categorical_hinge", "mean_squared_error", True),
        ("binary_accuracy", "mean_squared_error", True),
        ("sparse_categorical_accuracy", "mean_squared_error", False),
        ("mean_absolute_error", "categorical_crossentropy", False),
        ("summed_squared_error", "huber", False),
    ],
)
def test_a_metric_fits_a_loss_of_the_same_labels(metric: str, loss: str, fitting: bool) -> None:
    assert fits(metric, loss) == fitting


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
        ("pearson_correlation", 1),
        ("f_beta_score", 1),
    ],
)
def test_orientation(name: str, better: int | None) -> None:
    assert metric_of(name).better == better
