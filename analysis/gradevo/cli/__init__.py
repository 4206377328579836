"""The command line: a module per command, each one call into the library."""

import io
import os
import sys

from gradevo.cli.app import app
from gradevo.errors import DiskFull, GradevoError

__all__ = ["main"]


def main() -> None:
    """Run ``gradevo``; a user's mistake is one line per mistake on stderr and exit code 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files need not be what a terminal can show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
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
