"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield the path to write `path` at: ``loss.png`` -> ``loss.partial.png``, beside it.

    The folder is made if needed. At the end the partial file takes the name `path`, replacing what was
    there; if anything fails, an interrupt too, it is removed and `path` stays as it was. A partial file
    that a killed process left behind is overwritten by the next attempt.

    Raises OSError if the folder cannot be made or the file cannot be moved.
    """
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
