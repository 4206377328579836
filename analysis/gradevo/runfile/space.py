"""Is there room for a record? Asked before training, not found out after an hour of it."""

import shutil
from dataclasses import replace
from pathlib import Path

from gradevo.errors import GradevoError
from gradevo.runfile.schema import Plan


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
    remedies = ", ".join(f"{setting} needs {gigabytes(less.bytes)}" for setting, less in smaller.items())
    raise GradevoError(
        f"{path}: expected room for a record of {gigabytes(plan.bytes)} ({plan.steps:,} steps of "
        f"{plan.parameters:,} parameters), found {gigabytes(free)} of free disk; free some, record to "
        f"another disk (the results folder may be a link to it), or record less ({remedies})"
    )


def gigabytes(size: int) -> str:
    """A number of bytes for people: "22.7 GB", or "310 MB" below one."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
