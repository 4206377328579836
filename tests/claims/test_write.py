"""claims.csv, claims.tex and the command."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gradevo.cli
from gradevo.claims.judge import CLAIMS
from gradevo.claims.verdict import VERDICTS
from gradevo.claims.write import overview, overview_latex, write_claims

NUMBERS = ("effect", "low", "high", "bootstrap_low", "bootstrap_high", "p", "p_adjusted")


@pytest.fixture(scope="module")
def paths(scenario: Callable[[str], list[Path]], statistics_file: Any) -> list[Path]:
    gradients = {"dense/kernel": np.ones((20, 30))}
    return [*scenario("falling"), statistics_file(gradients, 2, "x2", title="x² & 50 %")]


def test_the_table_reads_back(paths: list[Path], tmp_path: Path) -> None:
    table = write_claims(paths, tmp_path / "a/claims.csv", tmp_path / "a/claims.tex")
    read = pd.read_csv(
        tmp_path / "a/claims.csv",
        keep_default_na=False,
        na_values={c: [""] for c in NUMBERS},
    )
    pd.testing.assert_frame_equal(read, table, check_dtype=False, check_exact=True)
    write_claims(paths, tmp_path / "b/claims.csv", tmp_path / "b/claims.tex")
    for name in ("claims.csv", "claims.tex"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_overview_for_a_paper(paths: list[Path], tmp_path: Path) -> None:
    table = write_claims(paths, tmp_path / "claims.csv", tmp_path / "claims.tex")
    wide = overview(table)
    assert wide.index.get_level_values("claim").tolist() == [claim.id for claim in CLAIMS]
    assert wide.columns.tolist() == ["toy", "x2"]
    assert wide.loc[("highest-falls", "article"), "toy"] == "supported"
    text = (tmp_path / "claims.tex").read_text(encoding="utf-8")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\rotatebox{90}{x$^2$ \& 50 \%}"):
        assert rule in text
    assert r"highest-falls & article & $+$ & $\cdot$ \\" in text
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert [line.count("&") for line in body.strip().splitlines()] == [3] * len(CLAIMS)


def test_what_does_not_survive_is_marked(paths: list[Path], tmp_path: Path) -> None:
    table = write_claims(paths, tmp_path / "claims.csv", tmp_path / "claims.tex")
    of_toy = (table["claim"] == "loss-falls") & (table["experiment"] == "toy")
    table.loc[of_toy, "correction"] = "does not survive"
    assert overview(table).loc[("loss-falls", "article"), "toy"] == "supported*"
    text = overview_latex(table, {"toy": "Toy", "x2": "x"})
    assert r"loss-falls & article & $+$* & $(+)$ \\" in text
    assert "$(-)$ disagrees" in text


def test_command(paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    table, latex = tmp_path / "claims.csv", tmp_path / "claims.tex"
    arguments = ["gradevo", "claims", *map(str, paths), "--table", str(table), "--latex", str(latex)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        gradevo.cli.main()
    assert not ended.value.code
    rows = pd.read_csv(table)
    counts, corrections = rows["verdict"].value_counts(), rows["correction"].value_counts()
    expected = ", ".join(f"{counts.get(name, 0)} {name}" for name in VERDICTS)
    lost, called = corrections["does not survive"], corrections.sum()
    assert 0 < lost < called
    said = f"; {lost} of {called} with a p do not survive the correction for many tests\n"
    assert capsys.readouterr().out == expected + said
    assert latex.exists()
