"""``gradevo claims``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.claims.write import summary, write_claims
from gradevo.cli.options import AllStatistics


def command(
    statistics: AllStatistics,
    table: Annotated[Path, typer.Option(help="claims.csv to write.")],
    latex: Annotated[Path, typer.Option(help="claims.tex to write, an overview.")],
) -> None:
    """Hold sentences of the article and the literature against the runs: are they supported?"""
    print(summary(write_claims(statistics, table, latex)))
