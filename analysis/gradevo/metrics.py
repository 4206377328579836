"""Losses and metrics: their words, units and directions, and the labels that they read; each fact once.

To add a loss or a metric is to add an entry to `METRICS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Labels = Literal["column", "one-hot", "index", "target"]
"""How labels are handed over: 0 or 1 in a column (n, 1); rows of zeros and a one, (n, classes); the index of
the class, (n,); the numbers to be predicted, (n,)."""

SHARE = "1"
"""The unit of shares, such as accuracies, which are written in per cent."""

TARGET = "target unit"

SPLITS = {"train": "training", "validation": "validation"}
"""The parts of the data over which metrics are evaluated, and their words."""


@dataclass(frozen=True)
class Metric:
    """A number that tells how well a network does, over all examples of a split."""

    name: str
    """Keras' name, as in the run file"""
    words: str
    unit: str | None = None
    """None where it is not known"""
    better: int | None = None
    """+1 if higher is better, −1 if lower is; None if that is not known"""
    labels: Labels | None = None
    """the form of the labels that it reads; None for a metric that no experiment here can ask for"""
    meaning: str = ""
    """what the words leave open"""
    short: str = ""
    """the words as an abbreviation, for tables"""
    keras_loss: str = ""
    """name of the class in ``keras.losses`` if it can be trained on"""
    options: Mapping[str, Any] = field(default_factory=dict)
    """keyword arguments of that class"""

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the examples, from 0 to 1."""
        return self.unit == SHARE

    @property
    def label(self) -> str:
        """Words and unit for an axis: ``"mean absolute error (target unit)"``; of shares in per cent."""
        words = f"{self.words}: {self.meaning}" if self.meaning else self.words
        return f"{words} ({'%' if self.is_share else self.unit})" if self.unit else words


_ACCURACY: dict[str, Any] = {
    "words": "accuracy",
    "meaning": "correct classifications",
    "unit": SHARE,
    "better": 1,
}
_ENTROPY: dict[str, Any] = {"words": "cross-entropy loss", "unit": "nats", "better": -1}
_SQUARES: dict[str, Any] = {"words": "mean squared error", "unit": f"{TARGET}²", "better": -1}
_MAGNITUDES: dict[str, Any] = {
    "words": "mean absolute error",
    "unit": TARGET,
    "better": -1,
    "short": "MAE",
}

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("binary_crossentropy", labels="column", keras_loss="BinaryCrossentropy", **_ENTROPY),
        Metric(
            "categorical_crossentropy", labels="one-hot", keras_loss="CategoricalCrossentropy", **_ENTROPY
        ),
        Metric(
            "sparse_categorical_crossentropy",
            labels="index",
            keras_loss="SparseCategoricalCrossentropy",
            **_ENTROPY,
        ),
        Metric("mean_squared_error", labels="target", keras_loss="MeanSquaredError", **_SQUARES),
        Metric(
            "summed_squared_error",
            "summed squared error",
            f"{TARGET}²",
            -1,
            keras_loss="MeanSquaredError",
            options={"reduction": "sum"},
            labels="target",
        ),
        Metric("binary_accuracy", labels="column", **_ACCURACY),
        Metric("categorical_accuracy", labels="one-hot", **_ACCURACY),
        Metric("sparse_categorical_accuracy", labels="index", **_ACCURACY),
        Metric("accuracy", **_ACCURACY),
        Metric("acc", **_ACCURACY),
        Metric("top_k_categorical_accuracy", "top-k accuracy", SHARE, 1, meaning="class among k guesses"),
        Metric("mean_absolute_error", labels="target", **_MAGNITUDES),
        Metric("mae", **_MAGNITUDES),
        Metric("mse", **_SQUARES),
        Metric("root_mean_squared_error", "root mean squared error", TARGET, -1, short="RMSE"),
    )
}

LOSSES: dict[str, Metric] = {name: metric for name, metric in METRICS.items() if metric.keras_loss}
"""What can be trained on."""

_RISING = (
    *("accuracy", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "r2", "iou"),
    "similarity",
)
_FALLING = (
    *("error", "deviation", "loss", "crossentropy", "divergence", "hinge"),
    *("mae", "mse", "rmse", "mape", "msle"),
)


def metric_of(name: str, loss: str | None = None) -> Metric:
    """The metric of that name in Keras; ``"loss"`` is the loss called `loss`.

    One that is not in `METRICS` is known by its name alone.

    >>> metric_of("loss", "mean_squared_error").label
    'mean squared error (target unit²)'
    >>> metric_of("word_error"), metric_of("word_error").label
    (Metric(name='word_error', words='word error', unit=None, better=-1, ...), 'word error')
    """
    known = METRICS.get((loss or "") if name == "loss" else name)
    return known or Metric(name, name.replace("_", " "), better=_direction(name))


def fitting_metrics(loss: str) -> tuple[str, ...]:
    """Names of the metrics that read their labels in the form in which the loss `loss` reads them."""
    labels = LOSSES[loss].labels
    fitting = (one for one in METRICS.values() if one.labels == labels and not one.options)
    return tuple(sorted(one.name for one in fitting))


def _direction(name: str) -> int | None:
    """What a name says of it: "mean_absolute_error" -> −1."""
    words = name.lower().replace("cross_entropy", "crossentropy")
    rises = any(word in words for word in _RISING) or words == "acc"
    falls = any(word in words for word in _FALLING)
    return None if rises == falls else 1 if rises else -1
