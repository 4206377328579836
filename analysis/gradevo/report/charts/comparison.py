"""The chart of all experiments on common axes: a quantity over the training progress from 0 to 1."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradevo.bands import epoch_bins
from gradevo.comparison.curves import curve
from gradevo.pictures.style.experiments import look
from gradevo.pictures.style.house import BLACK, SEQUENCE
from gradevo.report.charts.charts import Charts, charts_of
from gradevo.report.charts.explorer import DASHES, INK, MOST_EPOCHS, Explorer, Points, Quantity, Series
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import Ensemble


def comparison_charts(ensembles: Sequence[Ensemble]) -> Charts:
    """A chart of all experiments on common axes, every quantity of the comparison."""
    return charts_of("comparison", comparison_explorers(ensembles), ("Training progress", 0, 1, 0.01), (0, 1))


def comparison_explorers(ensembles: Sequence[Ensemble]) -> list[Explorer]:
    """One explorer with a line for each experiment; none if no experiment has a complete epoch."""
    x: dict[str, NDArray[np.float64]] = {}
    curves: dict[tuple[str, str], Points] = {}
    for ensemble in ensembles:
        for name in compared():
            found = curve(ensemble, name)
            bins = epoch_bins(len(found.progress), MOST_EPOCHS)
            points = Points.of(bins, list(found.values))
            if points.seeds.any():
                curves[name, ensemble.name] = points
                x[ensemble.name] = (bins.middles + 1) / len(found.progress)
    if not curves:
        return []
    quantities = tuple(
        Quantity(
            one.name,
            one.label[0].upper() + one.label[1:],
            f"{one.formula}: {one.tells}",
            one.symbol,
            logarithmic=one.logarithmic,
        )
        for one in compared().values()
    )
    series = [_series(ensemble.name, index) for index, ensemble in enumerate(ensembles) if ensemble.name in x]
    seeds = max(len(ensemble.runs) for ensemble in ensembles)
    return [
        Explorer(
            key="comparison",
            title="All experiments",
            many="experiments",
            axis="training progress",
            quantities=quantities,
            series=tuple(series),
            x=x,
            places={
                name: tuple(f"{100 * place:.3g} % of the training" for place in places.tolist())
                for name, places in x.items()
            },
            curves=curves,
            chosen=quantities[0].name,
            shown=tuple(x),
            note="Line: median, band: range of an experiment's seeds." if seeds > 1 else "",
            seeds=seeds,
        )
    ]


def _series(name: str, index: int) -> Series:
    """The colours of the comparison's figure."""
    color = look(index).color
    return Series(name, INK if color == BLACK else color, DASHES[index // len(SEQUENCE) % len(DASHES)])
