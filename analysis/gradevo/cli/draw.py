"""``gradevo draw``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.pictures.catalogue import CATALOGUE, pictures_of
from gradevo.pictures.picture import Material

NAMES = ", ".join(dict.fromkeys(job for job, _ in CATALOGUE))


def command(
    picture: Annotated[str, typer.Argument(help=f"One of {NAMES}.")],
    files: Annotated[
        list[Path], typer.Argument(help="What it is drawn from: statistics.h5 or run.h5, one per seed.")
    ],
    folder: Annotated[Path, typer.Option(help="Folder of the experiment, or of the comparison.")],
    data: Annotated[
        Path | None, typer.Option(help="Prepared dataset (gradevo fetch), for pictures of runs.")
    ] = None,
    health: Annotated[
        Path | None, typer.Option(help="health.json; without, the default thresholds judge.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Of the graph: connections with a gradient norm at or below this are red. "
            "Of convergence: the loss to get below.",
        ),
    ] = None,
    relative: Annotated[
        bool, typer.Option(help="The graph's threshold is a multiple of the median of the connections.")
    ] = False,
) -> None:
    """Draw a picture, or all pictures of that name."""
    material = Material(files, folder, data, health, threshold, relative)
    for one in pictures_of(picture):
        lines = one.draw(material) or ()
        for path in one.paths(folder):
            print(path)
        for line in lines:
            print(line)
