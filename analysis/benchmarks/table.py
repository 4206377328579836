"""Ratios against this project, what they should be, and the printed table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

OURS = "gradevo"
HEADINGS = ("case", "contender", "median s", "ms/step", "their time / ours", "target", "holds")


@dataclass(frozen=True)
class Ratio:
    """Their time divided by ours, round by round: above 1 where gradevo is faster."""

    median: float
    smallest: float
    largest: float


@dataclass(frozen=True)
class Line:
    """One contender of one case.

    seconds: one value a round. ours: gradevo's seconds in the same rounds. steps: training steps in
    that time, 0 where there are none. target: what the ratio should reach at least.
    """

    case: str
    contender: str
    seconds: Sequence[float]
    ours: Sequence[float]
    steps: int = 0
    target: float | None = None


def lines(
    case: str, seconds: dict[str, list[float]], targets: dict[str, float], steps: int = 0
) -> list[Line]:
    """The lines of one case from interleaved rounds; ``targets`` names contenders that have one."""
    return [
        Line(case, name, taken, seconds[OURS], steps, targets.get(name)) for name, taken in seconds.items()
    ]


def pairwise(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """The ratios of times that were measured in the same round.

    Raises ValueError where the numbers of rounds differ.
    """
    ratios = [one / other for one, other in zip(theirs, ours, strict=True)]
    return Ratio(median(ratios), min(ratios), max(ratios))


def render(table: Iterable[Line]) -> str:
    """The table as plain text, columns aligned, without a final newline."""
    rows = [HEADINGS, *(_cells(line) for line in table)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    texts = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([texts[0], "-" * max(map(len, texts)), *texts[1:]])


def _cells(line: Line) -> tuple[str, ...]:
    ratio = pairwise(line.seconds, line.ours)
    return (
        line.case,
        line.contender,
        f"{median(line.seconds):.2f}",
        f"{1000 * median(line.seconds) / line.steps:.2f}" if line.steps else "",
        "" if line.contender == OURS else f"{ratio.median:.2f} ({ratio.smallest:.2f} to {ratio.largest:.2f})",
        "" if line.target is None else f"≥ {line.target:.3g}",
        "" if line.target is None else "yes" if ratio.median >= line.target else "no",
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Names to the left, numbers to the right."""
    return [
        cell.ljust(width) if column in (0, 1, 4, 5) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
