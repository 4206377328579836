"""``gradevo statistics``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.cli.options import RunFile
from gradevo.statistics.analyse import analyse


def command(
    run: RunFile,
    output: Annotated[Path, typer.Option(help="statistics.h5 to write.")],
    table: Annotated[Path | None, typer.Option(help="statistics.csv to write.")] = None,
) -> None:
    """Compute the statistics of a run, also of one that is still growing."""
    analyse(run, output, table)
