"""One experiment: a dataset, a model and how the model is trained on it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gradevo.config.called import Called, Optimizer
from gradevo.metrics import Labels, fits, fitting_metrics, labels_of


def _as_texts(value: Any) -> Any:
    """YAML reads the labels of classes as numbers where they look like some."""
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else value


def _digits(value: Any) -> Any:
    """Snakemake's ``--config definitions='{iris: {epochs: 5}}'`` hands over "5"."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Model = Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_-]{0,63}|[^{}]+\.py)$")]
# YAML knows true and .inf; neither is a number of epochs or a learning rate.
Whole = Annotated[int, BeforeValidator(_digits), Field(strict=True)]
Count = Annotated[Whole, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
Share = Annotated[float, Field(ge=0, lt=1)]

NOT_TRAINING = {"seeds", "threads", "pictures", "views", "graph", "health"}
"""Keys of an experiment that do not decide what a training records."""


class Frozen(BaseModel):
    """Base of all configuration: immutable, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Graph(Frozen):
    """How the layer graph tells weak edges from strong ones.

    threshold: an edge whose norm is at or below this is weak; relative: times the median of all edges.
    """

    threshold: NotNegative = 0.01
    relative: bool = False


class Thresholds(Frozen):
    """From where on a layer's epoch is ill; ``docs/health.md`` says why these are the defaults.

    exploding: highest norm of a batch's gradient above this, in loss per unit of the parameters.
    growth: the same above so many times the norm of the whole network's gradient in the first epoch.
    dead: highest norm of a batch's gradient at or below this.
    vanishing: mean norm at or below this share of the largest layer's behind it, or, through time, of the
    largest time step's. oscillating: mean cosine of successive gradients at or below this. underflow: share
    of the elements that are zero in float16, with the loss scaled by 2¹⁶, at or above this. An infinite bound
    switches the first two off.
    """

    exploding: Annotated[float, Field(ge=0)] = 1e3
    growth: Annotated[float, Field(ge=0)] = 1e3
    dead: NotNegative = 0.0
    vanishing: Annotated[float, Field(ge=0, le=1)] = 1e-3
    oscillating: Annotated[float, Field(ge=-1, le=1)] = -0.5
    underflow: Annotated[float, Field(ge=0, le=1)] = 0.5


class Experiment(Frozen):
    """Everything that decides what one training records.

    dataset: a name in ``data/sources.yaml``; model: a module of ``gradevo.models``, or the path
    of a Python file of the same kind, seen from the working directory.
    optimizer, loss, metrics: of Keras, by its names, with its arguments.
    class_weight: label of a class, as the data call it -> what an example of it counts in the loss; 1 for
    classes that are not named.
    seeds: one training each; a seed decides the split, the initial weights and the dropout.
    on_nonfinite: what to do at the first loss or gradient that is NaN or infinite.
    threads: for TensorFlow; the last bits of a record depend on it.
    validation: share of the training rows that is set apart after a seeded shuffle; with 0 there is no
    validation, and the rows stay in the dataset's order.
    shuffle: take the examples in a new, seeded order every epoch.
    stop_below: end after the first epoch whose training loss is below this.
    dtype: of the model and its record.
    activation_gradients: record the norms of what flows back through the layers' connections, too.
    updates: record the norm of every tensor's update of every step, too.
    pictures: the usual ones that are drawn; "comparison": whether it is compared with the other experiments.
    views: further pictures, of networks of a few neurons or of recurrent ones.
    graph, health: how the layer graph is coloured, and which layers are found to be ill.
    keep_bits: round the recorded gradients to so many bits of mantissa; None keeps all 23.
    record_every: record one of so many batches, and the sum of all of them every epoch.
    record_epochs: do so in these epochs, and in others record the first batch and the sum of all; None: in
    all epochs.
    """

    name: Name
    title: str = Field(min_length=1)
    dataset: Name
    model: Model
    batch_size: Count
    epochs: Count
    optimizer: Optimizer
    loss: Called
    metrics: tuple[Called, ...] = Field(min_length=1)
    # Written only where it is asked for: so the records of all other experiments stay what they were.
    class_weight: Annotated[dict[str, NotNegative], BeforeValidator(_as_texts)] = Field(
        default_factory=dict, exclude_if=lambda asked: not asked
    )
    seeds: tuple[Annotated[Whole, Field(ge=0, lt=2**32)], ...] = Field(default=(13,), min_length=1)
    on_nonfinite: Literal["continue", "stop"] = "continue"
    threads: Count = 2
    keep_bits: Annotated[Whole, Field(ge=1, le=22)] | None = None
    record_every: Count = 1
    record_epochs: Annotated[tuple[Count, ...], Field(min_length=1)] | None = Field(
        default=None, exclude_if=lambda asked: asked is None
    )
    validation: Share = 0.1
    shuffle: bool = False
    stop_below: Annotated[float, Field(allow_inf_nan=False)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    activation_gradients: bool = False
    # As the weights of classes.
    updates: bool = Field(default=False, exclude_if=lambda asked: not asked)
    pictures: tuple[Word, ...] = ("figures", "animation", "graph", "comparison")
    views: tuple[Word, ...] = ()
    graph: Graph = Graph()
    health: Thresholds = Thresholds()

    @model_validator(mode="after")
    def _keys_fit_each_other(self) -> Self:
        loss = self.loss.name
        for metric in self.metrics:
            if not fits(metric.name, loss):
                raise ValueError(
                    f"metrics: with loss {loss} expected any of {', '.join(fitting_metrics(loss))}, or "
                    f"of Keras' others that read the same labels, found {metric.name}"
                )
        forms = {labels_of(loss, [metric.name]) for metric in self.metrics} - {"target"}
        if len(forms) > 1:
            raise ValueError(
                f"metrics: expected all to read the same labels, found {' and '.join(sorted(forms))}; "
                "leave out those of one kind"
            )
        if self.class_weight and self.labels == "target":
            raise ValueError(f"class_weight: expected a loss or a metric of classes, found loss {loss}")
        named = {"metrics": [metric.name for metric in self.metrics]}
        for key in ("metrics", "seeds", "pictures", "views"):
            values = named.get(key) or getattr(self, key)
            if len(set(values)) < len(values):
                raise ValueError(f"{key}: expected each value once, found one twice; remove it")
        return self

    @property
    def labels(self) -> Labels:
        """The form of the labels that the loss and the metrics read."""
        return labels_of(self.loss.name, [metric.name for metric in self.metrics])
