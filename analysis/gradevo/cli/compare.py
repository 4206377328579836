"""``gradevo compare``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.cli.options import AllStatistics
from gradevo.comparison.summary import compare


def command(
    statistics: AllStatistics,
    folder: Annotated[Path, typer.Option(help="Folder for the tables.")],
) -> None:
    """Compare experiments: how gradients evolve, as CSV and LaTeX; `gradevo draw evolution` draws it."""
    for path in compare(statistics, folder):
        print(path)
