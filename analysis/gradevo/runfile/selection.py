"""Which batches of a training become steps of its record."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from gradevo.numbers import epoch_ranges

MOST_RANGES = 6
"""More ranges of epochs are too long for a figure's remark."""


@dataclass(frozen=True)
class Selection:
    """Which batches become steps of the file; it is true where some are left out.

    Then the file also holds the sum of all batches' gradients of every epoch.

    every: the first batch of an epoch and every n-th after it become steps.
    epochs: those for which that holds, counted from 1, in any order; of others only the first batch does.
        None: it holds for all.

    >>> some = Selection(every=2, epochs=(5, 1))
    >>> some.epochs, bool(some), bool(Selection())
    ((1, 5), True, False)
    >>> some.words
    '1 of 2 steps of epochs 1, 5 recorded, of others the first'
    """

    every: int = 1
    epochs: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.epochs is not None:
            object.__setattr__(self, "epochs", tuple(sorted({int(epoch) for epoch in self.epochs})))

    @cached_property
    def _epochs(self) -> frozenset[int]:
        return frozenset(self.epochs or ())

    def __bool__(self) -> bool:
        return self.every > 1 or self.epochs is not None

    def kept(self, epoch: int, first: int = 0) -> slice:
        """Which of consecutive batches become steps; the first of them is batch `first` of the epoch, from 0.

        >>> list("abcde"[Selection(2).kept(1, first=1)])
        ['b', 'd']
        """
        if self.epochs is not None and epoch not in self._epochs:
            return slice(int(first == 0))
        return slice(-first % self.every, None, self.every)

    def steps(self, batches: int, epochs: Iterable[int]) -> int:
        """How many steps these epochs of so many batches have.

        >>> Selection(2, (1, 3)).steps(5, range(1, 5))
        8
        """
        return sum(len(range(batches)[self.kept(epoch)]) for epoch in epochs)

    @classmethod
    def read(cls, attributes: Mapping[str, Any]) -> Self:
        """The selection that the root attributes of a file tell."""
        epochs = attributes.get("record_epochs")
        return cls(int(attributes["record_every"]), None if epochs is None else tuple(json.loads(epochs)))

    @property
    def attributes(self) -> dict[str, Any]:
        """What the root attributes of a file tell; epochs only where they were chosen."""
        told: dict[str, Any] = {"record_every": self.every}
        return told if self.epochs is None else {**told, "record_epochs": json.dumps(self.epochs)}

    @property
    def words(self) -> str:
        """What is recorded, as figures say it; empty where that is every step."""
        steps = f"1 of {self.every} steps" if self.every > 1 else "steps"
        if self.epochs is None:
            return f"{steps} recorded" if self else ""
        named = epoch_ranges(self.epochs)
        if named.count(",") >= MOST_RANGES:
            named = f"{len(self.epochs)} epochs from {self.epochs[0]} to {self.epochs[-1]}"
        return f"{steps} of {named} recorded, of others the first"
