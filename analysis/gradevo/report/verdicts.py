"""The claims and what became of them, as tables and as a matrix of claims and experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from gradevo.claims.judge import ALL_TENSORS, COLUMNS
from gradevo.claims.verdict import DOES_NOT_SURVIVE, MARK, UNDECIDED, VERDICTS
from gradevo.errors import GradevoError
from gradevo.report.tables import Cell, cell, read
from gradevo.statistics.catalogue import TOTAL

SYMBOLS = {verdict: signs.page for verdict, signs in VERDICTS.items()}
"""Verdicts are told by word and symbol; the colour only repeats it."""

NETWORK = (TOTAL, ALL_TENSORS)
"""The tensors of a row about the network as a whole."""

NUMBERS = ("effect", "low", "high", "seeds", "epochs", "p", "p_adjusted")
"""Columns of numbers; the others hold words."""


@dataclass(frozen=True)
class Verdict:
    """A verdict of one tensor of one experiment, or of the whole network: a row of claims.csv."""

    experiment: str
    tensor: str
    verdict: str
    effect: Cell
    low: Cell
    high: Cell
    interval: str
    seeds: Cell
    epochs: Cell
    p: Cell
    p_adjusted: Cell
    correction: str
    note: str

    @property
    def mark(self) -> str:
        """What stands behind the sign of a verdict that does not survive the correction for many tests."""
        return MARK if self.correction == DOES_NOT_SURVIVE else ""


@dataclass(frozen=True)
class Tally:
    """A cell of the matrix: how many rows of an experiment have which verdict, and what it comes to."""

    overall: str
    """the verdict on the network as a whole where there is one, or that all rows share; else undecided"""
    counts: dict[str, int]
    """verdict -> number of tensors, of verdicts that occur; empty where the claim is of the whole network"""
    mark: str = ""
    """of the verdict on the network as a whole"""


@dataclass(frozen=True)
class Judged:
    """A claim with its verdicts."""

    id: str
    sentence: str
    source: str
    reference: str
    statistic: str
    criterion: str
    verdicts: tuple[Verdict, ...]

    def tally(self, experiment: str) -> Tally | None:
        """The verdicts of an experiment; None if it has none."""
        rows = [row for row in self.verdicts if row.experiment == experiment]
        if not rows:
            return None
        whole = [row for row in rows if row.tensor in NETWORK]
        tensors = [row.verdict for row in rows if row.tensor not in NETWORK]
        counts = {verdict: tensors.count(verdict) for verdict in SYMBOLS if verdict in tensors}
        if len(whole) == 1:
            return Tally(whole[0].verdict, counts, whole[0].mark)
        return Tally(next(iter(counts)) if not whole and len(counts) == 1 else UNDECIDED, counts)

    @property
    def of_network(self) -> tuple[Verdict, ...]:
        """The verdicts on whole networks; on tensors if there are no others."""
        return tuple(row for row in self.verdicts if row.tensor in NETWORK) or self.verdicts

    @property
    def tensors(self) -> tuple[Verdict, ...]:
        """The verdicts on single tensors, where there are others, too."""
        return tuple(row for row in self.verdicts if row not in self.of_network)

    @property
    def heading(self) -> str:
        """The sentence, beginning like one."""
        return self.sentence[:1].upper() + self.sentence[1:]

    @property
    def of_article(self) -> bool:
        """Whether it is the article's; otherwise the literature's."""
        return self.source == "article"


def read_verdicts(path: Path, claims: Mapping[str, Any]) -> list[Judged]:
    """Read claims.csv and join it with what the claims say (id -> `gradevo.claims.Claim`).

    Claims come in the order of the file. Raises GradevoError if a column or a verdict is not as expected.
    """
    frame = read(path)
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise GradevoError(
            f"{path}: expected the columns {', '.join(COLUMNS)}, found no {', '.join(missing)}; judge again"
        )
    strange = sorted(set(frame["verdict"].astype(str)).difference(SYMBOLS))
    if strange:
        raise GradevoError(
            f"{path}: expected the verdicts {', '.join(SYMBOLS)}, found {', '.join(strange)}; judge again"
        )
    groups = frame.groupby("claim", sort=False)
    return [_judged(str(claim), rows, claims.get(str(claim))) for claim, rows in groups]


def _judged(claim: str, rows: pd.DataFrame, known: Any) -> Judged:
    records = rows.to_dict("records")
    return Judged(
        id=claim,
        sentence=known.sentence if known else claim,
        source=_text(records[0]["source"]),
        reference=known.reference if known else "",
        statistic=known.statistic if known else _text(records[0]["statistic"]),
        criterion=known.criterion if known else "",
        verdicts=tuple(_verdict(record) for record in records),
    )


def _verdict(record: Mapping[Any, Any]) -> Verdict:
    shown: dict[str, Any] = {field.name: record[field.name] for field in fields(Verdict)}
    for name, value in shown.items():
        shown[name] = cell(value) if name in NUMBERS else _text(value)
    return Verdict(**shown)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def totals(judged: Sequence[Judged]) -> dict[str, int]:
    """Verdict -> number of rows, of all claims."""
    return {
        verdict: sum(row.verdict == verdict for claim in judged for row in claim.verdicts)
        for verdict in SYMBOLS
    }
