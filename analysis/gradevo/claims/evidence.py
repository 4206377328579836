"""Series of one run that claims are about, derived from its statistics."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.observation import NoEvidence, Rounding
from gradevo.claims.signs import RandomSigns, random_signs
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.store import Statistics
from gradevo.timeline import Timeline

ROUNDING = 1e-6
"""Share of the largest tensor's mean |g| at or below which a tensor's gradient is taken for rounding."""
ROUNDING_OF_CANCELLED = 1e-3
"""The same of tensors that the layer graph calls cancelled; above it the normalization used no batch."""
ROUNDING_OF_SQUARES = 1e-12
"""Share of Σ (‖G‖² + ‖P‖²) below which Σ ‖G − P‖² is rounding: statistics are sums of rounded squares."""


class Evidence:
    """A run's statistics; what several claims need is derived once and kept: series of 8 bytes per step."""

    def __init__(self, run: Statistics) -> None:
        self.run = run

    def epoch(self, statistic: str, tensor: str = TOTAL) -> NDArray[np.float64]:
        """An epoch statistic of a tensor, (epochs,).

        Raises `Rounding` if the tensor's gradient is zero or mere rounding.
        """
        if tensor != TOTAL:
            cancelled = tensor in self.run.graph.cancelled
            share = self.magnitudes[tensor]
            if share <= (ROUNDING_OF_CANCELLED if cancelled else ROUNDING):
                why = ", as before a normalization" * cancelled
                raise Rounding(
                    f"gradient is zero or rounding{why}: {share:.1e} of the largest tensor's, per element"
                )
        return self.run.epoch(statistic, tensor)

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Of the training set after each epoch, (epochs,)."""
        return self.metric("loss")

    def metric(self, name: str) -> NDArray[np.float64]:
        """A metric of the training set after each epoch, (epochs,)."""
        metrics = self.run.metrics("train")
        if name not in metrics:
            raise NoEvidence(f"no {name} was recorded")
        return np.asarray(metrics[name], dtype=np.float64)

    @cached_property
    def squares(self) -> NDArray[np.float64]:
        """‖G‖² of every step, all parameters as one vector, (steps,)."""
        return self.run.step_squares()

    @cached_property
    def cosines(self) -> NDArray[np.float64]:
        """Cosine of every step's gradient with the one before, (steps,).

        Raises `NoEvidence` if batches between the steps are missing.
        """
        if self.run.selection:
            raise NoEvidence(f"{self.run.selection.words}: no successive gradients")
        return self.run.step("cosine")

    @cached_property
    def batch_norms(self) -> NDArray[np.float64]:
        """Mean of ‖G‖ over the steps of each epoch, (epochs,).

        Raises `NoEvidence` if these are all batches of some epochs and the first batch of others.
        """
        if self.run.selection.epochs is not None:
            raise NoEvidence(f"{self.run.selection.words}: means that cannot be compared")
        return np.array([norms.mean() for norms in self.run.timeline.split(np.sqrt(self.squares))])

    @cached_property
    def noise(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Estimates of |G|² and tr Σ, (epochs,) each.

        Raises `NoEvidence` if every step is of the same examples, or batches between the steps are missing.
        """
        cosines = self.cosines
        if (self.run.timeline.lengths == 1).all():
            raise NoEvidence("one step an epoch: all steps are of the same examples, there is no noise")
        dots = dot_products(cosines, self.squares)
        sizes = np.asarray(self.run.step("batch_size"), dtype=np.float64)
        return signal_and_noise(self.squares, dots, sizes, self.run.timeline)

    @cached_property
    def signs(self) -> RandomSigns:
        """The accumulated gradients if the signs of the epochs were random."""
        return random_signs(self.run)

    @cached_property
    def magnitudes(self) -> dict[str, float]:
        """Each tensor's mean |g|, median over the steps, relative to that of the largest; 1 if all are 0."""
        medians = {tensor: self._median(tensor) for tensor in self.run.tensors}
        largest = max((median for median in medians.values() if np.isfinite(median)), default=0.0)
        return {tensor: median / largest if largest > 0 else 1.0 for tensor, median in medians.items()}

    def _median(self, tensor: str) -> float:
        values = self.run.step("l1_norm_individual_standardized", tensor)
        finite = values[np.isfinite(values)]
        return float(np.median(finite)) if len(finite) else np.inf


def dot_products(cosine: NDArray[np.float64], squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """G·P of every step with the one before, from cosine and ‖G‖²: (steps,) each; the first is NaN.

    0 where either gradient is 0, which has no cosine.
    """
    before = np.concatenate([[np.nan], squares[:-1]])
    with np.errstate(invalid="ignore", over="ignore"):
        dots: NDArray[np.float64] = cosine * np.sqrt(squares) * np.sqrt(before)
    dots[(squares == 0) & np.isfinite(before) | (before == 0) & np.isfinite(squares)] = 0
    return dots


def signal_and_noise(
    squares: NDArray[np.float64], dots: NDArray[np.float64], sizes: NDArray[np.float64], timeline: Timeline
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimates of |G|² and of tr Σ for every complete epoch: (epochs,) each.

    Unbiased for independent batches at the same weights: S. McCandlish, J. Kaplan, D. Amodei, "An empirical
    model of large-batch training", arXiv:1812.06162, 2018, appendix A.1, where the small batches are two
    successive steps and the large one is both together; ``docs/claims.md`` derives it and lists the biases.

    `squares` ‖G‖², `dots` G·P and `sizes` (examples in the batch) are (steps,) float64. With b and a examples
    in a step and in the one before,

        |G|² = mean of G·P,    tr Σ = Σ (‖G‖² + ‖P‖² − 2 G·P) / Σ (1/a + 1/b).

    An epoch's first step is compared with the last one of the epoch before; the run's first with none. NaN
    for an epoch that has no pair. tr Σ is 0 where rounding alone could have left the differences.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        both, differences = np.zeros((2, len(squares)))
        both[1:] = squares[1:] + squares[:-1]
        differences[1:] = both[1:] - 2 * dots[1:]
        weights = np.zeros(len(squares))
        weights[1:] = 1 / sizes[1:] + 1 / sizes[:-1]
        products, pairs = dots.copy(), np.ones(len(squares))
        products[:1] = pairs[:1] = 0
        product, count, difference, weight, largest = (
            np.array([values.sum() for values in timeline.split(series)])
            for series in (products, pairs, differences, weights, both)
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.where(difference <= ROUNDING_OF_SQUARES * largest, 0, difference)
        return product / count, noise / weight
