"""Carrying the complete epochs of a killed run over into a new file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gradevo.runfile.schema import SLOTS, Plan, partial_path
from gradevo.runfile.writer import RunWriter


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
    killed at any moment here leaves a partial file with all its complete epochs. Any other
    partial file (another config, nothing complete, unreadable) is started anew.
    """
    partial = partial_path(path)
    copied = _copy_complete_epochs(path, partial, plan)
    return copied or (RunWriter(path, plan), None)


def _copy_complete_epochs(path: Path, partial: Path, plan: Plan) -> tuple[RunWriter, Resumed] | None:
    source = _open_killed(partial)
    if source is None:
        return None
    with source:
        epochs = _complete_epochs(source, plan)
        if not epochs:
            return None
        copy = partial.with_name(f"{partial.stem}.copy{partial.suffix}")
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
    writer.rename(partial)
    return writer, resumed


def _open_killed(partial: Path) -> h5py.File | None:
    if not partial.exists():
        return None
    try:
        return h5py.File(partial, "r", libver="latest", swmr=True)
    except (OSError, RuntimeError):  # killed before its datasets were laid out: nothing is lost
        return None


def _complete_epochs(source: h5py.File, plan: Plan) -> int:
    """Complete epochs that may be continued under ``plan``; 0 when the file is of another run."""
    same = dict(plan.attributes, epochs=plan.epochs, steps_per_epoch=plan.steps_per_epoch)
    if any(source.attrs.get(name) != value for name, value in same.items()):
        return 0
    return int(source["epochs_complete"][()]) if "epochs_complete" in source else 0
