"""Room for a record: is there enough, and what to do when it runs out."""

import errno
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from gradevo.errors import DiskFull, GradevoError
from gradevo.numbers import in_bytes
from gradevo.runfile.schema import Plan, partial_path

# The disk, the user's share of it, or the size that a file may have, is used up.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def _errno(error: BaseException) -> int | None:
    """The system's number of an error: h5py raises OSError or RuntimeError with it in the text."""
    told = re.search(r"errno = (\d+)", str(error))
    number: int | None = int(told[1]) if told else getattr(error, "errno", None)
    return number


def not_written(path: Path, error: BaseException) -> GradevoError | None:
    """What an error of h5py or the system says of a record that could not be written; None if it is no such.

    DiskFull where there is no room left.
    """
    known = _errno(error)
    if known is None:
        return None
    go_on = "start again, which goes on after the last complete epoch"
    if known in _NO_ROOM:
        return DiskFull(
            f"{path}: expected room for the record to grow, found none left on the disk; "
            f"free some and {go_on}"
        )
    return GradevoError(
        f"{path}: expected to write the record, found that the system cannot ({os.strerror(known)}); "
        f"look after the disk and {go_on}"
    )


def check_space(path: Path, plan: Plan) -> None:
    """Raise GradevoError if the disk of ``path`` has less room than the record may need, where that is known.

    What compression gains is not counted on. A run that goes on has a part of its record already; that part
    is copied first, so there must be room for it once more, and afterwards for the rest.
    """
    steps, epochs = plan.steps, plan.epochs
    if steps is None or epochs is None:
        return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    partial = partial_path(path)
    there = partial.stat().st_size if partial.exists() else 0
    size = plan.bytes(steps, epochs)
    needed = max(there, size - there)
    if needed <= free:
        return
    remedies = ["free some", "record to another disk (the results folder may be a link to it)"]
    if there:
        remedies[1] = f"move the folder with {partial.name} to another disk and leave a link in its place"
    else:
        smaller = {
            "keep_bits: 10": replace(plan, keep_bits=10),
            "keep_bits: 7": replace(plan, keep_bits=7),
            "record_every: 10": replace(plan, record_every=10),
            f"record_epochs: [1, {epochs}]": replace(plan, record_epochs=(1, epochs)),
        }
        sizes = {setting: less.bytes(less.steps or 0, epochs) for setting, less in smaller.items()}
        listed = ", ".join(
            f"{setting} needs {in_bytes(less)}" for setting, less in sizes.items() if less < size
        )
        remedies += [f"record less ({listed})"] if listed else []
    raise GradevoError(
        f"{path}: expected room for {'the rest of ' if there else ''}a record of {in_bytes(size)} "
        f"({steps:,} steps of {plan.parameters:,} parameters), which needs {in_bytes(needed)}, found "
        f"{in_bytes(free)} of free disk; {', or '.join(remedies)}"
    )
