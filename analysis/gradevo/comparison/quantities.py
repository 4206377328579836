"""What experiments are compared by: each a value an epoch of a run, dimensionless.

The norms are the article's (L1 per element, summed over the tensors); path efficiency, cosine and sign flips
take all parameters as one vector. ``docs/comparison.md`` lists the formulas.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics import Statistics

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Quantity:
    """A series that is compared across experiments."""

    name: str
    label: str
    """in words, short"""
    symbol: str
    """the formula, short enough for an axis"""
    formula: str
    """the formula with all that it leaves open"""
    tells: str
    read: Callable[[Statistics], Float64]
    """one run's values, (epochs,) float64; NaN where there is none"""
    unit: str = "1"
    logarithmic: bool = False
    share: bool = False
    """whether the values are in [0, 1], so that tables give per cent"""
    every_batch: bool = False
    """whether it has a value only where every batch was recorded"""


def gradient_norm(run: Statistics) -> Float64:
    """‖g[e]‖₁ per element, relative to the first epoch's: (epochs,); NaN if that is zero or not finite."""
    norms = run.epoch("l1_norm_standardized")
    return _divided(norms, norms[:1])


def dissolving_ratio(run: Statistics) -> Float64:
    """The dissolving norm's share of the accumulated norm, L1 per element: (epochs,)."""
    return _divided(run.epoch("l1_dissolving_norm_standardized"), run.epoch("acc_l1_norm_standardized"))


def path_efficiency(run: Statistics) -> Float64:
    """‖Σg‖₂ / Σ‖g‖₂ over all batches so far, all parameters as one vector: (epochs,).

    The sum of the norms is over the recorded steps, so there is no value if batches were left out.
    """
    if run.record_every > 1 or not run.epochs:
        return np.full(run.epochs, np.nan)
    lengths = np.cumsum(np.sqrt(gradient_squares(run)))
    last = np.searchsorted(run.step("epoch"), np.arange(1, run.epochs + 1), side="right") - 1
    reached = np.sqrt(_squared(_tensors(run, "l2_norm_acc")).sum(axis=1))
    return _divided(reached, lengths[last])


def gradient_squares(run: Statistics) -> Float64:
    """‖g⁽ˢ⁾‖₂² of every step, all parameters as one vector: (steps,)."""
    squares = np.zeros(run.steps)
    for tensor in run.tensors:  # one series at a time: a record may have 50,000 steps
        squares += _squared(run.step("l2_norm_individual", tensor))
    return squares


def highest(run: Statistics) -> Float64:
    """max|g[e]| of a tensor over its largest max|A|, median over the tensors: (epochs,)."""
    return _median(_tensors(run, "highest"))


def highest_acc(run: Statistics) -> Float64:
    """max|A[e]| of a tensor over its largest, median over the tensors: (epochs,)."""
    return _median(_tensors(run, "highest_acc"))


def cosine(run: Statistics) -> Float64:
    """Cosine of successive batch gradients, mean over the epoch's steps: (epochs,)."""
    return _epoch_mean(run, "cosine")


def sign_flip_rate(run: Statistics) -> Float64:
    """Share of elements that changed their sign since the batch before, mean over the epoch: (epochs,)."""
    return _epoch_mean(run, "sign_flip_rate")


def update_to_weight(run: Statistics) -> Float64:
    """‖w[e] − w[e−1]‖₂ / ‖w[e−1]‖₂ of all weights: (epochs,)."""
    return _finite(run.epoch("update_to_weight"))


def _tensors(run: Statistics, statistic: str) -> Float64:
    """An epoch statistic without its total: (epochs, T)."""
    return run.epoch_columns(statistic, 0, run.epochs)[:, :-1]


def _epoch_mean(run: Statistics, statistic: str) -> Float64:
    """The mean of a step statistic over each complete epoch's steps that have a value.

    Not over parts of epochs: batches often come in the same order in every epoch, and parts would draw that.
    No values if batches were left out: then recorded steps are not successive.
    """
    if run.record_every > 1:
        return np.full(run.epochs, np.nan)
    values, epoch = run.step(statistic), run.step("epoch")
    known = np.isfinite(values) & (epoch <= run.epochs)
    count = np.bincount(epoch[known] - 1, minlength=run.epochs)
    sums = np.bincount(epoch[known] - 1, values[known], minlength=run.epochs).astype(np.float64)
    return _divided(sums, count.astype(np.float64))


def _squared(norms: Float64) -> Float64:
    with np.errstate(over="ignore"):
        squares: Float64 = np.square(norms)
    return squares


def _divided(numerator: Float64, denominator: Float64) -> Float64:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _finite(numerator / denominator)


def _median(columns: Float64) -> Float64:
    """The median of every row; NaN if any of its values is not finite."""
    return np.median(_finite(columns), axis=1) if len(columns) else np.empty(0)


def _finite(values: Float64) -> Float64:
    return np.where(np.isfinite(values), values, np.nan)


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            "gradient_norm",
            "gradient norm, relative",
            "‖g‖₁ / ‖g‖₁ of first epoch",
            "Σ ‖g[e]‖₁/n over the tensors, divided by its value in the first epoch (l1_norm_standardized)",
            "by which factor the epoch's gradient has grown or shrunk since the first epoch",
            gradient_norm,
            logarithmic=True,
        ),
        Quantity(
            "dissolving_ratio",
            "dissolving ratio",
            "dissolved / accumulated",
            "dissolving norm / accumulated norm, both L1 per element and summed over the tensors "
            "(l1_dissolving_norm_standardized / acc_l1_norm_standardized)",
            "which share of the epochs' gradients other epochs have taken back: 0 none, 1 all",
            dissolving_ratio,
            share=True,
        ),
        Quantity(
            "path_efficiency",
            "path efficiency",
            "‖Σg‖₂ / Σ‖g‖₂",
            "‖A[e]‖₂ / Σ ‖g⁽ˢ⁾‖₂ over all batches so far, all parameters as one vector",
            "how straight the way is, batch by batch: 1 if all gradients point the same way; "
            "it counts what cancels within epochs, too",
            path_efficiency,
            logarithmic=True,
            share=True,
            every_batch=True,
        ),
        Quantity(
            "highest",
            "highest element",
            "max|g| / largest max|A|",
            "max|g[e]| divided by the tensor's largest max|A|, median over the tensors (highest)",
            "how large the epoch's largest gradient element is in a typical tensor",
            highest,
            logarithmic=True,
        ),
        Quantity(
            "highest_acc",
            "highest accumulated element",
            "max|A| / largest max|A|",
            "max|A[e]| divided by its largest value of all epochs, median over the tensors (highest_acc)",
            "how far a typical tensor's largest accumulated element has come: 1 is its maximum",
            highest_acc,
            share=True,
        ),
        Quantity(
            "cosine",
            "cosine of successive gradients",
            "cosine",
            "g·p / (‖g‖₂‖p‖₂) of a batch's gradient g and the one before p, all parameters as "
            "one vector, mean over the epoch's batches",
            "whether successive batches agree (1), are unrelated (0) or oppose each other (−1)",
            cosine,
            every_batch=True,
        ),
        Quantity(
            "sign_flip_rate",
            "sign flips",
            "share of elements",
            "share of all elements whose sign is opposite to that in the batch before, "
            "mean over the epoch's batches",
            "how many elements turn round from batch to batch; half of them if signs are random",
            sign_flip_rate,
            share=True,
            every_batch=True,
        ),
        Quantity(
            "update_to_weight",
            "update-to-weight ratio",
            "‖Δw‖₂ / ‖w‖₂",
            "norm of an epoch's change of all weights, divided by the norm of the weights before it",
            "how far an epoch moves the weights, relative to their size",
            update_to_weight,
            logarithmic=True,
        ),
    )
}
"""By name, in the order of the figure's panels."""


def why_missing(run: Statistics, quantity: Quantity) -> str:
    """Why a run has no value where it has none, in words."""
    if not run.epochs:
        return "no complete epoch"
    if quantity.every_batch and run.record_every > 1:
        return f"only one of {run.record_every} batches was recorded"
    if run.first_nonfinite_step is not None:
        return f"non-finite from step {run.first_nonfinite_step} (epoch {run.first_nonfinite_epoch})"
    return "no predecessor, or a division by zero"
