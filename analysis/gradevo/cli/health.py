"""``gradevo health``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.cli.options import with_thresholds
from gradevo.config.experiment import Thresholds
from gradevo.health.check import health_lines
from gradevo.health.record import write_health


@with_thresholds
def command(
    statistics: Annotated[list[Path], typer.Argument(help="statistics.h5 of one experiment, one per seed.")],
    output: Annotated[Path, typer.Option(help="health.json to write.")],
    limits: Thresholds,
) -> None:
    """Judge the layers of an experiment's runs, and write down what was found."""
    for judged in write_health(statistics, limits, output):
        for line in health_lines(judged.findings):
            print(f"seed {judged.seed}: {line}")
