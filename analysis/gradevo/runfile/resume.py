"""Carrying the complete epochs of a killed run over into a new file."""

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gradevo.runfile.bytes import open_left
from gradevo.runfile.digest import check_texts, digest_of_state, intact
from gradevo.runfile.schema import DIGEST, SLOTS, Plan, copy_path, partial_path
from gradevo.runfile.writer import RunWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resumed:
    """What training needs to go on after ``epochs`` complete epochs.

    weights: one array per tensor, in the plan's order; state: the checkpoint's variables; loss: over the
    training data after the last of these epochs, None where it was not recorded.
    """

    epochs: int
    loss: float | None
    weights: list[np.ndarray[Any, Any]]
    state: list[np.ndarray[Any, Any]]


def resume(
    path: Path, plan: Plan, weights: Sequence[np.ndarray[Any, Any]] | None = None
) -> tuple[RunWriter, Resumed | None]:
    """Open a writer for ``path`` that continues its partial file where there is one.

    The partial file of the same run (equal root attributes, the fingerprint among them) is
    copied, complete epochs only, into a new file, which then takes its place: a process
    killed at any moment here leaves a partial file with all its complete epochs. The
    complete epochs of another run, or such as cannot be read, are kept as
    ``<stem>.abandoned.h5``, numbered where there are several, with a warning. A partial file with nothing
    complete is started anew.

    weights: of the model that is to go on, in the plan's order. Where they are given, a run goes on after the
    last of its epochs that ended with them; if there are epochs behind it, the file with them is kept, too.
    If none did, it is another run. It may go on for another number of epochs than planned.
    """
    partial = partial_path(path)
    copy = copy_path(path)
    copy.unlink(missing_ok=True)  # left by a process that was killed while it copied
    source = _open_killed(partial)
    if source is None:
        return RunWriter(path, plan), None
    with source:
        epochs, known, fault = None, 0, ""
        try:
            epochs = int(source["epochs_complete"][()]) if len(source[DIGEST]) else 0
            if len(source[DIGEST]):
                check_texts(source)
            if weights is not None:
                plan = replace(plan, epochs=max(plan.epochs or 0, int(source.attrs["epochs"])) or None)
            fault = _differences(source, plan, {"epochs"} if weights is not None else set())
            if not fault and len(source[DIGEST]):
                epochs = None
                found = intact(source)
                epochs = found.complete
                known = _last_with_checkpoint(source, plan, found.epochs)
                if epochs and not known:
                    fault = "they have changed since they were written"
                elif known and weights is not None:
                    known = _epoch_of(source, plan, weights, known)
                    fault = "" if known else "of other weights than the model's"
                if known and (changed := found.epochs + 1) <= epochs:
                    logger.warning("%s: epoch %d has changed since it was written", path, changed)
        except (LookupError, ValueError, TypeError, OSError, RuntimeError) as error:
            fault = f"they cannot be read: {error}"
        if known and epochs is not None and not fault:
            return _continue(path, plan, source, known, epochs, copy)
    if epochs != 0:
        count = "some" if epochs is None else f"{epochs}"
        _abandon(partial, f"holds {count} complete epochs that cannot be continued ({fault})")
    return RunWriter(path, plan), None


def _continue(
    path: Path, plan: Plan, source: h5py.File, epochs: int, complete: int, copy: Path
) -> tuple[RunWriter, Resumed]:
    writer = RunWriter(path, _with_later_series(plan, source), file=copy)
    try:
        writer.copy_epochs(source, epochs)
    except BaseException:
        writer.leave()
        copy.unlink()
        raise
    resumed = Resumed(
        epochs,
        float(source["metrics/train/loss"][epochs - 1]) if "metrics/train/loss" in source else None,
        [source[f"weights/{name}"][epochs] for name in plan.tensors],
        _state(source, plan, epochs),
    )
    partial = partial_path(path)
    if epochs < complete:
        kept = _abandoned_path(partial)
        try:
            os.link(partial, kept)
        except OSError:  # not every file system has links
            shutil.copyfile(partial, kept)
        logger.warning("%s: going on after epoch %d; the epochs behind it are in %s", path, epochs, kept.name)
    writer.rename(partial)
    return writer, resumed


def _open_killed(partial: Path) -> h5py.File | None:
    if not partial.exists() or not partial.stat().st_size:
        return None
    try:
        return open_left(partial)
    except (OSError, RuntimeError) as error:
        _abandon(partial, f"cannot be opened ({error})")
        return None


def _abandon(partial: Path, fault: str) -> None:
    abandoned = _abandoned_path(partial)
    os.replace(partial, abandoned)
    logger.warning("%s %s; kept as %s, starting anew", partial, fault, abandoned.name)


def _abandoned_path(partial: Path) -> Path:
    """A name that no file has yet."""
    name, count = partial.name.replace(".partial", ".abandoned"), 1
    while (abandoned := partial.with_name(name)).exists():
        count += 1
        name = partial.name.replace(".partial", f".abandoned-{count}")
    return abandoned


def _with_later_series(plan: Plan, source: h5py.File) -> Plan:
    """The plan with the metrics and the numbers of steps that the file came to hold while it grew."""
    planned = {series.path for series in plan.series()}
    later = [name for name in source["steps"] if f"steps/{name}" not in planned]
    norms = [name for name in later if isinstance(source["steps"][name], h5py.Group)]
    return replace(
        plan,
        metrics={split: list(group) for split, group in source["metrics"].items()},
        numbers=[*plan.numbers, *(name for name in later if name not in {*norms, *plan.norms})],
        norms=[*plan.norms, *(name for name in norms if name not in plan.norms)],
    )


def _differences(source: h5py.File, plan: Plan, notes: set[str]) -> str:
    """In which root attributes and datasets a partial file differs from the plan; empty if there are none.

    Metrics and numbers of steps that the plan does not name are no difference: they may come later. Nor are
    the attributes ``notes``.
    """
    expected = {"record_epochs": None, "deterministic": None, **plan.root_attributes}
    attributes = {name: value for name, value in expected.items() if name not in notes}
    names = [name for name, value in attributes.items() if source.attrs.get(name) != value]
    datasets: set[str] = set()
    source.visititems(lambda path, item: datasets.add(path) if isinstance(item, h5py.Dataset) else None)
    planned = {"tensors", *(series.path for series in plan.series())}
    others = (path for path in datasets - planned if not path.startswith(("axis_", "metrics/", "steps/")))
    names += {path.partition("/")[0] for path in (*others, *(planned - datasets))}
    if not names and tuple(source["tensors"].asstr()[:]) != tuple(plan.tensors):
        names.append("tensors")
    shapes = {name: source[f"gradients/{name}"].shape[1:] for name in plan.tensors if not names}
    if not names and shapes != dict(plan.tensors):
        names.append("shapes")
    return f"of another run, different: {', '.join(sorted(names))}" if names else ""


def _state(source: h5py.File, plan: Plan, epoch: int) -> list[np.ndarray[Any, Any]]:
    """The checkpoint's variables in the slot of an epoch."""
    return [source[f"checkpoint/{epoch % SLOTS}/{i}"][()] for i in range(len(plan.state))]


def _last_with_checkpoint(source: h5py.File, plan: Plan, epochs: int) -> int:
    """The last of so many epochs whose checkpoint is there as it was written; 0 if none is."""
    if not plan.state:
        return epochs
    for epoch in range(epochs, max(0, epochs - SLOTS), -1):
        written = source[f"checkpoint/{epoch % SLOTS}/digest"][()]
        if written == digest_of_state(epoch, _state(source, plan, epoch)):
            return epoch
    return 0


def _epoch_of(source: h5py.File, plan: Plan, weights: Sequence[np.ndarray[Any, Any]], epochs: int) -> int:
    """The last of so many epochs that ended with these weights; 0 if none did."""
    given = {name: np.ascontiguousarray(of).tobytes() for name, of in zip(plan.tensors, weights, strict=True)}
    for epoch in range(epochs, 0, -1):
        if all(source[f"weights/{name}"][epoch].tobytes() == of for name, of in given.items()):
            return epoch
    return 0
