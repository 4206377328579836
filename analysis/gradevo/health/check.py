"""What a check is: a look for something wrong with gradients; what it finds, and how that is said."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.layers import LayerGraph
from gradevo.numbers import epoch_ranges
from gradevo.runfile.selection import Selection
from gradevo.timeline import Timeline

HIGHEST = "highest batch gradient norm"


@dataclass(frozen=True)
class Finding:
    """An issue of one layer, by one measure."""

    check: str
    """name of the check that found it"""
    layer: str
    epochs: tuple[int, ...]
    """counted from 1, ascending"""
    value: float
    """the worst of these epochs'; NaN or infinite where a gradient is"""
    threshold: float
    """what the values were compared with"""
    measure: str
    """what the value is"""


class Judged(Protocol):
    """What checks read of a run, as `gradevo.statistics.store.Statistics` gives it."""

    @property
    def graph(self) -> LayerGraph: ...

    @property
    def tensors(self) -> tuple[str, ...]: ...

    @property
    def layers(self) -> tuple[str, ...]: ...

    @property
    def epochs(self) -> int: ...

    @property
    def timeline(self) -> Timeline: ...

    @property
    def selection(self) -> Selection: ...

    @property
    def through_time(self) -> dict[str, int]: ...

    @property
    def first_nonfinite_epoch(self) -> int | None: ...

    def layer(self, statistic: str, layer: str) -> NDArray[np.float64]: ...

    def step(self, statistic: str, column: str = ...) -> NDArray[Any]: ...

    def gradient_through_time(self, layer: str) -> NDArray[np.float64]: ...


class Check(ABC):
    """One thing that is looked for in every layer and epoch; ``docs/health.md`` gives the reasons."""

    name: ClassVar[str]
    symbol: ClassVar[str]
    """its mark, on the badges of the layer graph and before its name"""
    measure: ClassVar[str]
    """what is compared with the threshold, where that is one number"""
    advice: ClassVar[str]
    """what usually helps"""

    @abstractmethod
    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        """A finding for each layer; those without epochs are dropped."""

    @abstractmethod
    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        """What is looked for, in lines, so that "healthy" is understood."""

    def finding(
        self,
        layer: str,
        flagged: NDArray[np.bool_],
        values: NDArray[np.float64],
        threshold: float,
        measure: str | None = None,
        worst: Callable[[NDArray[np.float64]], np.float64] = np.min,
    ) -> Finding:
        """What (epochs,) flags and values say; without epochs if no flag is set. Measure: this check's."""
        epochs = tuple(int(epoch) + 1 for epoch in np.flatnonzero(flagged))
        value = float(worst(values[flagged])) if epochs else np.nan
        return Finding(self.name, layer, epochs, value, threshold, measure or self.measure)


def by_layer(statistics: Judged, name: str) -> NDArray[np.float64]:
    """A layer statistic of all layers that own tensors: (epochs, layers)."""
    columns = [statistics.layer(name, layer) for layer in statistics.layers]
    return np.stack(columns, axis=1) if columns else np.empty((statistics.epochs, 0))


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where consecutive flags are true: (start, stop) of each run.

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def bound(found: Finding) -> str:
    """From where on a value is an issue: ``"≤ 0.001"``."""
    sign = {"exploding": ">", "underflowing": "≥"}.get(found.check, "≤")
    return f"{sign} {found.threshold:.4g}"


def comparison(found: Finding) -> str:
    """The value and the threshold it missed: ``"1.2e-05 ≤ 0.001"``."""
    if not np.isfinite(found.value):
        return "not finite"
    return f"{found.value:.2g} {bound(found)}"


def health_lines(found: Iterable[Finding]) -> list[str]:
    """A line per finding, for logs; one line that says so where there is none."""
    lines = [
        f"{one.check}: {one.layer}, {epoch_ranges(one.epochs)}: {one.measure}: {comparison(one)}"
        for one in found
    ]
    return lines or ["health: nothing found"]
