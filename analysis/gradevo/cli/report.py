"""``gradevo report``."""

from pathlib import Path
from typing import Annotated

import typer

from gradevo.atomic import size_of
from gradevo.numbers import in_bytes
from gradevo.report.write import write_report


def command(
    files: Annotated[
        list[Path], typer.Argument(help="Artifacts of one results folder, told apart by their names.")
    ],
    folder: Annotated[Path, typer.Option(help="Folder for the pages; an earlier report in it is replaced.")],
    sources: Annotated[
        Path | None, typer.Option(help="Where each dataset comes from, for licences and citations.")
    ] = None,
) -> None:
    """Make pages of statistics, pictures, tables and provenance that open offline."""
    index = write_report(files, folder, sources)
    number, size = size_of(folder)
    print(f"{index}: {number} files, {in_bytes(size)}")
