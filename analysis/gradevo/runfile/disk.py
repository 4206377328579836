"""Room for a record: is there enough, and what to do when it runs out."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from gradevo.atomic import errnos_of, is_full
from gradevo.errors import DiskFull, GradevoError, NotWritten
from gradevo.numbers import in_bytes
from gradevo.runfile.schema import Plan, partial_path


def not_written(path: Path, error: BaseException) -> NotWritten | None:
    """What an error of h5py or the system says of a record that could not be written; None if it is no such.

    DiskFull where there is no room left.
    """
    numbers = errnos_of(error)
    if not numbers:
        return None
    go_on = "start again in a new process, which goes on after the last complete epoch"
    if is_full(error):
        return DiskFull(
            f"{path}: expected room for the record to grow, found none left on the disk; "
            f"free some and {go_on}"
        )
    return NotWritten(
        f"{path}: expected to write the record, found that the system cannot ({os.strerror(min(numbers))}); "
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
