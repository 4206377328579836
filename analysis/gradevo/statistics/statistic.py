"""What a statistic is: the facts from which files, tables, charts, comparisons and documents are derived."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from gradevo.statistics.sums import StepSums

if TYPE_CHECKING:
    from gradevo.statistics.store import Statistics

Level = Literal["epoch", "step", "layer", "derived"]
"""A value per epoch and column; per step and column; per epoch and layer; or none in the file, but per epoch
of a run, derived from the others when it is asked for. Columns are the tensors and their total."""

PER_WEIGHT = "loss / weight"
"""The unit of a gradient and its norms."""


def with_total(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Append the sum over the tensors: (…, T) -> (…, T+1) float64."""
    with np.errstate(invalid="ignore"):  # infinities of both signs
        total = values.sum(axis=-1, keepdims=True)
    return np.concatenate([values, total], axis=-1)


@dataclass(frozen=True)
class StepValues:
    """Of consecutive steps: what their statistics are computed from; T tensors.

    sums: (steps, T) arrays. squares_before: (T,), Σg² of the step before the first, NaN if there is none.
    sizes: (T,), numbers of elements. recorded: the norms that the run holds of every step, "updates" or
    "applied" -> (steps, T). weight_squares: (T,), ‖w[e−1]‖₂² where the epoch e of the steps begins; NaN if
    the run holds no updates.
    """

    sums: StepSums
    squares_before: NDArray[np.float64]
    sizes: NDArray[np.float64]
    recorded: Mapping[str, NDArray[np.float64]]
    weight_squares: NDArray[np.float64]

    @cached_property
    def squares(self) -> NDArray[np.float64]:
        """Σg², (steps, T+1): of the tensors, and of all parameters."""
        return with_total(self.sums.squares)

    @cached_property
    def absolute(self) -> NDArray[np.float64]:
        """Σ|g|, (steps, T+1): of the tensors, and of all parameters."""
        return with_total(self.sums.absolute)

    @cached_property
    def elements(self) -> NDArray[np.float64]:
        """The numbers of elements, (T+1,)."""
        return with_total(self.sizes)

    @cached_property
    def norms(self) -> NDArray[np.float64]:
        """‖g‖₂ of every tensor, (steps, T)."""
        return np.sqrt(self.sums.squares)

    @cached_property
    def previous_squares(self) -> NDArray[np.float64]:
        """Σg² of the step before each, (steps, T+1)."""
        return with_total(np.concatenate([self.squares_before[None], self.sums.squares[:-1]]))


@dataclass(frozen=True)
class EpochValues:
    """Of an epoch: what its statistics are computed from, (1, T) each but for the sizes, (T,).

    norms, norms_acc, acc_norms: order k -> ‖g[e]‖ₖ, ‖A[e]‖ₖ and Σ_{i≤e} ‖g[i]‖ₖ. change_squares,
    weight_squares: ‖w[e] − w[e−1]‖₂² and ‖w[e−1]‖₂².
    """

    sizes: NDArray[np.float64]
    norms: dict[int, NDArray[np.float64]]
    norms_acc: dict[int, NDArray[np.float64]]
    acc_norms: dict[int, NDArray[np.float64]]
    change_squares: NDArray[np.float64]
    weight_squares: NDArray[np.float64]


@dataclass(frozen=True)
class RunValues:
    """Of all complete epochs: max|g[e]| and max|A[e]| of every tensor, (epochs, T) each."""

    maxima: NDArray[np.float64]
    maxima_acc: NDArray[np.float64]


@dataclass(frozen=True)
class LayerValues:
    """Of complete epochs, (epochs, L) each; G is a layer's gradient as one vector.

    steps: recorded steps of the epoch, (epochs, 1). norms: Σ‖G‖₂. highest: max ‖G‖₂. zeros: steps with G = 0.
    cosines, defined: the sum of the cosines of successive gradients that have a value, and how many have.
    """

    steps: NDArray[np.int64]
    norms: NDArray[np.float64]
    highest: NDArray[np.float64]
    zeros: NDArray[np.float64]
    cosines: NDArray[np.float64]
    defined: NDArray[np.float64]


@dataclass(frozen=True)
class Statistic:
    """A statistic, and all that others have to know of it."""

    name: str
    """as in the files; the article's own where it has one"""
    level: Level
    label: str
    """in words, self-explaining"""
    symbol: str
    """the formula, short enough for an axis"""
    tells: str
    """what it says of a training"""
    formula: str = ""
    """the formula with all that it leaves open, if the symbol does"""
    unit: str = "1"
    group: str = ""
    """heading under which a choice lists it"""
    logarithmic: bool | None = None
    """whether an axis of it is logarithmic; None: where its values span many decades"""
    compute: Callable[[Any], NDArray[np.float64]] | None = None
    """from the values `of` that kind to (…, T+1) or (…, L) float64"""
    of: type[StepValues | EpochValues | RunValues | LayerValues] | None = None
    """what it is computed from, if not what its level says"""
    needs: str = ""
    """of a step statistic: the norms of steps, "updates" or "applied", without which a run has none of it"""
    first: bool = False
    """whether a choice begins with it"""
    compared: bool = False
    """whether experiments are compared by it"""
    read: "Callable[[Statistics], NDArray[np.float64]] | None" = None
    """a run's values, (epochs,) float64; without, see `compared_series`"""
    is_share: bool = False
    """whether its values are in [0, 1], so that tables give per cent"""
    every_batch: bool = False
    """whether it has a value only where every batch was recorded"""
    last_quarter: bool = False
    """whether a table has its mean over the last quarter of the epochs, in place of the last epoch's value"""
    reference: float | None = None
    """what unrelated gradients would have"""
    caption: str = ""
    """a sentence to the panel that compares it"""

    def __post_init__(self) -> None:
        by_level = {"step": StepValues, "epoch": EpochValues, "layer": LayerValues}
        if self.of is None:
            object.__setattr__(self, "of", by_level.get(self.level))

    @property
    def axis(self) -> str:
        """Symbol and unit for an axis."""
        return f"{self.symbol} ({self.unit})" if self.unit != "1" else self.symbol

    @property
    def meaning(self) -> str:
        """The symbol, and what it leaves open."""
        return self.formula or self.symbol
