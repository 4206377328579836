"""The statistics: their speed against merely reading, and the error that ``keep_bits`` makes in each."""

import tempfile
from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradevo.runfile.reader import Run
from gradevo.statistics.analyse import analyse
from gradevo.statistics.blocks import BLOCK_BYTES
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run

from . import cases
from .timing import OURS, Row, aligned, interleave, rows, timed
from .training import train

# The statistics take at most twice the time of reading.
TARGET = 0.5

RANDOM = {"mnist-shape": cases.MNIST, "forda-shape": cases.FORDA._replace(epochs=20)}
RECORDED = ("mnist", "forda")
CASES = (*RANDOM, *RECORDED)

KEEP_BITS = (16, 10, 7, 4)

# Of values that are bounded, the difference itself tells enough.
BOUNDED = ("cosine", "sign_flip_rate", "density")


def measure(case: str, rounds: int, quick: bool) -> list[Row]:
    """Analyse a file of random gradients in the full shape, or a recorded run of the default config."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        if case in RANDOM:
            shape = RANDOM[case]
            cases.write_random_run(path, shape._replace(epochs=2) if quick else shape)
        else:
            train(cases.recorded(case, quick), folder=Path(folder))
        read(path)  # now it is in the page cache
        contenders = {
            OURS: timed(lambda: analyse(path, Path(folder) / "statistics.h5")),
            "reading": timed(lambda: read(path)),
        }
        # Each takes a second or two, so there is time for more rounds than in training.
        taken = interleave(contenders, 3 * rounds, f"statistics {case}")
    return rows(f"statistics {case}", taken, {"reading": TARGET})


def read(path: Path) -> None:
    """Read every gradient and every weight once, in time order, in blocks as large as ``analyse``'s."""
    with Run(path) as run:
        step_bytes = 4 * sum(int(np.prod(run.shape(tensor))) for tensor in run.tensors)
        length = min(max(1, BLOCK_BYTES // step_bytes), run.timeline.per_epoch)
        for epoch in range(1, run.epochs + 1):
            steps = run.timeline.of(epoch)
            for start in range(steps.start, steps.stop, length):
                for tensor in run.tensors:
                    run.read_gradients(tensor, start, min(start + length, steps.stop))
            for tensor in run.tensors:
                run.weights(tensor, epoch)


def measure_rounding(quick: bool) -> str:
    """Record mnist of the default configuration, round copies of the record, analyse all; the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(cases.recorded("mnist", quick), folder=folder)
        whole = folder / "run.h5"
        records = {keep_bits: folder / f"{keep_bits}.h5" for keep_bits in KEEP_BITS}
        for keep_bits, path in records.items():
            write_rounded(whole, path, keep_bits)
        analysed = {path: path.with_suffix(".statistics.h5") for path in (whole, *records.values())}
        for path, statistics in analysed.items():
            analyse(path, statistics)
        with Run(whole) as run:
            raw = run.steps * sum(4 * prod(run.shape(tensor)) for tensor in run.tensors)
            about = f"{run.experiment.heading}, {run.epochs} epochs, {run.steps} steps: {raw / 1e6:.1f} MB"
        exact = dict(series(analysed[whole]))
        rounded = [dict(series(analysed[path])) for path in records.values()]
        sizes = [stored(path) for path in analysed]

    headings = ("", "error", "all bits", *(f"{keep_bits} bits" for keep_bits in KEEP_BITS))
    bounds = (f"{2.0 ** -(keep_bits + 1):.1e}" for keep_bits in KEEP_BITS)
    table = [
        headings,
        ("gradients on disk, MB", "", *(f"{size / 1e6:.1f}" for size in sizes)),
        ("uncompressed / on disk", "", *(f"{raw / size:.2f}" for size in sizes)),
        ("an element, at most", "relative", "", *bounds),
    ]
    for statistic, values in exact.items():
        kind = error_kind(statistic)
        errors = (largest_error(values, other[statistic], kind) for other in rounded)
        table.append((statistic, kind, "", *(f"{error:.1e}" if error else "0" for error in errors)))
    return f"{about}\n\n{aligned(table, headings[2:])}"


def write_rounded(source: Path, target: Path, keep_bits: int) -> None:
    """Write what recording the same training with ``keep_bits`` would have, without the metrics."""
    with Run(source) as run:
        write_run(
            target,
            {tensor: run.read_gradients(tensor, 0, run.steps) for tensor in run.tensors},
            run.timeline.per_epoch,
            weights={
                tensor: np.stack([run.weights(tensor, row) for row in range(run.epochs + 1)])
                for tensor in run.tensors
            },
            losses=run.step("loss"),
            experiment=run.experiment.settings,
            seed=run.seed,
            batch_sizes=run.step("batch_size")[run.timeline.of(1)].tolist(),
            dtype=run.dtype,
            keep_bits=keep_bits,
        )


def stored(path: Path) -> int:
    """Size of the gradients of a run file as they are on disk, in bytes."""
    with Run(path) as run:
        return sum(run.stored_bytes(tensor) for tensor in run.tensors)


def series(path: Path) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Every statistic with its values, (epochs or steps, tensors + 1)."""
    with Statistics(path) as statistics:
        for name in of_level("epoch"):
            yield name, statistics.epoch_columns(name, 0, statistics.epochs)
        for name in [one for one in of_level("step") if one in statistics.step_series]:
            columns = [statistics.step(name, column) for column in statistics.columns]
            yield name, np.stack(columns, axis=1)


def error_kind(statistic: str) -> str:
    """How the error of a statistic is measured: "relative", "of the largest" or "absolute".

    A dissolving norm is the difference of two norms and may be nearly 0 where both are large.
    """
    if statistic in BOUNDED:
        return "absolute"
    return "of the largest" if "dissolving" in statistic else "relative"


def largest_error(exact: NDArray[np.float64], rounded: NDArray[np.float64], kind: str) -> float:
    """The largest error of all values, both (rows, columns).

    kind: "absolute" |x' − x|; "relative" that divided by |x|; "of the largest" divided by the largest |x| of
    the column. A value that is NaN in both has no error, one that is NaN in one of them no finite error.
    """
    defined = ~(np.isnan(exact) & np.isnan(rounded))
    errors = np.abs(rounded - exact)
    if kind != "absolute":
        size = np.abs(exact)
        if kind == "of the largest":
            size = np.broadcast_to(np.fmax.reduce(size), exact.shape)
        errors = np.divide(errors, size, out=np.where(errors == 0, 0.0, np.inf), where=size > 0)
    return float(errors.max(initial=0.0, where=defined))
