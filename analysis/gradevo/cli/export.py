"""``gradevo export``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.errors import GradevoError
from gradevo.export.parquet import write_parquet
from gradevo.export.tensorboard import write_tensorboard
from gradevo.export.wandb import write_wandb
from gradevo.statistics.opened import open_statistics


def command(
    run: Annotated[Path, typer.Argument(help="Run file, also one that is still growing, or statistics.h5.")],
    tensorboard: Annotated[Path | None, typer.Option(help="Folder for TensorBoard's event files.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Table to write (.parquet).")] = None,
    wandb_offline: Annotated[
        Path | None, typer.Option(help="Folder for an offline run of Weights & Biases.")
    ] = None,
) -> None:
    """Write the statistics of a run for TensorBoard, Weights & Biases, or whatever reads Parquet."""
    if tensorboard is parquet is wandb_offline is None:
        raise GradevoError(
            "export: expected --tensorboard, --parquet or --wandb-offline, found none of them; name one"
        )
    with open_statistics(run) as statistics:
        if tensorboard is not None:
            for path in write_tensorboard(statistics, tensorboard):
                print(path)
        if parquet is not None:
            print(write_parquet(statistics, parquet))
        if wandb_offline is not None:
            print(write_wandb(statistics, wandb_offline))
