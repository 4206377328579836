"""How a run of a small network ended: below its loss threshold, or stuck above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.pictures.examples.network import Network

Array = NDArray[np.float64]


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
    def of(cls, network: Network, x: Array, threshold: float) -> Self:
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
        last = run.step("loss")[: run.epochs * run.steps_per_epoch][
            run.steps_per_epoch - 1 :: run.steps_per_epoch
        ]
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


def dead_units(network: Network, x: Array, row: int) -> list[NDArray[np.bool_]]:
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
