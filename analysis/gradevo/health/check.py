"""What a check is: something that may be wrong with a layer's gradients, and what is known of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.health.finding import Finding
from gradevo.statistics.store import Statistics


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
    def find(self, statistics: Statistics, limits: Thresholds) -> Iterator[Finding]:
        """A finding for each layer; those without epochs are dropped."""

    @abstractmethod
    def looked_for(self, statistics: Statistics, limits: Thresholds) -> Iterator[str]:
        """What is looked for, in lines, so that "healthy" is understood."""


def by_layer(statistics: Statistics, name: str) -> NDArray[np.float64]:
    """A layer statistic of all layers that own tensors: (epochs, layers)."""
    columns = [statistics.layer(name, layer) for layer in statistics.layers]
    return np.stack(columns, axis=1) if columns else np.empty((statistics.epochs, 0))
