"""Is there room for a record? Asked before training, and explained where it runs out all the same."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gradevo.errors import DiskFull, GradevoError
from gradevo.runfile.schema import Plan

# The disk, the user's share of it, or the size that a file may have, is used up.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def check_space(path: Path, plan: Plan) -> None:
    """Raise GradevoError if the disk of ``path`` has less room than the record may need.

    What compression gains is not counted on. A run that is continued needs the room anew: its complete
    epochs are copied before the old file is given up.
    """
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    if plan.bytes <= free:
        return
    smaller = {
        "keep_bits: 10": replace(plan, keep_bits=10),
        "keep_bits: 7": replace(plan, keep_bits=7),
        "record_every: 10": replace(plan, record_every=10),
    }
    remedies = ", ".join(f"{setting} needs {in_bytes(less.bytes)}" for setting, less in smaller.items())
    raise GradevoError(
        f"{path}: expected room for a record of {in_bytes(plan.bytes)} ({plan.steps:,} steps of "
        f"{plan.parameters:,} parameters), found {in_bytes(free)} of free disk; free some, record to "
        f"another disk (the results folder may be a link to it), or record less ({remedies})"
    )


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Raise DiskFull where the block fails because ``path`` has no room to grow."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # h5py raises either, with the number in its text
        number = getattr(error, "errno", None) or int((re.findall(r"errno = (\d+)", str(error)) or [0])[0])
        if number not in NO_ROOM:
            raise
        raise DiskFull(
            f"{path}: expected room for the record to grow, found none left on the disk; free some and start "
            "again, which goes on after the last complete epoch"
        ) from error


def in_bytes(size: int) -> str:
    """A number of bytes for people, in three digits: "22.6 GB", "310 MB"."""
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if size >= 0.9995 * 10**power:
            return f"{size / 10**power:#.3g}".removesuffix(".") + f" {unit}"
    return f"{size} B"
