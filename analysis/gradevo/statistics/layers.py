"""Statistics of layers: all tensors of a layer as one vector, an epoch at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.layers import LayerGraph
from gradevo.statistics.formulas import cosine
from gradevo.statistics.statistic import LayerValues
from gradevo.statistics.sums import StepSums
from gradevo.timeline import Timeline

STEPS_AT_ONCE = 1024


class LayerSums:
    """Takes in the tensors' sums of all steps and gives the layers' statistics of the epochs.

    Sums over steps are formed one step after the other, so they do not depend on how many steps are handed
    over at once. A tensor that several layers share counts in each of them.
    """

    def __init__(self, graph: LayerGraph, tensors: Sequence[str], timeline: Timeline) -> None:
        """`tensors`: paths of the T columns that `take` will be given. An unfinished epoch does not count."""
        columns = [[tensors.index(name) for name in layer.tensors] for layer in graph.owners]
        most = max(map(len, columns), default=0)
        # Filled up to a rectangle with a column of zeros, T: all layers are then summed at once.
        filled = [[*own, *[len(tensors)] * (most - len(own))] for own in columns]
        self._columns = np.array(filled, dtype=np.intp).reshape(len(columns), most)
        self._lengths = timeline.lengths.tolist()
        self._epochs = 0  # that were returned
        self._pending: list[NDArray[np.float64]] = []
        self._squares_before = np.full((1, len(columns)), np.nan)
        self._steps = 0  # of the current epoch
        self._totals = np.zeros((4, len(columns)))
        self._highest = np.zeros(len(columns))

    def take(self, sums: StepSums) -> LayerValues | None:
        """Take in consecutive steps; `sums` holds (steps, T) arrays.

        Returns the values of the next epochs whenever enough steps have been gathered:
        NumPy's calls cost more than the sums of a small epoch do.
        """
        self._pending.append(np.stack([sums.absolute, sums.squares, sums.dots]))
        if len(self._pending) * self._pending[-1].shape[1] < STEPS_AT_ONCE:
            return None
        return self.rest()

    def rest(self) -> LayerValues | None:
        """The values of the epochs that are complete and were not returned yet; None without any."""
        first = self._epochs
        ends = list(self._epoch_ends()) if self._pending and first < len(self._lengths) else []
        self._pending.clear()
        if not ends:
            return None
        totals, highest = (np.array(values) for values in zip(*ends, strict=True))
        norms, zeros, cosines, defined = totals.swapaxes(0, 1)
        steps = np.array(self._lengths[first : self._epochs])[:, None]
        return LayerValues(steps, norms, highest, zeros, cosines, defined)

    def state(self) -> NDArray[np.float64]:
        """All that `restore` needs after `rest` at the end of an epoch: ‖G‖₂² of the last step, (1, L)."""
        return self._squares_before

    def restore(self, state: NDArray[np.float64], epochs: int) -> None:
        """Go on after so many epochs."""
        self._squares_before = state
        self._epochs = epochs

    def _epoch_ends(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The pending steps' sums and highest norms, (4, L) and (L,), for every epoch that ends in them."""
        absolute, squares, dots = self._by_layer(np.concatenate(self._pending, axis=1))
        before = np.concatenate([self._squares_before, squares[:-1]])
        self._squares_before = squares[-1:]
        norms, cosines = np.sqrt(squares), cosine(dots, squares, before)
        defined = ~np.isnan(cosines)
        # Zero by the absolute sums: squares of float64 gradients may underflow.
        steps = np.stack([norms, absolute == 0, np.where(defined, cosines, 0), defined], axis=1)
        start = 0
        with np.errstate(invalid="ignore", over="ignore"):
            while start < len(steps) and self._epochs < len(self._lengths):
                length = self._lengths[self._epochs]
                stop = min(len(steps), start + length - self._steps)
                steps[start] += self._totals
                self._totals = np.cumsum(steps[start:stop], axis=0)[-1]
                self._highest = np.maximum(self._highest, norms[start:stop].max(axis=0))
                self._steps += stop - start
                start = stop
                if self._steps == length:
                    yield self._totals, self._highest
                    self._steps = 0
                    self._totals = np.zeros_like(self._totals)
                    self._highest = np.zeros_like(self._highest)
                    self._epochs += 1

    def _by_layer(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums over the tensors of each layer: (…, T) -> (…, L)."""
        with_zeros = np.concatenate([values, np.zeros((*values.shape[:-1], 1))], axis=-1)
        total = np.zeros((*values.shape[:-1], len(self._columns)))
        with np.errstate(invalid="ignore", over="ignore"):
            for nth in self._columns.T:
                total += with_zeros[..., nth]
        return total
