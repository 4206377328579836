"""Losses and metrics: their words, units and directions, and the labels that they read; each fact once.

Of those of Keras that are not in `METRICS` the name says what can be known. To give one words and a unit is
to add an entry to `METRICS`.
"""

from collections.abc import Mapping, Sequence
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
        Metric(
            "top_k_categorical_accuracy",
            "top-k accuracy",
            SHARE,
            1,
            labels="one-hot",
            meaning="class among k guesses",
        ),
        Metric("mean_absolute_error", labels="target", **_MAGNITUDES),
        Metric("mae", **_MAGNITUDES),
        Metric("mse", **_SQUARES),
        Metric(
            "root_mean_squared_error",
            "root mean squared error",
            TARGET,
            -1,
            labels="target",
            short="RMSE",
        ),
    )
}

_LABELS: tuple[tuple[str, Labels], ...] = (
    ("binary", "column"),
    *((word, "one-hot") for word in ("one_hot", "kl_divergence", "dice", "tversky")),
    *((word, "index") for word in ("sparse", "circle", "iou")),
    ("categorical", "one-hot"),
    ("hinge", "column"),
    *((word, "target") for word in ("error", "r2_score", "correlation")),
)
"""What a name has in it, and the labels that such a loss or metric reads; the first that fits."""

_RISING = (
    *("accuracy", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "r2", "iou"),
    *("similarity", "correlation", "beta_score"),
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
    if name == "loss":
        return loss_of(loss) if loss else Metric(name, name, better=-1)
    known = METRICS.get(name)
    return known or Metric(name, name.replace("_", " "), better=_direction(name), labels=_labels(name))


def loss_of(name: str) -> Metric:
    """The loss of that name; one that is not in `METRICS` is known by its name, lower is better.

    >>> loss_of("huber")
    Metric(name='huber', words='huber loss', unit=None, better=-1, labels='target', ...)
    """
    if known := METRICS.get(name):
        return known
    words = name.replace("_", " ")
    if not words.endswith(("error", "loss")):
        words += " loss"
    return Metric(name, words, better=-1, labels=_labels(name) or "target")


def fits(metric: str, loss: str) -> bool:
    """Whether a metric reads its labels in the form in which a loss reads them, as far as the names tell.

    Numbers of any form but an index may be compared with the network's outputs one by one: so does a loss of
    targets with the classes that a metric asks for.
    """
    form = loss_of(loss).labels or "target"
    if (known := METRICS.get(metric)) is not None and (known.options or known.labels is None):
        return False
    told = known.labels if known else _labels(metric)
    if form == "target" or told is None:
        return "index" not in (form, told)
    return told == form


def labels_of(loss: str, metrics: Sequence[str]) -> Labels:
    """The form of labels that a loss and metrics that fit it read.

    >>> labels_of("mean_squared_error", ["r2_score"])
    'target'
    >>> labels_of("mean_squared_error", ["r2_score", "categorical_accuracy"])
    'one-hot'
    """
    form = loss_of(loss).labels or "target"
    told = (metric_of(metric).labels for metric in metrics) if form == "target" else ()
    return next((other for other in told if other not in (None, "target")), form)


def fitting_metrics(loss: str) -> tuple[str, ...]:
    """Names of those metrics in `METRICS` that fit a loss."""
    return tuple(sorted(name for name in METRICS if fits(name, loss)))


def _labels(name: str) -> Labels | None:
    """What a name says of them: "sparse_top_k_categorical_accuracy" -> "index"; None if nothing."""
    return next((labels for word, labels in _LABELS if word in name), None)


def _direction(name: str) -> int | None:
    """What a name says of it: "mean_absolute_error" -> −1."""
    words = name.lower().replace("cross_entropy", "crossentropy")
    rises = any(word in words for word in _RISING) or words == "acc"
    falls = any(word in words for word in _FALLING)
    return None if rises == falls else 1 if rises else -1
