"""Statistics of layers: all tensors of a layer as one vector, an epoch at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.runfile import LayerGraph
from gradevo.statistics.names import LAYER_STATISTICS
from gradevo.statistics.steps import cosine
from gradevo.statistics.sums import StepSums

Float64 = NDArray[np.float64]


def owners(graph: LayerGraph) -> tuple[str, ...]:
    """The ids of the layers that own tensors, in the graph's order."""
    return tuple(layer.id for layer in graph.layers if layer.tensors)


class LayerSums:
    """Takes in the tensors' sums of an epoch's steps and gives the layers' statistics at its end.

    Sums over steps are formed one step after the other, so they do not depend on how many steps are handed
    over at once. A tensor that several layers share counts in each of them.
    """

    def __init__(self, graph: LayerGraph, tensors: Sequence[str]) -> None:
        """`tensors` are the paths of the T columns that `take` will be given."""
        columns = [[tensors.index(name) for name in layer.tensors] for layer in graph.layers if layer.tensors]
        most = max(map(len, columns), default=0)
        # Filled up to a rectangle with a column of zeros, T: all layers are then summed at once.
        filled = [[*own, *[len(tensors)] * (most - len(own))] for own in columns]
        self._columns = np.array(filled, dtype=np.intp).reshape(len(columns), most)
        self._squares_before = np.full(len(columns), np.nan)
        self._begin()

    def _begin(self) -> None:
        layers = len(self._columns)
        self._steps = 0
        self._highest = np.zeros(layers)
        # Sums over the steps: norms, steps without any gradient, cosines, steps that have a cosine.
        self._totals = np.zeros((4, layers))

    def take(self, sums: StepSums) -> None:
        """Take in consecutive steps: `sums` holds (steps, T) arrays."""
        absolute, squares, dots = self._by_layer(np.stack([sums.absolute, sums.squares, sums.dots]))
        before = np.concatenate([self._squares_before[None], squares[:-1]])
        self._squares_before = squares[-1]
        norms, cosines = np.sqrt(squares), cosine(dots, squares, before)
        defined = ~np.isnan(cosines)
        # Not squares: those of float64 gradients may underflow.
        steps = np.stack([norms, absolute == 0, np.where(defined, cosines, 0), defined], axis=1)
        with np.errstate(invalid="ignore"):
            self._totals = np.cumsum(np.concatenate([self._totals[None], steps]), axis=0)[-1]
            self._highest = np.maximum(self._highest, norms.max(axis=0))
        self._steps += len(norms)

    def end_epoch(self) -> dict[str, Float64]:
        """The statistics of the steps since the epoch before: name -> (1, L); then begin anew."""
        norms, zeros, cosines, defined = self._totals
        with np.errstate(invalid="ignore"):
            mean_cosines = np.where(defined > 0, cosines / np.maximum(defined, 1), np.nan)
        values = (norms / self._steps, self._highest, mean_cosines, zeros / self._steps)
        self._begin()
        return {name: value[None] for name, value in zip(LAYER_STATISTICS, values, strict=True)}

    def _by_layer(self, values: Float64) -> Float64:
        """Sums over the tensors of each layer: (…, T) -> (…, L)."""
        with_zeros = np.concatenate([values, np.zeros((*values.shape[:-1], 1))], axis=-1)
        total = np.zeros((*values.shape[:-1], len(self._columns)))
        with np.errstate(invalid="ignore"):
            for nth in self._columns.T:
                total += with_zeros[..., nth]
        return total
