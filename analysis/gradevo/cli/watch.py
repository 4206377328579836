"""``gradevo watch``."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from gradevo.live.server import HOST, NICENESS, PORT, names_of, serve


def command(
    folder: Annotated[
        Path, typer.Argument(help="Folder of records, also of such as are yet to come; or a run file.")
    ] = Path("results"),
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help=f"Of the page; 0 for any. Without: {PORT}, or any if it is taken.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Interface to listen at. Another than loopback shows the page to others, too.")
    ] = HOST,
) -> None:
    """Follow trainings in the browser while they are recorded: a page of all records below a folder.

    Starts before, during or after a training, and changes nothing. Ends with Ctrl+C.
    """

    def told(url: str) -> None:
        if not names_of(host) <= names_of(HOST):
            print(
                f"gradevo: {host}: everyone who reaches this machine can read names and numbers of the runs",
                file=sys.stderr,
            )
        print(f"{url} follows {folder}; Ctrl+C ends it", flush=True)

    os.nice(NICENESS)
    with suppress(KeyboardInterrupt):
        serve(folder, port, host, told)
