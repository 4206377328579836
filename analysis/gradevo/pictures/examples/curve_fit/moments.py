"""The run of a full-batch training of a network 1-hidden-1, step by step."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradevo.datasets.prepared import load
from gradevo.errors import GradevoError
from gradevo.pictures.examples.network import Network
from gradevo.pictures.style.frame import SEPARATOR
from gradevo.runfile.reader import Run

MOST_UNITS = 12
"""More hidden neurons would not be readable."""

GRID = 401
"""Points of the fitted curve."""


@dataclass(frozen=True)
class Moment:
    """Everything at one step, before its update.

    w1, b1, w2 ``(hidden,)``, b2 ``(1,)`` and, in the same order, the gradients at these very weights;
    curve ``(GRID,)``: the network's output; active ``(hidden,)``: which neurons give anything but 0 for some
    example. kinks: x and y of the curve's bends, where a neuron with relu switches on, within the grid.
    """

    step: int
    loss: float
    weights: tuple[NDArray[np.float64], ...]
    gradients: tuple[NDArray[np.float64], ...]
    curve: NDArray[np.float64]
    active: list[bool]
    kinks: tuple[NDArray[np.float64], NDArray[np.float64]]


class Record:
    """The run of a full-batch training of a network 1-hidden-1, and its data, step by step.

    x, y ``(n,)``: the data; grid ``(GRID,)``: where the curve is computed.
    """

    def __init__(self, run: Run, data_path: Path) -> None:
        self.run = run
        self.network = Network.of(run)
        data = load(data_path)
        self.x = data.x_train.reshape(len(data.x_train), -1).astype(np.float64)
        self.y = data.y_train.astype(np.float64)
        widths = self.network.units
        if len(widths) != 3 or widths[0] != 1 or widths[2] != 1 or widths[1] > MOST_UNITS:
            expected = f"a network 1-h-1 with h up to {MOST_UNITS} hidden neurons"
            raise _fault(run, expected, "-".join(map(str, widths)))
        if not run.steps:
            raise _fault(run, "at least one complete epoch", "none")
        sizes = set(run.step("batch_size").tolist())
        if (run.timeline.lengths != 1).any() or sizes != {len(self.x)} or self.x.shape[1] != 1:
            found = (
                f"{run.timeline.per_epoch} steps an epoch, batches of {sorted(sizes)}, data {self.x.shape}"
            )
            raise _fault(run, f"a step an epoch with all {len(self.x)} examples of the data in it", found)
        self.losses = run.step("loss").astype(np.float64)
        self.grid = np.linspace(self.x.min(), self.x.max(), GRID)
        self.hidden = widths[1]

    @property
    def loss_name(self) -> str:
        """Of the loss, in words, as far as the run knows it."""
        return (self.run.experiment.loss or "of the step").replace("_", " ")

    @property
    def description(self) -> str:
        """Network and data in a few words."""
        return f"a network 1-{self.hidden}-1 ({self.network.layers[0].activation}) fits {len(self.x)} points"

    @property
    def protocol(self) -> str:
        """Optimizer and what must be said of the run."""
        optimizer = self.run.experiment.optimizer
        parts = ["a step an epoch, all points in it", (optimizer.name or "").upper()]
        if optimizer.learning_rate is not None:
            parts.append(f"learning rate {optimizer.learning_rate:g}")
        return SEPARATOR.join(filter(None, [*parts, self.run.remarks]))

    def at(self, step: int) -> Moment:
        """The moment of a step (from 0): weights before its update, loss and gradient at them.

        With a step an epoch, the weights before step s are the weights after epoch s.
        """
        (w1, b1), (w2, b2) = self.network.weights(step)
        active = (self.network.outputs(self.x, step)[0] != 0).any(axis=0)
        return Moment(
            step=step,
            loss=float(self.losses[step]),
            weights=(w1[0], b1, w2[:, 0], b2),
            gradients=tuple(
                self._gradient(tensor, size, step)
                for layer, units in zip(self.network.layers, (self.hidden, 1), strict=True)
                for tensor, size in ((layer.kernel, self.hidden), (layer.bias, units))
            ),
            curve=self._curve(self.grid, step),
            active=[bool(on) for on in active],
            kinks=self._kinks(w1[0], b1, step),
        )

    def _curve(self, x: NDArray[np.float64], step: int) -> NDArray[np.float64]:
        return self.network.outputs(x[:, np.newaxis], step)[-1][:, 0]

    def _kinks(
        self, w1: NDArray[np.float64], b1: NDArray[np.float64], step: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not self.network.layers[0].activation.endswith("relu"):
            return np.empty(0), np.empty(0)
        at = np.sort(-b1[w1 != 0] / w1[w1 != 0])
        at = at[(at > self.grid[0]) & (at < self.grid[-1])]
        return at, self._curve(at, step)

    def _gradient(self, tensor: str | None, size: int, step: int) -> NDArray[np.float64]:
        """``(size,)``; NaN for a bias that the layer does not have."""
        if tensor is None:
            return np.full(size, np.nan)
        return self.run.read_gradients(tensor, step, step + 1).reshape(size).astype(np.float64)


def _fault(run: Run, expected: str, found: str) -> GradevoError:
    return GradevoError(f"{run.path}: expected {expected}, found {found}; the picture `fit` shows no other")
