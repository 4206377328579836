"""Room for a record: is there enough, and what to do when it runs out."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gradevo.errors import DiskFull, GradevoError
from gradevo.numbers import in_bytes
from gradevo.runfile.schema import Plan, partial_path

# The disk, the user's share of it, or the size that a file may have, is used up.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: BaseException) -> bool:
    """Whether an error of h5py or the system says that there is no room left.

    h5py raises OSError or RuntimeError with the system's number in its text.
    """
    numbers = re.findall(r"errno = (\d+)", str(error))
    return getattr(error, "errno", None) in _NO_ROOM or bool({int(number) for number in numbers} & _NO_ROOM)


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Raise DiskFull where the block fails because ``path`` has no room to grow."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not is_full(error):
            raise
        raise DiskFull(
            f"{path}: expected room for the record to grow, found none left on the disk; free some and start "
            "again, which goes on after the last complete epoch"
        ) from error


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
