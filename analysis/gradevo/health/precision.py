"""What formats of lower precision would lose of every layer's gradient: a table, and a check of the worst."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gradevo.config.experiment import Thresholds
from gradevo.health.check import Check, Finding, Judged
from gradevo.statistics.distributions import FORMATS, Format, magnitudes
from gradevo.statistics.store import Statistics

SCALED_FLOAT16 = next(one for one in FORMATS if one.name == "float16" and one.scaled)


class Underflowing(Check):
    """Most of a layer's elements are zero in float16 even where the loss is scaled by 2¹⁶.

    Only what becomes zero is an issue: trainers lower the scale by themselves where something overflows, and
    elements that are lost in float8 are no fault of a layer in a training in float32.
    """

    name = "underflowing"
    symbol = "≈"
    measure = "share of its elements that are zero in float16, loss scaled by 2¹⁶"
    advice = (
        "What usually helps: bfloat16, which has float32's range; a larger loss scale, if nothing else "
        "overflows then; a loss that is a sum instead of a mean. In float32 the layer still learns, though "
        "gradients as small as these often mean that it vanishes, too."
    )

    def find(self, statistics: Judged, limits: Thresholds) -> Iterator[Finding]:
        if not isinstance(statistics, Statistics):
            return  # of a run that is followed while it grows, elements are not counted
        for layer, sizes in _sizes(statistics):
            flushed = SCALED_FLOAT16.flushed(sizes)
            yield self.finding(layer, flushed >= limits.underflow, flushed, limits.underflow, worst=np.max)

    def looked_for(self, statistics: Judged, limits: Thresholds) -> Iterator[str]:
        yield f"share of elements that are zero in float16 ≥ {limits.underflow:g}, loss scaled by 2¹⁶"


@dataclass(frozen=True)
class Loss:
    """What a format loses of a layer's elements that are not zero, in the epoch that loses most."""

    flushed: float
    """share that becomes zero"""
    overflowing: float
    """share that is too large"""

    @property
    def share(self) -> float:
        """Of both."""
        return self.flushed + self.overflowing


@dataclass(frozen=True)
class LayerPrecision:
    """What every format loses of a layer's gradient."""

    layer: str
    losses: tuple[Loss, ...]
    """in the order of `FORMATS`"""
    lost_in: str
    """the widest format that loses at least the threshold, with the loss scaled and without; empty if none"""

    @classmethod
    def of(cls, layer: str, sizes: NDArray[np.int64], threshold: float) -> Self:
        """sizes: (epochs, 255), as of `magnitudes`, with elements that are not zero."""
        losses = tuple(_worst(one, sizes) for one in FORMATS)
        least: dict[str, float] = {}
        for one, loss in zip(FORMATS, losses, strict=True):
            least[one.name] = min(loss.share, least.get(one.name, 1.0))
        lost_in = next((name for name, share in least.items() if share >= threshold), "")
        return cls(layer, losses, lost_in)


def precision(statistics: Statistics, limits: Thresholds) -> Iterator[LayerPrecision]:
    """The layers whose gradients are not always zero, in the graph's order."""
    for layer, sizes in _sizes(statistics):
        if sizes.any():
            yield LayerPrecision.of(layer, sizes, limits.underflow)


def _worst(one: Format, sizes: NDArray[np.int64]) -> Loss:
    worst = int(np.nanargmax(one.lost(sizes)))
    return Loss(float(one.flushed(sizes)[worst]), float(one.overflowing(sizes)[worst]))


def _sizes(statistics: Statistics) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Every layer with its elements by size in every epoch, (epochs, 255)."""
    for layer in statistics.graph.owners:
        each = (magnitudes(statistics.exponents(name), statistics.zeros(name)) for name in layer.tensors)
        yield layer.id, np.sum(list(each), axis=0)
