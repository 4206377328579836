"""``gradevo doctor``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.cli.options import with_thresholds
from gradevo.config.experiment import Thresholds
from gradevo.health.text import examine


@with_thresholds
def command(
    file: Annotated[
        Path,
        typer.Argument(help="Run file, also one that is still growing, statistics.h5, or health.json."),
    ],
    limits: Thresholds,
) -> None:
    """Look for layers whose gradients explode, vanish, oscillate or are dead, and say what usually helps.

    The findings in a health.json were judged when it was made: options do not change them.
    """
    print(examine(file, limits))
