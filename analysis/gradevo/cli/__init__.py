"""The command line: a module per command, each one call into the library."""

import io
import os
import sys
from typing import Any

from gradevo.atomic import is_full
from gradevo.cli.app import app
from gradevo.errors import DiskFull, GradevoError

__all__ = ["main"]


def main() -> None:
    """Run ``gradevo``; a user's mistake is one line per mistake on stderr and exit code 1."""
    sys.unraisablehook = _but_for_a_full_disk
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files need not be what a terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # here a full disk is one line
    except GradevoError as error:
        for line in str(error).splitlines():
            print(f"gradevo: {line}", file=sys.stderr)
        if isinstance(error, DiskFull):
            sys.stderr.flush()
            os._exit(1)
        sys.exit(1)
    except OSError as error:
        print(f"gradevo: {error.filename or 'writing failed'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("gradevo: interrupted", file=sys.stderr)
        sys.exit(130)


def _but_for_a_full_disk(failure: Any) -> None:
    """Print what could not be raised, unless it is what HDF5 says again of a disk that is full."""
    if not (failure.exc_value and is_full(failure.exc_value)):
        sys.__unraisablehook__(failure)
