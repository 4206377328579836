"""What a small classifier's run holds: its data, its gradients epoch by epoch, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gradevo.datasets import prepared
from gradevo.errors import GradevoError
from gradevo.pictures.examples.network import Network

MOST_UNITS = 8
"""A layer of more units is not readable."""

DECADES = 4
"""A logarithmic scale of gradients spans at most this many decades below its upper end."""


def plane(
    network: Network, data_path: Path
) -> tuple[NDArray[np.float64], NDArray[np.int64], tuple[str, ...]]:
    """Training data ``(n, 2)``, ``(n,)`` and the two classes' names, for a network with two inputs.

    Raises GradevoError if network or data are other than `draw_flow` says.
    """
    units = network.units
    last = network.layers[-1].activation
    if units[0] != 2 or units[-1] != 1 or max(units) > MOST_UNITS or last != "sigmoid":
        raise GradevoError(
            f"{network.run.path}: expected a network with 2 inputs, at most {MOST_UNITS} units a layer and 1 "
            f"sigmoid output, found {'-'.join(map(str, units))} units and {last}; larger networks "
            "are shown by `gradevo draw animation` and `gradevo draw figures`"
        )
    data = prepared.load(data_path)
    if data.x_train.shape[1:] != (2,) or data.labels is None or len(data.labels) != 2:
        raise GradevoError(
            f"{data_path}: expected two features and two classes, found features of shape "
            f"{data.x_train.shape[1:]} and {data.classes or 'no'} classes; name the dataset of the run"
        )
    return data.x_train.astype(np.float64), data.y_train, data.labels


@dataclass(frozen=True)
class EpochGradients:
    """Means over the recorded batches of each epoch.

    magnitudes: tensor -> ``(epochs, *shape)``, the mean of |g| of every element.
    norms: layer -> ``(epochs,)``, the mean of ‖g‖₂ of the layer, kernel and bias as one vector.
    Both in loss per unit of the parameter; not finite where a batch's gradient is not.
    """

    magnitudes: Mapping[str, NDArray[np.float64]]
    norms: Mapping[str, NDArray[np.float64]]

    @classmethod
    def of(cls, network: Network) -> Self:
        """Read all gradients of the network's run, one epoch at a time."""
        run = network.run
        magnitudes = {tensor: np.zeros((run.epochs, *run.shape(tensor))) for tensor in run.tensors}
        norms = {layer.name: np.zeros(run.epochs) for layer in network.layers}
        with np.errstate(invalid="ignore", over="ignore"):
            for epoch in range(run.epochs):
                steps = run.timeline.of(epoch + 1)
                for layer in network.layers:
                    squares = np.zeros(steps.stop - steps.start)
                    for tensor in filter(None, (layer.kernel, layer.bias)):
                        values = run.read_gradients(tensor, steps.start, steps.stop)
                        values = values.astype(np.float64)
                        magnitudes[tensor][epoch] = np.abs(values).mean(axis=0)
                        squares += (values**2).reshape(len(values), -1).sum(axis=1)
                    norms[layer.name][epoch] = np.sqrt(squares).mean()
        return cls(magnitudes, norms)

    def limits(self) -> tuple[float, float]:
        """Lower and upper end of a logarithmic scale for all magnitudes of all epochs."""
        return scale(np.concatenate([values.ravel() for values in self.magnitudes.values()]))


def scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Ends of a logarithmic scale for values from 0 on: what is smaller than the lower end counts as that.

    At most `DECADES` decades, at least half a decade; (1e-3, 1) if no value is finite and above 0.
    """
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return 1e-3, 1.0
    high = float(values.max())
    return min(max(float(values.min()), high / 10**DECADES), high / 10**0.5), high


@dataclass(frozen=True)
class Outcome:
    """The end of one run.

    epochs: that were trained. loss: over all training data after the last of them.
    metric: name and value after the last epoch of the first metric that is not the loss; None without one.
    dead: hidden units that give 0 for every example with the last weights.
    threshold: the loss to get below. converged_at: first epoch after which the loss over all training data is
    below it. lucky_at: first epoch whose last batch has a loss below it (taken before the batch's step),
    which says little in small batches. None for either where there is none.
    """

    seed: int
    epochs: int
    loss: float
    metric: tuple[str, float] | None
    dead: int
    threshold: float
    converged_at: int | None
    lucky_at: int | None

    @classmethod
    def of(cls, network: Network, x: NDArray[np.float64], threshold: float) -> Self:
        """The outcome of the network's run on the examples ``x (n, inputs)``.

        Raises GradevoError for a run without a complete epoch or without its training loss.
        """
        run = network.run
        metrics = run.metrics("train")
        if not run.epochs or "loss" not in metrics:
            found = "no complete epoch" if not run.epochs else "no training loss"
            raise GradevoError(
                f"{run.path}: expected a run with at least one complete epoch and its training loss, "
                f"found {found}; record the run again"
            )
        last = run.step("loss")[run.timeline.stops - 1]
        others = [(name, float(values[-1])) for name, values in metrics.items() if name != "loss"]
        return cls(
            seed=run.seed,
            epochs=run.epochs,
            loss=float(metrics["loss"][-1]),
            metric=others[0] if others else None,
            dead=sum(int(units.sum()) for units in dead_units(network, x, run.epochs)[:-1]),
            threshold=threshold,
            converged_at=_first(metrics["loss"] < threshold),
            lucky_at=_first(last < threshold),
        )

    @property
    def words(self) -> str:
        """Such as "stuck with 1 dead unit"."""
        if self.converged_at is not None:
            return "converged"
        if not self.dead:
            return "stuck, no unit dead"
        return f"stuck, {self.dead} dead {'unit' if self.dead == 1 else 'units'}"


def dead_units(network: Network, x: NDArray[np.float64], row: int) -> list[NDArray[np.bool_]]:
    """Which units of each layer give exactly 0 for every example with the weights of that row.

    A relu unit that does gets no gradient from these examples. The output layer has no dead units.
    """
    dead = [(values == 0).all(axis=0) for values in network.outputs(x, row)]
    return [*dead[:-1], np.zeros_like(dead[-1])]


def tabulated(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """A row for each outcome; the metric's column has the metric's name."""
    rows = [
        {
            "seed": end.seed,
            "epochs": end.epochs,
            "loss": end.loss,
            **({} if end.metric is None else {end.metric[0]: end.metric[1]}),
            "dead_hidden_units": end.dead,
            "converged": end.converged_at is not None,
            "converged_at_epoch": end.converged_at,
            "first_epoch_with_last_batch_below": end.lucky_at,
        }
        for end in outcomes
    ]
    return pd.DataFrame(rows).astype(
        {"converged_at_epoch": "Int64", "first_epoch_with_last_batch_below": "Int64"}
    )


def summary(outcomes: Sequence[Outcome]) -> str:
    """The outcomes in a sentence."""
    count, threshold = len(outcomes), f"{outcomes[0].threshold:g}"
    converged = sum(end.converged_at is not None for end in outcomes)
    dead = sum(end.dead > 0 for end in outcomes)
    lucky = sum(end.lucky_at is not None for end in outcomes)
    return (
        f"{converged} of {count} converged (loss over all data below {threshold}) · {dead} with dead units · "
        f"{lucky} had an epoch whose last batch alone was below {threshold}"
    )


def _first(is_so: NDArray[np.bool_]) -> int | None:
    """First epoch, from 1, of those for which it is so."""
    return int(np.argmax(is_so)) + 1 if is_so.any() else None
