"""The epoch statistics as a tidy table."""

from pathlib import Path

import numpy as np
import pandas as pd

from gradevo.atomic import atomic_file
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import Statistics

COLUMNS = ("epoch", "tensor", "statistic", "value")
EPOCHS_AT_ONCE = 50


def write_table(statistics_path: str | Path, table_path: str | Path) -> None:
    """Write the epoch statistics of ``statistics.h5`` as CSV: epoch, tensor, statistic, value.

    Epochs count from 1; the tensor is a path or ``total``. Values have the fewest digits that give
    the same float64 again; undefined ones are ``nan``. Rows are ordered by epoch, tensor (in model
    order, then the total) and statistic. The file appears when it is complete.
    """
    with (
        Statistics(statistics_path) as statistics,
        atomic_file(Path(table_path)) as partial,
        partial.open("w", encoding="utf-8", newline="") as file,
    ):
        pd.DataFrame(columns=COLUMNS).to_csv(file, index=False, lineterminator="\n")
        for start in range(0, statistics.epochs, EPOCHS_AT_ONCE):
            rows = _rows(statistics, start, min(start + EPOCHS_AT_ONCE, statistics.epochs))
            rows.to_csv(file, index=False, header=False, lineterminator="\n", na_rep="nan")


def _rows(statistics: Statistics, start: int, stop: int) -> pd.DataFrame:
    """The table of the epochs start+1 … stop."""
    names = list(of_level("epoch"))
    values = np.stack(
        [statistics.epoch_columns(name, start, stop) for name in names], axis=-1
    )  # (epochs, T+1, statistics)
    index = pd.MultiIndex.from_product(
        [range(start + 1, stop + 1), statistics.columns, names], names=COLUMNS[:3]
    )
    return pd.DataFrame({COLUMNS[3]: values.ravel()}, index=index).reset_index()
