"""The command line: a module per command, each one call into the library."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import typer

from gradevo.atomic import is_full
from gradevo.cli.app import app
from gradevo.errors import GradevoError, NotWritten

__all__ = ["main"]


def main() -> None:
    """Run ``gradevo``; a user's mistake is one line per mistake on stderr and exit code 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files need not be what a terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with _full_disk_said_once():
            try:
                typer.main.get_command(app)()  # app() itself would print what is raised in its own way
            finally:
                sys.stdout.flush()  # here a full disk is one line
    except GradevoError as error:
        for line in str(error).splitlines():
            print(f"gradevo: {line}", file=sys.stderr)
        if isinstance(error, NotWritten):
            sys.stderr.flush()
            os._exit(1)
        sys.exit(1)
    except OSError as error:
        print(f"gradevo: {error.filename or 'writing failed'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("gradevo: interrupted", file=sys.stderr)
        sys.exit(130)


@contextmanager
def _full_disk_said_once() -> Iterator[None]:
    """HDF5 says it again for every object of a file that it lets go of: that is not printed."""
    raised, unraisable = sys.excepthook, sys.unraisablehook

    def print_raised(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not is_full(error):
            raised(kind, error, trace)

    def print_unraisable(failure: Any) -> None:
        if not (failure.exc_value and is_full(failure.exc_value)):
            unraisable(failure)

    sys.excepthook, sys.unraisablehook = print_raised, print_unraisable
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook = raised, unraisable
