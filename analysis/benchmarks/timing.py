"""Interleaved repetitions, what they take, and the table of ratios against this project."""

import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

OURS = "gradevo"
RATIOS = {"whole": "ratio, whole", "later": "ratio, later epochs"}
HEADINGS = (
    "case",
    "contender",
    "seconds",
    "CPU seconds",
    "ms/step",
    "MB",
    "pixels",
    *RATIOS.values(),
    "target",
    "holds",
)
NUMBERS = ("seconds", "CPU seconds", "ms/step", "MB", "pixels", "target")

Row = dict[str, str]
"""Heading -> cell."""


class Taken(NamedTuple):
    """What one run took.

    whole: seconds. later: of them, those after the first epoch; None where there are no epochs.
    megabytes: the most memory that it held; None where it had no process of its own.
    """

    whole: float
    later: float | None = None
    megabytes: float | None = None


Contender = Callable[[], Taken]


def interleave(contenders: Mapping[str, Contender], rounds: int, what: str) -> dict[str, list[Taken]]:
    """Run every contender once a round; contender -> what each round took.

    Other work on the machine then slows all alike. Every other round runs in reverse order, so that none
    always comes first. ``what`` names the measurement in the notes on standard error.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders)[:: 1 if number % 2 == 0 else -1]:
            taken[name].append(contenders[name]())
            seconds = taken[name][-1].whole
            print(f"{what}, round {number + 1}/{rounds}: {name} {seconds:.2f} s", file=sys.stderr, flush=True)
    return taken


def timed(work: Callable[[], object]) -> Contender:
    """A contender that does ``work`` in this process."""

    def measure() -> Taken:
        began = time.perf_counter()
        work()
        return Taken(time.perf_counter() - began)

    return measure


def peak_megabytes() -> float:
    """The most resident memory that this process ever held, in 10^6 bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except FileNotFoundError:  # no Linux
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
    # Linux hands getrusage's peak on from parent to child, even to another program.
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024 / 1e6


class Ratio(NamedTuple):
    """Their time divided by ours, round by round: above 1 where gradevo is faster."""

    median: float
    smallest: float
    largest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.smallest:.2f} to {self.largest:.2f})"


def pairwise(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """The ratios of times that were measured in the same round.

    Raises ValueError where the numbers of rounds differ.
    """
    ratios = [one / other for one, other in zip(theirs, ours, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))


def rows(
    case: str,
    taken: Mapping[str, Sequence[Taken]],
    targets: Mapping[str, float],
    steps: int = 0,
    limit: float | None = None,
) -> list[Row]:
    """The rows of one case from interleaved rounds, one per contender.

    targets: contender -> what its ratios should reach, at least. steps: training steps after the first epoch,
    0 where nothing is trained. limit: seconds that each should take, at most.
    """
    found = []
    ours = _numbers(taken[OURS])
    for contender, rounds in taken.items():
        own = _numbers(rounds)
        seconds = median(own["whole"])
        row = {"case": case, "contender": contender, "seconds": f"{seconds:.2f}"}
        if "later" in own:
            row["ms/step"] = f"{1000 * median(own['later']) / steps:.2f}"
        if "megabytes" in own:
            row["MB"] = f"{median(own['megabytes']):.0f}"
        ratios = {heading: pairwise(own[name], ours[name]) for name, heading in RATIOS.items() if name in own}
        if contender != OURS:
            row |= {heading: str(ratio) for heading, ratio in ratios.items()}
        if contender in targets:
            least = targets[contender]
            held = ["yes" if ratio.median >= least else "no" for ratio in ratios.values()]
            row |= {"target": f"≥ {least:.3g}", "holds": ", ".join(held)}
        elif limit is not None:
            row |= {"target": f"≤ {limit:.3g} s", "holds": "yes" if seconds <= limit else "no"}
        found.append(row)
    return found


def render(table: Iterable[Row]) -> str:
    """The table as plain text, without the columns that are empty and without a final newline."""
    return aligned([HEADINGS, *([row.get(name, "") for name in HEADINGS] for row in table)], NUMBERS)


def aligned(rows: Sequence[Sequence[str]], numbers: Iterable[str]) -> str:
    """Rows under their headings, the first row; columns of ``numbers`` to the right, the rest to the left.

    Columns without a cell are left out.
    """
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    padded = []
    for heading, *cells in columns:
        width = max(map(len, [heading, *cells]))
        padded.append([f"{cell:{'>' if heading in numbers else '<'}{width}}" for cell in (heading, *cells)])
    texts = ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]
    return "\n".join([texts[0], "-" * max(map(len, texts)), *texts[1:]])


def _numbers(rounds: Sequence[Taken]) -> dict[str, list[float]]:
    """Field of `Taken` -> its value in every round; fields that a contender has not are left out."""
    columns = zip(Taken._fields, zip(*rounds, strict=True), strict=True)
    return {name: list(values) for name, values in columns if None not in values}
