"""``gradevo info``: what a run file holds, for people."""

from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradevo.cli.options import RunFile
from gradevo.config.yaml_text import to_yaml
from gradevo.numbers import in_bytes
from gradevo.runfile.reader import Run

COLUMNS = ("tensor", "shape", "elements", "gradients", "on disk", "ratio")


def command(run: RunFile) -> None:
    """Print what a run holds: epochs, steps, sizes, compression, data, versions, configuration."""
    print(describe(run))


def describe(path: Path) -> str:
    """Several lines of text: state, data, sizes, a table of the tensors, versions and configuration.

    A growing or killed run is described as far as it is. Raises GradevoError if the file is no run file.
    """
    with Run(path) as run:
        return "\n".join(_lines(run))


def _lines(run: Run) -> Iterator[str]:
    attributes = run.attributes
    planned = run.epochs_planned
    unfinished = planned not in (None, run.epochs)
    ended = ", stopped" if run.stopped else ", not finished" if unfinished else ""
    lengths = run.timeline.lengths if run.epochs else np.array([run.steps])
    if run.stopped and run.stop_below is not None and run.first_nonfinite_step is None:
        ended = f", ended at a loss below {run.stop_below:g}"
    bad = run.first_nonfinite_step
    facts = {
        "run": f"{run.experiment.heading}, seed {run.seed}",
        "epochs": f"{run.epochs}{'' if planned is None else f' of {planned}'} complete{ended}",
        "steps": f"{run.steps:,}, {_range(lengths)} per epoch{_batches(run)}",
        "non-finite": "no step" if bad is None else f"from step {bad} (from 0)",
        "remarks": run.remarks or "none: every step, every bit",
        "file": f"{in_bytes(run.path.stat().st_size)} on disk",
    }
    yield str(run.path)
    for name, text in facts.items():
        yield f"  {name:<11} {text}"
    yield ""
    yield from _table(run)
    yield ""
    versions = {key.removesuffix("_version"): value for key, value in attributes.items() if "_version" in key}
    sections = {
        "versions": {**versions, "format": f"{attributes['format']} {attributes['version']}"},
        "data": run.data,
        "experiment": dict(run.experiment.settings),
    }
    yield from to_yaml(sections).splitlines()


def _batches(run: Run) -> str:
    """The size of a full batch, where it was told."""
    size = run.attributes.get("batch_size", run.step("batch_size").max(initial=-1))
    return f", batches of {size}" if size > 0 else ""


def _range(counts: NDArray[np.int64]) -> str:
    """One number, or the least and the most."""
    least, most = int(counts.min()), int(counts.max())
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _table(run: Run) -> Iterator[str]:
    """Tensors with the sizes of their recorded gradients, then their sum; columns aligned."""
    itemsize = np.dtype(run.dtype).itemsize
    shapes = {tensor: "×".join(map(str, run.shape(tensor))) or "scalar" for tensor in run.tensors}
    elements = [prod(run.shape(tensor)) for tensor in run.tensors]
    stored = [run.stored_bytes(tensor) for tensor in run.tensors]
    rows = [COLUMNS]
    for (tensor, shape), count, size in zip(
        [*shapes.items(), ("total", "")], [*elements, sum(elements)], [*stored, sum(stored)], strict=True
    ):
        raw = count * itemsize * run.steps
        ratio = f"{raw / size:.2f}" if size and raw else "-"
        rows.append((tensor, shape, f"{count:,}", in_bytes(raw), in_bytes(size), ratio))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, "<<>>>>", widths, strict=True)
        yield "  ".join(f"{cell:{side}{width}}" for cell, side, width in cells)
