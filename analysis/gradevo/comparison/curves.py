"""Quantities over the training progress, on one axis for all seeds of an experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.bands import spread
from gradevo.statistics.catalogue import compared
from gradevo.statistics.derived import compared_series
from gradevo.statistics.ensembles import Ensemble
from gradevo.statistics.statistic import Statistic

COLUMNS = ("experiment", "seed", "quantity", "progress", "value")


@dataclass(frozen=True)
class Curve:
    """A quantity of all seeds of an experiment."""

    progress: NDArray[np.float64]
    """(points,) in (0, 1], ascending"""
    values: NDArray[np.float64]
    """(seeds, points); NaN where there is no value"""

    def spread(self) -> tuple[NDArray[np.float64], ...]:
        """Minimum, median and maximum over the seeds that have a value, (points,) each."""
        return spread(self.values)


def curve(ensemble: Ensemble, quantity: Statistic | str) -> Curve:
    """A quantity of an experiment's runs over the training progress: the share of the epochs that is over.

    Each run ends at progress 1. The points are those of the run with the most epochs, at e/E. A shorter run
    of E′ epochs gives at progress p the value of the epoch under way, ⌈pE′⌉; runs of equal length give all
    values as they are. A run without a complete epoch has no value; if no run has one there is no point.
    """
    chosen = compared()[quantity] if isinstance(quantity, str) else quantity
    series = [compared_series(run, chosen) for run in ensemble.runs]
    points = max(map(len, series))
    point = np.arange(1, points + 1)
    values = np.full((len(series), points), np.nan)
    for row, run in zip(values, series, strict=True):
        if len(run):
            row[:] = run[-(-point * len(run) // points) - 1]  # ⌈pE′⌉ in whole numbers
    return Curve(point / max(points, 1), values)


def write_curves(ensembles: Sequence[Ensemble], path: Path) -> Path:
    """Write all curves as a tidy CSV: experiment, seed, quantity, progress, value.

    Values have the fewest digits that give the same float64 again; undefined ones are ``nan``. The minimum,
    median and maximum over the seeds of an experiment at a quantity's progress are what the figure draws.
    """
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        pd.DataFrame(columns=COLUMNS).to_csv(file, index=False, lineterminator="\n")
        for ensemble in ensembles:
            for quantity in compared().values():
                rows = _rows(ensemble, quantity)
                rows.to_csv(file, index=False, header=False, lineterminator="\n", na_rep="nan")
    return path


def _rows(ensemble: Ensemble, quantity: Statistic) -> pd.DataFrame:
    found = curve(ensemble, quantity)
    seeds = [run.seed for run in ensemble.runs]
    index = pd.MultiIndex.from_product(
        [[ensemble.name], seeds, [quantity.name], found.progress], names=COLUMNS[:4]
    )
    return pd.DataFrame({"value": np.ravel(found.values)}, index=index).reset_index()
