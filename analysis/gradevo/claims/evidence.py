"""Series of one run that claims are about, derived from its statistics."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gradevo.claims.noise import dot_products, signal_and_noise
from gradevo.claims.observation import NoEvidence, Rounding
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.store import Statistics

ROUNDING = 1e-6
"""Share of the largest tensor's mean |g| at or below which a tensor's gradient is taken for rounding."""


class Evidence:
    """A run's statistics; what several claims need is derived once and kept: series of 8 bytes a step."""

    def __init__(self, run: Statistics) -> None:
        self.run = run

    def epoch(self, statistic: str, tensor: str = TOTAL) -> NDArray[np.float64]:
        """An epoch statistic of a tensor, (epochs,).

        Raises `Rounding` if the tensor's gradient is zero or mere rounding.
        """
        if tensor != TOTAL and self._magnitudes[tensor] <= ROUNDING:
            share = f"{self._magnitudes[tensor]:.1e} of the largest tensor's, per element"
            raise Rounding(f"gradient is zero or rounding: {share}")
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
        """Cosine of every step's gradient with the one before, (steps,)."""
        return self.run.step("cosine")

    @cached_property
    def batch_norms(self) -> NDArray[np.float64]:
        """Mean of ‖G‖ over the steps of each epoch, (epochs,)."""
        means: NDArray[np.float64] = self._by_epoch(np.sqrt(self.squares)).mean(axis=1)
        return means

    @cached_property
    def noise(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Estimates of |G|² and tr Σ, (epochs,) each.

        Raises `NoEvidence` if every step is of the same examples, or batches between the steps are missing.
        """
        if self.run.record_every > 1:
            raise NoEvidence(f"one of {self.run.record_every} batches is recorded: no successive gradients")
        if self.run.steps_per_epoch == 1:
            raise NoEvidence("one step an epoch: all steps are of the same examples, there is no noise")
        dots = dot_products(self.cosines, self.squares)
        sizes = np.asarray(self.run.step("batch_size"), dtype=np.float64)
        return signal_and_noise(self.squares, dots, sizes, self.run.steps_per_epoch)

    @cached_property
    def _magnitudes(self) -> dict[str, float]:
        """Each tensor's mean |g|, median over the steps, relative to that of the largest; 1 if all are 0."""
        medians = {tensor: self._median(tensor) for tensor in self.run.tensors}
        largest = max((median for median in medians.values() if np.isfinite(median)), default=0.0)
        return {tensor: median / largest if largest > 0 else 1.0 for tensor, median in medians.items()}

    def _median(self, tensor: str) -> float:
        values = self.run.step("l1_norm_individual_standardized", tensor)
        finite = values[np.isfinite(values)]
        return float(np.median(finite)) if len(finite) else np.inf

    def _by_epoch(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """The steps of complete epochs, (epochs, steps_per_epoch)."""
        epochs, length = self.run.epochs, self.run.steps_per_epoch
        return steps[: epochs * length].reshape(epochs, length)
