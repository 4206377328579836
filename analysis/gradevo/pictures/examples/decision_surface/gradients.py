"""How large a small network's gradients are, epoch by epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gradevo.pictures.examples.network import Network

Array = NDArray[np.float64]

DECADES = 4
"""A logarithmic scale of gradients spans at most so many decades below its upper end."""


@dataclass(frozen=True)
class EpochGradients:
    """Means over the recorded batches of each epoch.

    magnitudes: tensor -> ``(epochs, *shape)``, the mean of |g| of every element.
    norms: layer -> ``(epochs,)``, the mean of ‖g‖₂ of the layer, kernel and bias as one vector.
    Both in loss per unit of the parameter; not finite where a batch's gradient is not.
    """

    magnitudes: Mapping[str, Array]
    norms: Mapping[str, Array]

    @classmethod
    def of(cls, network: Network) -> Self:
        """Read all gradients of the network's run, one epoch at a time."""
        run = network.run
        magnitudes = {tensor: np.zeros((run.epochs, *run.shape(tensor))) for tensor in run.tensors}
        norms = {layer.name: np.zeros(run.epochs) for layer in network.layers}
        with np.errstate(invalid="ignore", over="ignore"):
            for epoch in range(run.epochs):
                start = epoch * run.steps_per_epoch
                for layer in network.layers:
                    squares = np.zeros(run.steps_per_epoch)
                    for tensor in filter(None, (layer.kernel, layer.bias)):
                        values = run.read_gradients(tensor, start, start + run.steps_per_epoch)
                        values = values.astype(np.float64)
                        magnitudes[tensor][epoch] = np.abs(values).mean(axis=0)
                        squares += (values**2).reshape(len(values), -1).sum(axis=1)
                    norms[layer.name][epoch] = np.sqrt(squares).mean()
        return cls(magnitudes, norms)

    def limits(self) -> tuple[float, float]:
        """Lower and upper end of a logarithmic scale for all magnitudes of all epochs."""
        return scale(np.concatenate([values.ravel() for values in self.magnitudes.values()]))


def scale(values: Array) -> tuple[float, float]:
    """Ends of a logarithmic scale for values from 0 on: what is smaller than the lower end counts as that.

    At most `DECADES` decades, at least half a decade; (1e-3, 1) if no value is finite and above 0.
    """
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return 1e-3, 1.0
    high = float(values.max())
    return min(max(float(values.min()), high / 10**DECADES), high / 10**0.5), high
