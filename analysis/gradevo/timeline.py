"""Where epochs begin and end among the recorded steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Timeline:
    """The epochs of a run, which may differ in length.

    stops: (epochs,) int64: recorded steps by the end of every complete epoch, ascending. steps: all recorded
    steps, those of an unfinished epoch at the end among them.
    """

    stops: NDArray[np.int64]
    steps: int

    @property
    def epochs(self) -> int:
        """The complete ones."""
        return len(self.stops)

    @property
    def complete_steps(self) -> int:
        """The steps of the complete epochs."""
        return int(self.stops[-1]) if self.epochs else 0

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of every complete epoch, (epochs,)."""
        return np.diff(self.stops, prepend=0)

    @property
    def per_epoch(self) -> int:
        """Steps of the first epoch, at least 1; of an unfinished one where there is no other."""
        return max(1, int(self.stops[0]) if self.epochs else self.steps)

    @property
    def regular(self) -> bool:
        """Whether all complete epochs have as many steps as the first."""
        return bool((self.lengths == self.per_epoch).all())

    def of(self, epoch: int) -> slice:
        """The steps of an epoch, counted from 1; of the unfinished one those that there are.

        >>> Timeline(np.array([3, 5]), steps=6).of(2), Timeline(np.array([3, 5]), steps=6).of(3)
        (slice(3, 5, None), slice(5, 6, None))
        """
        bounds = self._bounds
        return slice(bounds[epoch - 1], bounds[epoch])

    def split(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        """The rows of every complete epoch, of values with a row per step."""
        return np.split(values[: self.complete_steps], self.stops[:-1]) if self.epochs else []

    def epochs_by(self, steps: ArrayLike) -> Any:
        """Epochs that have passed when so many steps have; within an epoch, its share.

        >>> Timeline(np.array([4, 6]), steps=6).epochs_by(np.array([2.0, 5.0, 7.0])).tolist()
        [0.5, 1.5, 2.5]
        """
        if self.regular:
            return np.divide(steps, self.per_epoch)
        known = np.append(0, self.stops)
        beyond = np.maximum(np.subtract(steps, known[-1]), 0) / self.lengths[-1]
        return np.interp(np.asarray(steps), known, np.arange(len(known))) + beyond

    def steps_by(self, epochs: ArrayLike) -> Any:
        """Steps that have passed when so many epochs have: the inverse of `epochs_by`."""
        if self.regular:
            return np.multiply(epochs, self.per_epoch)
        known = np.append(0, self.stops)
        beyond = np.maximum(np.subtract(epochs, self.epochs), 0) * self.lengths[-1]
        return np.interp(np.asarray(epochs), np.arange(len(known)), known) + beyond

    def epoch_of(self, step: int) -> int:
        """The epoch, from 1, of a step, from 0."""
        return int(np.searchsorted(self.stops, step, side="right")) + 1

    @property
    def _bounds(self) -> Sequence[int]:
        return (0, *self.stops.tolist(), self.steps)
