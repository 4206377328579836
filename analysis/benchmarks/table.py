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
    "ratio, whole",
    "ratio, later epochs",
    "target",
    "holds",
)
NUMBERS = ("seconds", "ms/step", "target")


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
    epoch, 0 where nothing is trained. target: what the ratios should reach, at least.
    """

    case: str
    contender: str
    taken: Sequence[Taken]
    ours: Sequence[Taken]
    steps: int = 0
    target: float | None = None


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
    """The table as plain text, columns aligned, without a final newline."""
    rows = [HEADINGS, *(_cells(line) for line in table)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([texts[0], "-" * max(map(len, texts)), *texts[1:]])


def _cells(line: Line) -> tuple[str, ...]:
    whole, later = _whole(line.taken), _later(line.taken)
    ratios = [pairwise(whole, _whole(line.ours))]
    if later:
        ratios.append(pairwise(later, _later(line.ours)))
    own = line.contender == OURS
    holds = (
        [] if line.target is None else ["yes" if ratio.median >= line.target else "no" for ratio in ratios]
    )
    return (
        line.case,
        line.contender,
        f"{median(whole):.2f}",
        f"{1000 * median(later) / line.steps:.2f}" if later else "",
        "" if own else str(ratios[0]),
        "" if own or not later else str(ratios[1]),
        "" if line.target is None else f"≥ {line.target:.3g}",
        ", ".join(holds),
    )


def _whole(rounds: Sequence[Taken]) -> list[float]:
    return [taken.whole for taken in rounds]


def _later(rounds: Sequence[Taken]) -> list[float]:
    return [taken.later for taken in rounds if taken.later is not None]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Numbers to the right, the rest to the left."""
    return [
        cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
        for cell, heading, width in zip(row, HEADINGS, widths, strict=True)
    ]
