"""Carrying the complete epochs of a killed run over into a new file."""

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gradevo.runfile.schema import SLOTS, VERSION, Plan, partial_path
from gradevo.runfile.writer import RunWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resumed:
    """What training needs to go on after ``epochs`` complete epochs.

    weights: one array a tensor, in the plan's order; state: the checkpoint's variables.
    """

    epochs: int
    weights: list[np.ndarray[Any, Any]]
    state: list[np.ndarray[Any, Any]]


def resume(path: Path, plan: Plan) -> tuple[RunWriter, Resumed | None]:
    """Open a writer for ``path`` that continues its partial file where there is one.

    The partial file of the same run (equal root attributes, the fingerprint among them) is
    copied, complete epochs only, into a new file, which then takes its place: a process
    killed at any moment here leaves a partial file with all its complete epochs. The
    complete epochs of another run are kept as ``<stem>.abandoned.h5``, with a warning. A
    partial file with nothing complete, or unreadable, is started anew.
    """
    partial = partial_path(path)
    copy = _beside(path, "copy")
    copy.unlink(missing_ok=True)  # left by a process that was killed while it copied
    source = _open_killed(partial)
    if source is not None:
        with source:
            epochs = int(source["epochs_complete"][()]) if "epochs_complete" in source else 0
            different = _differences(source, plan)
            if epochs and not different:
                return _continue(path, plan, source, epochs, copy)
        if epochs:
            abandoned = _beside(path, "abandoned")
            os.replace(partial, abandoned)
            logger.warning(
                "%s holds %d complete epochs of another run (different: %s); kept as %s, starting anew",
                partial,
                epochs,
                ", ".join(different),
                abandoned.name,
            )
    return RunWriter(path, plan), None


def _continue(
    path: Path, plan: Plan, source: h5py.File, epochs: int, copy: Path
) -> tuple[RunWriter, Resumed]:
    writer = RunWriter(path, plan, file=copy)
    try:
        writer.copy_epochs(source, epochs)
    except BaseException:
        writer.close()
        copy.unlink()
        raise
    resumed = Resumed(
        epochs,
        [source["weights"][name][epochs] for name in plan.tensors],
        [source["checkpoint"][str(epochs % SLOTS)][str(i)][()] for i in range(len(plan.state))],
    )
    writer.rename(partial_path(path))
    return writer, resumed


def _beside(path: Path, word: str) -> Path:
    return path.with_name(f"{path.stem}.{word}{path.suffix}")


def _open_killed(partial: Path) -> h5py.File | None:
    if not partial.exists():
        return None
    try:
        return h5py.File(partial, "r", libver="latest", swmr=True)
    except (OSError, RuntimeError) as error:
        end = re.search(r"truncated file: .*stored_eof = (\d+)", str(error))
        if end is None:  # killed before its datasets were laid out: nothing is lost
            return None
    # A full disk kept it from growing to the size it already gives; what is missing is of no complete epoch.
    os.truncate(partial, int(end[1]))
    return h5py.File(partial, "r", libver="latest", swmr=True)


def _differences(source: h5py.File, plan: Plan) -> list[str]:
    """Names of the root attributes in which a partial file differs from the plan."""
    same = dict(
        plan.attributes,
        version=VERSION,
        epochs=plan.epochs,
        steps_per_epoch=plan.steps_per_epoch,
        record_every=plan.record_every,
        keep_bits=plan.keep_bits or 0,
    )
    return sorted(name for name, value in same.items() if source.attrs.get(name) != value)
