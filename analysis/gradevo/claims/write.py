"""The verdicts as files: a tidy table, and an overview for a paper."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gradevo.atomic import atomic_file
from gradevo.claims.judge import ALL_TENSORS, judge
from gradevo.claims.verdict import DOES_NOT_SURVIVE, MARK, SURVIVES, VERDICTS
from gradevo.numbers import latex_text
from gradevo.statistics.catalogue import TOTAL
from gradevo.statistics.ensembles import open_ensembles

CAPTION = (
    "Claims about gradients and what the recorded runs say of them: "
    + ", ".join(f"{signs.latex} {verdict}" for verdict, signs in VERDICTS.items())
    + f". In parentheses: descriptions of one or two runs, not tests. {MARK}: not significant after "
    "the correction for many tests. Claims about tensors: of all tensors together."
)


def write_claims(
    statistics_paths: Sequence[str | Path], csv_path: str | Path, tex_path: str | Path
) -> pd.DataFrame:
    """Judge all claims and write ``claims.csv`` and ``claims.tex``; returns the table, as `judge` does.

    Numbers in the CSV have the fewest digits that give the same float64 again; undefined ones are empty. The
    LaTeX table needs the packages booktabs and graphicx.

    Raises `GradevoError` if a statistics file cannot be read or does not fit the others.
    """
    with open_ensembles(statistics_paths) as ensembles:
        table = judge(ensembles)
        titles = {ensemble.name: ensemble.title for ensemble in ensembles}
    with atomic_file(Path(csv_path)) as path:
        table.to_csv(path, index=False, lineterminator="\n")
    with atomic_file(Path(tex_path)) as path:
        path.write_text(overview_latex(table, titles), encoding="utf-8")
    return table


def overview(table: pd.DataFrame) -> pd.DataFrame:
    """The verdicts in total (or of all tensors): claims as rows, experiments as columns.

    Behind one that does not survive the correction for many tests is a `MARK`.
    """
    rows = table[table["tensor"].isin([TOTAL, ALL_TENSORS])]
    marks = np.where(rows["correction"] == DOES_NOT_SURVIVE, MARK, "")
    return rows.assign(verdict=rows["verdict"] + marks).pivot_table(
        index=["claim", "source"], columns="experiment", values="verdict", aggfunc="first", sort=False
    )


def overview_latex(table: pd.DataFrame, titles: dict[str, str]) -> str:
    """`overview` as a LaTeX table (booktabs) with a symbol per verdict; titles: experiment -> its title."""
    symbols = overview(table).map(_latex)
    symbols.columns = pd.Index(
        [rf"\rotatebox{{90}}{{{latex_text(titles[name])}}}" for name in symbols.columns]
    )
    symbols.index = pd.MultiIndex.from_tuples(
        [tuple(map(latex_text, key)) for key in symbols.index], names=["Claim", "Source"]
    )
    latex: str = (
        symbols.reset_index()
        .style.hide(axis="index")
        .to_latex(
            column_format="ll" + "c" * len(titles),
            hrules=True,
            caption=CAPTION,
            label="tab:claims",
            position="htbp",
        )
    )
    return latex


def _latex(verdict: str) -> str:
    word = verdict.removesuffix(MARK)
    return VERDICTS[word].latex + verdict[len(word) :]


def summary(table: pd.DataFrame) -> str:
    """How many rows have which verdict, and how many do not survive the correction for many tests."""
    counts = table["verdict"].value_counts()
    words = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    kept, lost = (int((table["correction"] == kind).sum()) for kind in (SURVIVES, DOES_NOT_SURVIVE))
    return f"{words}; {lost} of {kept + lost} with a p do not survive the correction for many tests"
