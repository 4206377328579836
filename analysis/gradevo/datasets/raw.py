"""Files in data/raw: what lies there is checked and used, what is missing is fetched whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gradevo.datasets.origin import Origin


def in_raw(
    path: Path,
    sha256: str,
    digest: Callable[[Path], str],
    download: Callable[[Path], Path],
    origin: Origin,
) -> None:
    """See to it that `path` is there and right.

    digest: computes the sum of a file that is compared with `sha256`.
    download: fetches the file into a given folder, which is removed afterwards, checks it, and returns where
    it is. Only then is it given the name `path`.

    Raises GradevoError if the file that lies there has another sum, or it cannot be read or written.
    """
    try:
        if path.exists():
            remedy = f"remove this file, which makes room for a fresh download, or {origin.remedy}"
            on_disk = replace(origin, remedy=remedy)
            on_disk.check_sha256(digest(path), sha256)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as folder:
            os.replace(download(Path(folder)), path)
    except OSError as error:
        raise origin.fault(
            "to read and write this file", f"{type(error).__name__}: {error.strerror}"
        ) from error
