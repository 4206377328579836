"""An offline run of Weights & Biases, which ``wandb sync`` uploads, where and when its owner wants."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradevo.export.package import package
from gradevo.export.tables import Axis, Table, blocks, coordinate, histograms, tables
from gradevo.statistics.store import Statistics

PROJECT = "gradevo"


def write_wandb(statistics: Statistics, folder: Path) -> Path:
    """Write ``wandb/offline-run-…`` into a folder; nothing goes to a network.

    All series have the step (from 0) or the epoch (from 1) as their axis. The run's configuration is the
    experiment's. What wandb itself adds, a time and a random name of the run, is in the file, too.

    Returns:
        The run's folder.

    Raises:
        GradevoError: Where the package is missing.
    """
    wandb = package("wandb", "wandb")
    folder.mkdir(parents=True, exist_ok=True)
    told = statistics.experiment
    run = wandb.init(
        mode="offline",
        dir=str(folder),
        project=PROJECT,
        name=f"{told.name or told.heading}, seed {statistics.seed}",
        notes=statistics.data_label or None,
        config={**told.settings, "seed": statistics.seed},
        # Of the machine that exports, nothing is of interest.
        settings=wandb.Settings(
            console="off", silent=True, disable_git=True, save_code=False, x_disable_stats=True,
            x_disable_meta=True,
        ),
    )  # fmt: skip
    try:
        where = Path(run.dir).parent
        found = list(tables(statistics))
        axes: tuple[Axis, ...] = ("step", "epoch")
        for axis in axes:
            run.define_metric(axis)
        for table in found:
            name = _name(table, "*" if any(table.columns) else "")
            run.define_metric(name, step_metric=table.axis)
        run.define_metric("distribution.*", step_metric="epoch")
        for axis in axes:
            for row in _rows(statistics, axis, [table for table in found if table.axis == axis]):
                run.log(row)
        for row in _distributions(statistics, wandb.Histogram):
            run.log(row)
    finally:
        run.finish()
    return where


def _name(table: Table, column: str) -> str:
    """As of the table; with the split of a metric behind, as both are in one run here."""
    return table.name(column) + (f" ({table.split})" if table.level == "metric" else "")


def _rows(statistics: Statistics, axis: Axis, found: list[Table]) -> Any:
    """What is logged at every step or epoch: name -> value."""
    names = [_name(table, column) for table in found for column in table.columns]
    for start, stop in blocks(statistics, axis, found) if names else ():
        values = np.concatenate([table.read(start, stop) for table in found], axis=1)
        for row, one in enumerate(values.tolist(), start):
            yield {axis: coordinate(axis, row), **dict(zip(names, one, strict=True))}


def _distributions(statistics: Statistics, histogram: Any) -> Any:
    """What is logged at every epoch of a tensor."""
    for tensor, found in histograms(statistics):
        for row, one in enumerate(found):
            told: Mapping[str, Any] = {
                "epoch": coordinate("epoch", row),
                f"distribution.zeros/{tensor}": one.zeros / max(one.elements, 1),
                f"distribution.nonfinite/{tensor}": one.nonfinite / max(one.elements, 1),
            }
            if len(one.counts):
                drawn = histogram(np_histogram=(one.counts, one.edges))
                told = {**told, f"distribution.log2_gradient/{tensor}": drawn}
            yield told
