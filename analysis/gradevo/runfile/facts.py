"""What a run file holds, in words: for the command line and for notebooks."""

from math import prod

import numpy as np
from numpy.typing import NDArray

from gradevo.numbers import in_bytes
from gradevo.runfile.reader import Run

COLUMNS = ("tensor", "shape", "elements", "gradients", "on disk", "ratio")


def facts(run: Run) -> dict[str, str]:
    """State and size of a run, which may be growing or killed: what -> words."""
    planned = run.epochs_planned
    unfinished = planned not in (None, run.epochs)
    ended = ", stopped" if run.stopped else ", not finished" if unfinished else ""
    lengths = run.timeline.lengths if run.epochs else np.array([run.steps])
    if run.stopped and run.stop_below is not None and run.first_nonfinite_step is None:
        ended = f", ended at a loss below {run.stop_below:g}"
    bad = run.first_nonfinite_step
    return {
        "run": f"{run.experiment.heading}, seed {run.seed}",
        "epochs": f"{run.epochs}{'' if planned is None else f' of {planned}'} complete{ended}",
        "steps": f"{run.steps:,}, {_range(lengths)} per epoch{_batches(run)}",
        "non-finite": "no step" if bad is None else f"from step {bad} (from 0)",
        "remarks": run.remarks or "none: every step, every bit",
        "file": f"{in_bytes(run.path.stat().st_size)} on disk",
    }


def gradient_bytes(run: Run) -> int:
    """Size of all recorded gradients before compression."""
    elements = sum(prod(run.shape(tensor)) for tensor in run.tensors)
    return elements * np.dtype(run.dtype).itemsize * run.steps


def tensor_rows(run: Run) -> list[tuple[str, ...]]:
    """The tensors with the sizes of their recorded gradients, then their sum: a row of `COLUMNS` each."""
    itemsize = np.dtype(run.dtype).itemsize
    shapes = {tensor: "×".join(map(str, run.shape(tensor))) or "scalar" for tensor in run.tensors}
    elements = [prod(run.shape(tensor)) for tensor in run.tensors]
    stored = [run.stored_bytes(tensor) for tensor in run.tensors]
    rows: list[tuple[str, ...]] = []
    for (tensor, shape), count, size in zip(
        [*shapes.items(), ("total", "")], [*elements, sum(elements)], [*stored, sum(stored)], strict=True
    ):
        raw = count * itemsize * run.steps
        ratio = f"{raw / size:.2f}" if size and raw else "-"
        rows.append((tensor, shape, f"{count:,}", in_bytes(raw), in_bytes(size), ratio))
    return rows


def _batches(run: Run) -> str:
    """The size of a full batch, where it was told."""
    size = run.attributes.get("batch_size", run.step("batch_size").max(initial=-1))
    return f", batches of {size}" if size > 0 else ""


def _range(counts: NDArray[np.int64]) -> str:
    """One number, or the least and the most."""
    least, most = int(counts.min()), int(counts.max())
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"
