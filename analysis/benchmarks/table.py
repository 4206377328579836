"""Ratios against this project, what they should be, and the printed table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .rounds import Taken

OURS = "gradevo"
HEADINGS = (
    "case",
    "contender",
    "seconds",
    "ms/step",
    "MB",
    "ratio, whole",
    "ratio, later epochs",
    "target",
    "holds",
)
NUMBERS = ("seconds", "ms/step", "MB", "target")


@dataclass(frozen=True)
class Ratio:
    """Their time divided by ours, round by round: above 1 where gradevo is faster."""

    median: float
    smallest: float
    largest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.smallest:.2f} to {self.largest:.2f})"


@dataclass(frozen=True)
class Line:
    """One contender of one case.

    taken: one a round. ours: gradevo's in the same rounds. steps: training steps after the first
    epoch, 0 where nothing is trained. target: what the ratios should reach, at least. limit: seconds
    that it should take, at most.
    """

    case: str
    contender: str
    taken: Sequence[Taken]
    ours: Sequence[Taken]
    steps: int = 0
    target: float | None = None
    limit: float | None = None


def lines(
    case: str, taken: Mapping[str, Sequence[Taken]], targets: Mapping[str, float], steps: int = 0
) -> list[Line]:
    """The lines of one case from interleaved rounds; ``targets`` names the contenders that have one."""
    return [Line(case, name, rounds, taken[OURS], steps, targets.get(name)) for name, rounds in taken.items()]


def pairwise(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """The ratios of times that were measured in the same round.

    Raises ValueError where the numbers of rounds differ.
    """
    ratios = [one / other for one, other in zip(theirs, ours, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))


def render(table: Iterable[Line]) -> str:
    """The table as plain text, without the columns that are empty and without a final newline."""
    return aligned([HEADINGS, *(_cells(line) for line in table)], NUMBERS)


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


def _cells(line: Line) -> tuple[str, ...]:
    whole, later, megabytes = (_column(line.taken, number) for number in Taken._fields)
    ratios = [pairwise(whole, _column(line.ours, "whole"))]
    if later:
        ratios.append(pairwise(later, _column(line.ours, "later")))
    own = line.contender == OURS
    goal, holds = "", []
    if line.target is not None:
        goal, holds = f"≥ {line.target:.3g}", [ratio.median >= line.target for ratio in ratios]
    elif line.limit is not None:
        goal, holds = f"≤ {line.limit:.3g} s", [median(whole) <= line.limit]
    return (
        line.case,
        line.contender,
        f"{median(whole):.2f}",
        f"{1000 * median(later) / line.steps:.2f}" if later else "",
        f"{median(megabytes):.0f}" if megabytes else "",
        "" if own else str(ratios[0]),
        "" if own or not later else str(ratios[1]),
        goal,
        ", ".join("yes" if one else "no" for one in holds),
    )


def _column(rounds: Sequence[Taken], number: str) -> list[float]:
    """A number of every round; empty where the contender has no such number."""
    return [value for taken in rounds if (value := getattr(taken, number)) is not None]
