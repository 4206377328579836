"""What ``make docs-numbers`` says of records that agree and of others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from analysis.docs_numbers import __main__ as command
from analysis.docs_numbers import claims
from analysis.docs_numbers.quote import Quote, quoted
from analysis.docs_numbers.records import Records

from gradevo.claims.verdict import DOES_NOT_SURVIVE, MARK, SURVIVES


def steps(records: Records) -> list[int]:
    return [10 * records.statistics("toy", 13).steps]


@pytest.fixture
def results(tmp_path: Path, statistics_file: Callable[..., Path]) -> Path:
    """One run, and verdicts that are those of the document's table."""
    folder = statistics_file({"kernel": np.ones((6, 3))}, 2).parents[2]
    words = {sign: verdict for verdict, sign in claims.SIGNS.items()}
    rows = [
        {
            "claim": claim,
            "experiment": name,
            "tensor": "total",
            "verdict": words[sign.removesuffix(MARK)],
            "correction": DOES_NOT_SURVIVE if sign.endswith(MARK) else SURVIVES,
        }
        for (claim, name), sign in claims.table().items()
    ]
    (folder / "comparison").mkdir()
    pd.DataFrame(rows).to_csv(folder / "comparison/claims.csv", index=False)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, results: Path, *quotes: Quote) -> int:
    monkeypatch.setattr(command, "QUOTES", quotes)
    return command.main([str(results)])


def test_numbers_that_agree(monkeypatch: Any, results: Path, capsys: Any) -> None:
    quote = Quote("companions.md", "60 lines # of", steps)
    monkeypatch.setattr("analysis.docs_numbers.quote.page", lambda document: "60 lines 60 of")
    assert run(monkeypatch, results, quote) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 numbers and the table of verdicts: 0 differ, 0 more as they may on another machine"
    assert any(line.startswith("not recomputed in claims.md, comparison.md, article.md: ") for line in said)


@pytest.mark.parametrize("travels", [True, False])
def test_a_number_that_differs(monkeypatch: Any, results: Path, capsys: Any, travels: bool) -> None:
    monkeypatch.setattr("analysis.docs_numbers.quote.page", lambda document: "there are 61 lines")
    assert run(monkeypatch, results, Quote("x.md", "are # lines", steps, travels)) == int(travels)
    line = "docs/x.md: are # lines: number 1 is 61, computed 60" + " (depends on the machine)" * (not travels)
    assert capsys.readouterr().out.splitlines()[0] == line


def test_other_counts_of_numbers_differ(monkeypatch: Any, results: Path, capsys: Any) -> None:
    monkeypatch.setattr("analysis.docs_numbers.quote.page", lambda document: "1 or 2")
    assert run(monkeypatch, results, Quote("x.md", "# or #", steps)) == 1
    assert "quotes 2 numbers, computed 1" in capsys.readouterr().out


def test_a_verdict_that_differs(monkeypatch: Any, results: Path, capsys: Any) -> None:
    path = results / "comparison/claims.csv"
    table = pd.read_csv(path)
    (claim, name), sign = next(iter(claims.table().items()))
    assert (sign, table.loc[0, "verdict"]) == ("+", "supported")
    table.loc[0, "verdict"] = "contradicted"
    table.loc[0, "correction"] = DOES_NOT_SURVIVE
    table = table.drop(index=1)
    table.to_csv(path, index=False)
    assert run(monkeypatch, results) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"docs/claims.md: {claim}, {name}: the table has +, the verdict is −*"
    assert said[1].endswith("the table has +, the verdict is none")


def test_a_mark_that_differs(monkeypatch: Any, results: Path, capsys: Any) -> None:
    path = results / "comparison/claims.csv"
    table = pd.read_csv(path)
    table.loc[0, "correction"] = DOES_NOT_SURVIVE
    table.to_csv(path, index=False)
    assert run(monkeypatch, results) == 0
    (claim, name), _ = next(iter(claims.table().items()))
    line = f"docs/claims.md: {claim}, {name}: the table has +, the verdict is +* (depends on the machine)"
    assert capsys.readouterr().out.splitlines()[0] == line


def test_what_is_missing_is_one_line(monkeypatch: Any, results: Path, tmp_path: Path, capsys: Any) -> None:
    assert run(monkeypatch, tmp_path) == 2
    assert "claims.csv: expected a file of the default run, found none; call make run first" in (
        capsys.readouterr().err
    )
    assert run(monkeypatch, results, Quote("companions.md", "no such sentence #", steps)) == 2
    assert capsys.readouterr().err.startswith("docs/companions.md: expected once, found 0 times")
    assert quoted(Quote("companions.md", "FordA's # values", steps))[0].text == "500"


def test_runs_beside_the_default_one(monkeypatch: Any, results: Path, capsys: Any) -> None:
    quote = Quote("x.md", "are # lines", steps, run="beside")
    monkeypatch.setattr("analysis.docs_numbers.quote.page", lambda document: "there are 61 lines")
    assert run(monkeypatch, results, quote) == 0
    beside = results.parent / "beside"
    line = f"not compared in x.md: what is quoted of {beside}, which is not there"
    assert capsys.readouterr().out.splitlines()[1] == line
    beside.symlink_to(results)
    assert run(monkeypatch, results, quote) == 1
    beside.unlink()
    assert capsys.readouterr().out.startswith("docs/x.md: are # lines: number 1 is 61, computed 60\n")
