"""Is there room for a record? Asked before training, not found out after an hour of it."""

import shutil
from dataclasses import replace
from pathlib import Path

from gradevo.errors import GradevoError
from gradevo.numbers import in_bytes
from gradevo.runfile.schema import Plan, partial_path


def check_space(path: Path, plan: Plan) -> None:
    """Raise GradevoError if the disk of ``path`` has less room than the record may need.

    What compression gains is not counted on. A run that goes on has a part of its record already; that part
    is copied first, so there must be room for it once more, and afterwards for the rest.
    """
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    partial = partial_path(path)
    there = partial.stat().st_size if partial.exists() else 0
    needed = max(there, plan.bytes - there)
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
        }
        helping = [(setting, less.bytes) for setting, less in smaller.items() if less.bytes < plan.bytes]
        listed = ", ".join(f"{setting} needs {in_bytes(size)}" for setting, size in helping)
        remedies += [f"record less ({listed})"] if listed else []
    raise GradevoError(
        f"{path}: expected room for {'the rest of ' if there else ''}a record of {in_bytes(plan.bytes)} "
        f"({plan.steps:,} steps of {plan.parameters:,} parameters), which needs {in_bytes(needed)}, found "
        f"{in_bytes(free)} of free disk; {', or '.join(remedies)}"
    )
