"""Series of a run that are derived from its statistics when they are asked for: (epochs,) float64 each.

All are dimensionless, so that experiments can be compared by them; NaN where there is no value.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gradevo.statistics.statistic import Statistic
    from gradevo.statistics.store import Statistics


def compared_series(run: "Statistics", statistic: "Statistic") -> NDArray[np.float64]:
    """A run's values of a statistic that experiments are compared by, (epochs,) float64.

    Its own ``read``; else the total's values of an epoch statistic, the mean over each epoch's steps of a
    step statistic's total, the median over the layers of a layer statistic.
    """
    if statistic.read is not None:
        return statistic.read(run)
    if statistic.level == "step":
        return epoch_mean(run, statistic.name)
    if statistic.level == "layer":
        return _median(np.stack([run.layer(statistic.name, layer) for layer in run.layers], axis=1))
    return total(run, statistic.name)


def total(run: "Statistics", statistic: str) -> NDArray[np.float64]:
    """The total of an epoch statistic."""
    return _finite(run.epoch(statistic))


def gradient_norm(run: "Statistics") -> NDArray[np.float64]:
    """‖g[e]‖₁ per element, relative to the first epoch's; NaN if that is zero or not finite."""
    norms = run.epoch("l1_norm_standardized")
    return _divided(norms, norms[:1])


def dissolving_ratio(run: "Statistics") -> NDArray[np.float64]:
    """The dissolving norm's share of the accumulated norm, L1 per element."""
    return _divided(run.epoch("l1_dissolving_norm_standardized"), run.epoch("acc_l1_norm_standardized"))


def path_efficiency(run: "Statistics") -> NDArray[np.float64]:
    """‖Σg‖₂ / Σ‖g‖₂ over all batches so far, all parameters as one vector.

    The sum of the norms is over the recorded steps, so there is no value if batches were left out.
    """
    if run.selection or not run.epochs:
        return np.full(run.epochs, np.nan)
    lengths = np.cumsum(np.sqrt(run.step_squares()))
    last = np.searchsorted(run.step("epoch"), np.arange(1, run.epochs + 1), side="right") - 1
    with np.errstate(over="ignore"):
        reached = np.sqrt(np.square(_tensors(run, "l2_norm_acc")).sum(axis=1))
    return _divided(reached, lengths[last])


def tensor_median(run: "Statistics", statistic: str) -> NDArray[np.float64]:
    """The median over the tensors of an epoch statistic; NaN if any of its values is not finite."""
    return _median(_tensors(run, statistic))


def epoch_mean(run: "Statistics", statistic: str) -> NDArray[np.float64]:
    """The mean of a step statistic over each complete epoch's steps that have a value.

    Not over parts of epochs: batches often come in the same order in every epoch, and parts would draw that.
    No values if batches were left out: then recorded steps are not successive.
    """
    if run.selection:
        return np.full(run.epochs, np.nan)
    values, epoch = run.step(statistic), run.step("epoch")
    known = np.isfinite(values) & (epoch <= run.epochs)
    count = np.bincount(epoch[known] - 1, minlength=run.epochs)
    sums = np.bincount(epoch[known] - 1, values[known], minlength=run.epochs).astype(np.float64)
    return _divided(sums, count.astype(np.float64))


def why_missing(run: "Statistics", statistic: "Statistic") -> str:
    """Why a run has no value where it has none, in words."""
    if not run.epochs:
        return "no complete epoch"
    if statistic.every_batch and run.selection:
        return run.selection.words
    if run.first_nonfinite_step is not None:
        return f"non-finite from step {run.first_nonfinite_step} (epoch {run.first_nonfinite_epoch})"
    return "no predecessor, or a division by zero"


def _tensors(run: "Statistics", statistic: str) -> NDArray[np.float64]:
    """An epoch statistic without its total: (epochs, T)."""
    return run.epoch_columns(statistic, 0, run.epochs)[:, :-1]


def _divided(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _finite(numerator / denominator)


def _median(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of every row; NaN if any of its values is not finite."""
    return np.median(_finite(columns), axis=1) if len(columns) else np.empty(0)


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)
