"""What is counted in the table of verdicts."""

from pathlib import Path

import pandas as pd
import pytest
from analysis.docs_numbers import claims
from analysis.docs_numbers.records import Records

ROWS = [
    # tensor, effect, p, verdict, correction, note
    ("total", 0.11, 0.001, "supported", "survives", "strays; random signs: 0.557 to 0.89; p = 0.38"),
    ("a", 2.0, 0.03, "supported", "does not survive", "random signs: -0.684 to 1.63"),
    ("b", 1.0, 0.002, "contradicted", "survives", ""),
    ("c", 1.0, 0.004, "agrees", "does not survive", ""),
    ("d", 1.0, None, "agrees", "", ""),
    ("e", 1.0, 0.003, "undecided", "", ""),
]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    columns = ["tensor", "effect", "p", "verdict", "correction", "note"]
    table = pd.DataFrame(ROWS, columns=columns).assign(claim="separation", experiment="iris")
    (tmp_path / "comparison").mkdir()
    table.to_csv(tmp_path / "comparison/claims.csv", index=False)
    return Records(tmp_path)


def test_counts_of_rows(records: Records) -> None:
    """Rows; by verdict; with a p. Called, and lost, of three seeds or more; the same of fewer."""
    assert claims.counts(records) == [6, 2, 1, 2, 0, 1, 5]
    assert claims.called(records) == [3, 1, 1, 1]
    assert claims.surviving(records) == 0.002


def test_random_signs_are_those_of_the_note(records: Records) -> None:
    assert claims.random_signs(records, "iris", "separation", "a").tolist() == [-0.684, 1.63]
    assert claims.percents(records, "iris", "separation") == pytest.approx([11, 55.7, 89])
