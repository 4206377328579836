"""The comparison of experiments; its numbers in one tidy table: median and range over seeds."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gradevo.atomic import atomic_file
from gradevo.bands import spread
from gradevo.comparison.curves import write_curves
from gradevo.comparison.latex import write_latex
from gradevo.metrics import metric_of
from gradevo.statistics.catalogue import compared
from gradevo.statistics.derived import compared_series, why_missing
from gradevo.statistics.ensembles import Ensemble, open_ensembles

COLUMNS = ("experiment", "quantity", "label", "unit", "median", "low", "high", "seeds", "note")


def compare(statistics_paths: Sequence[str | Path], folder: str | Path) -> list[Path]:
    """Compare experiments from their statistics files, one per seed.

    Writes all compared series (``curves.csv``) and the summary (``summary.csv``, ``summary.tex``) into the
    folder, and returns their paths. Each file appears when it is complete; the same statistics give the same
    bytes. Raises `GradevoError` as `open_ensembles` does.
    """
    target = Path(folder)
    with open_ensembles(statistics_paths) as ensembles:
        curves = write_curves(ensembles, target / "curves.csv")
        table = summarize(ensembles)
        summary = write_summary(table, target / "summary.csv")
        latex = write_latex(table, ensembles, target / "summary.tex")
    return [curves, summary, latex]


def summarize(ensembles: Sequence[Ensemble]) -> pd.DataFrame:
    """The table of all experiments, with the columns

    experiment  name in the configuration
    quantity    name for programs, such as ``loss_last`` or ``path_efficiency_last``
    label       the same in words
    unit        ``1`` for numbers without a unit, accuracies (as shares) among them
    median, low, high    over the seeds that have a value: median, minimum, maximum, float64; NaN without any
    seeds       how many have a value
    note        what must be said of the data, and why values are missing; else empty
    """
    return pd.DataFrame([row for ensemble in ensembles for row in _rows(ensemble)], columns=COLUMNS)


def write_summary(table: pd.DataFrame, path: Path) -> Path:
    """Write the table as CSV: floats with the fewest digits that give them again, undefined ones ``nan``."""
    with atomic_file(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\n", na_rep="nan", encoding="utf-8")
    return path


def last_value(series: NDArray[np.float64]) -> float:
    """The last epoch's value of a series, (epochs,); NaN without an epoch."""
    return float(series[-1]) if len(series) else float("nan")


def last_quarter(series: NDArray[np.float64]) -> float:
    """The mean of a series, (epochs,), over the epochs with e/E > 3/4, without undefined values."""
    late = series[3 * len(series) // 4 :]
    late = late[np.isfinite(late)]
    return float(late.mean()) if len(late) else float("nan")


def _rows(ensemble: Ensemble) -> Iterator[tuple[object, ...]]:
    """All numbers of an experiment."""
    runs = ensemble.runs
    for name, label, counts in (
        ("parameters", "trainable parameters", [run.size() for run in runs]),
        ("epochs", "complete epochs", [run.epochs for run in runs]),
        ("steps", "recorded steps", [run.steps for run in runs]),
    ):
        yield _row(ensemble, name, label, "1", counts, [""] * len(runs))
    for name in ("loss", *runs[0].metric_names):
        metric = metric_of(name, runs[0].experiment.loss)
        words, unit = metric.words, metric.unit or "?"
        if name == "loss" and metric.unit:
            words = f"loss: {words.removesuffix(' loss')}"
        series = [run.metrics("train").get(name, np.empty(0)) for run in runs]
        missing = ["not finite" if run.epochs else "no complete epoch" for run in runs]
        first = [float(values[0]) if len(values) else float("nan") for values in series]
        yield _row(ensemble, f"{name}_first", f"training {words}, first epoch", unit, first, missing)
        last = [last_value(values) for values in series]
        yield _row(ensemble, f"{name}_last", f"training {words}, last epoch", unit, last, missing)
    for quantity in compared().values():
        suffix, when, reduce = "last", "last epoch", last_value
        if quantity.last_quarter:
            suffix, when, reduce = "last_quarter", "mean of the last quarter", last_quarter
        values = [reduce(compared_series(run, quantity)) for run in runs]
        missing = [why_missing(run, quantity) for run in runs]
        label = f"{quantity.label}, {when}"
        yield _row(ensemble, f"{quantity.name}_{suffix}", label, quantity.unit, values, missing)


def _row(
    ensemble: Ensemble, name: str, label: str, unit: str, values: Sequence[float], missing: Sequence[str]
) -> tuple[object, ...]:
    """A number of every seed in a row of the table; `missing` says why where there is none."""
    numbers = np.asarray(values, dtype=np.float64)
    known = np.isfinite(numbers)
    low, middle, high = (float(column[0]) for column in spread(np.where(known, numbers, np.nan)[:, None]))
    reasons = [
        f"seed {run.seed}: {reason}"
        for run, reason, there in zip(ensemble.runs, missing, known, strict=True)
        if not there
    ]
    note = "; ".join([*ensemble.data_labels, *reasons])
    return ensemble.name, name, label, unit, middle, low, high, int(known.sum()), note
