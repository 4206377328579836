"""Ratios against this project, what they should be, and the printed table."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from .rounds import Taken

OURS = "gradevo"
RATIOS = {"whole": "ratio, whole", "later": "ratio, later epochs"}
HEADINGS = ("case", "contender", "seconds", "ms/step", "MB", *RATIOS.values(), "target", "holds")
NUMBERS = ("seconds", "ms/step", "MB", "target")

Row = dict[str, str]
"""Heading -> cell."""


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
