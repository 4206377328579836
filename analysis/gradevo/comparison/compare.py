"""From statistics files to the tables of the comparison."""

from collections.abc import Sequence
from pathlib import Path

from gradevo.comparison.curves import write_curves
from gradevo.comparison.latex import write_latex
from gradevo.comparison.summary import summarize, write_summary
from gradevo.statistics.ensembles import open_ensembles


def compare(statistics_paths: Sequence[str | Path], folder: str | Path) -> list[Path]:
    """Compare experiments from their statistics files, one a seed.

    Writes all compared series (``curves.csv``) and the summary (``summary.csv``, ``summary.tex``) into the
    folder, and returns their paths. Each file appears when it is complete; the same statistics give the same
    bytes. Raises `GradevoError` as `open_ensembles` does.
    """
    target = Path(folder)
    with open_ensembles(statistics_paths) as ensembles:
        curves = write_curves(ensembles, target / "curves.csv")
        table = summarize(ensembles)
        summary = write_summary(table, target / "summary.csv")
        latex = write_latex(table, ensembles, target / "summary.tex")
    return [curves, summary, latex]
