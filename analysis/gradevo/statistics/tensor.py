"""One tensor through time: all that is computed of its gradients, a block of steps after the other."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.runfile.reader import Run
from gradevo.statistics.blocks import Block
from gradevo.statistics.exponents import BINS, exponent_counts
from gradevo.statistics.fold import Fold
from gradevo.statistics.sums import StepSums, VectorSums, Workspace, change_squares, step_sums, vector_sums


@dataclass(frozen=True)
class EpochEnd:
    """What is known of a tensor with n elements when an epoch is complete."""

    gradient: NDArray[np.float32]
    """g[e], the sum of the epoch's gradients, (*shape)"""
    single: VectorSums
    """of g[e]"""
    accumulated: VectorSums
    """of A[e]"""
    change_squares: float
    """‖w[e] − w[e−1]‖₂²"""
    weight_squares: tuple[float, float]
    """‖w[e−1]‖₂², and ‖w[e]‖₂², NaN if the run holds no updates"""
    folded_change: NDArray[np.floating]
    """w[e] − w[e−1], folded: (w,)"""
    exponents: NDArray[np.int64]
    """of all elements of the epoch's recorded gradients, (2, 256): `exponent_counts`"""
    zeros: int
    """how many of them are 0"""


@dataclass(frozen=True)
class Folds:
    """What the steps of a block are folded into, of several tensors together."""

    total: NDArray[np.floating]
    """(steps, w), of all"""
    kept: slice
    """the steps that are kept of every layer"""
    layers: NDArray[np.floating]
    """(those steps, L, w), of every layer that owns tensors"""

    def __add__(self, other: "Folds") -> "Folds":
        with np.errstate(invalid="ignore", over="ignore"):
            return Folds(self.total + other.total, self.kept, self.layers + other.layers)


@dataclass(frozen=True)
class Taken:
    """What a block of steps tells of one tensor."""

    sums: StepSums
    """(steps,) each"""
    end: EpochEnd | None
    """if these are the last steps of a complete epoch"""


class Tensor:
    """What has to be remembered of a tensor with n elements while time goes on: 28 bytes an element."""

    def __init__(self, run: Run, name: str, fold: Fold) -> None:
        self.name = name
        self._layers = [nth for nth, layer in enumerate(run.graph.owners) if name in layer.tensors]
        self.size = math.prod(run.shape(name))
        self._run = run
        self._fold = fold
        self._epoch_sum = np.zeros(self.size)  # this epoch's gradients so far
        self._accumulated = np.zeros(self.size)  # the complete epochs' gradients
        self._weights: NDArray[np.float32] = run.weights(name, 0).ravel()  # after the last complete epoch
        self.weight_squares = self._squares_of_weights()
        self._previous: NDArray[np.float32] | None = None  # the last step's gradient
        self._exponents = np.zeros((2, BINS), np.int64)
        self._zeros = 0

    def take(self, block: Block, workspace: Workspace, folded: Folds) -> Taken:
        """Read the gradients of the next steps, compute what they tell, and add them to what is folded."""
        gradients = self._run.read_gradients(self.name, block.start, block.stop)
        rows = gradients.reshape(len(gradients), -1)
        sums = step_sums(rows, self._previous, self._epoch_sum, workspace)
        self._fold.add(rows, folded.total)
        for layer in self._layers:
            self._fold.add(rows[folded.kept], folded.layers[:, layer])
        counts = exponent_counts(rows)
        self._exponents += counts
        if counts[:, 0].any():
            self._zeros += rows.size - int(np.count_nonzero(rows))
        if self._previous is None:
            self._previous = np.empty_like(rows[-1])
        self._previous[:] = rows[-1]
        return Taken(sums, self._end_epoch(block.epoch) if block.ends_epoch else None)

    def state(self) -> NDArray[np.float64]:
        """All that `restore` needs and the run does not hold, when an epoch is complete: A[e], (n,)."""
        return self._accumulated

    def restore(self, state: NDArray[np.float64], epochs: int) -> None:
        """Go on after so many epochs, at least one."""
        self._accumulated[:] = state
        self._weights = self._run.weights(self.name, epochs).ravel()
        self.weight_squares = self._squares_of_weights()
        stop = self._run.timeline.of(epochs).stop
        self._previous = self._run.read_gradients(self.name, stop - 1, stop).ravel()

    def _squares_of_weights(self) -> float:
        """‖w‖₂² of the last complete epoch, which only statistics of updates need; NaN without updates."""
        return vector_sums(self._weights).squares if "updates" in self._run.norms else np.nan

    def _end_epoch(self, epoch: int) -> EpochEnd:
        run, total = self._run, self._epoch_sum
        if run.selection:  # the steps that were read are not all
            total[:] = run.epoch_sum(self.name, epoch).ravel()
        with np.errstate(invalid="ignore", over="ignore"):
            self._accumulated += total
            gradient = total.reshape(run.shape(self.name)).astype(np.float32)  # infinite beyond float32
        before, self._weights = self._weights, run.weights(self.name, epoch).ravel()
        moved, squares_before = change_squares(before, self._weights)
        self.weight_squares = self._squares_of_weights()
        with np.errstate(invalid="ignore", over="ignore"):
            folded_change = self._fold.take((self._weights - before)[None])[0]
        end = EpochEnd(
            gradient,
            vector_sums(total),
            vector_sums(self._accumulated),
            moved,
            (squares_before, self.weight_squares),
            folded_change,
            self._exponents.copy(),
            self._zeros,
        )
        total[:] = 0
        self._exponents[:] = 0
        self._zeros = 0
        return end
