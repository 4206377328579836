"""Verdicts, claim by claim."""

from pathlib import Path

import pandas as pd
import pytest

from gradevo.claims.judge import CLAIMS, COLUMNS
from gradevo.errors import GradevoError
from gradevo.report.verdicts import read_verdicts, totals


def written(folder: Path, *rows: tuple[str, str, str, str]) -> Path:
    """claims.csv with these claims, experiments, tensors and verdicts."""
    records = [
        {
            **dict.fromkeys(COLUMNS, ""),
            "claim": claim,
            "source": "article",
            "experiment": experiment,
            "tensor": tensor,
            "effect": -0.5,
            "verdict": verdict,
        }
        for claim, experiment, tensor, verdict in rows
    ]
    pd.DataFrame(records, columns=COLUMNS).to_csv(folder / "claims.csv", index=False)
    return folder / "claims.csv"


def test_the_matrix_has_the_verdict_on_the_network_and_counts_tensors(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ("separation", "a", "all tensors", "contradicted"),
        ("separation", "a", "x", "supported"),
        ("separation", "a", "y", "contradicted"),
        ("separation", "b", "x", "supported"),
        ("separation", "b", "y", "supported"),
        ("separation", "c", "x", "supported"),
        ("separation", "c", "y", "undecided"),
        ("loss-falls", "a", "total", "supported"),
    )
    separation, falls = read_verdicts(path, {claim.id: claim for claim in CLAIMS})
    tallies = {name: separation.tally(name) for name in "abcd"}
    assert tallies["d"] is None
    assert [(t.overall, t.counts) for t in tallies.values() if t] == [
        ("contradicted", {"supported": 1, "contradicted": 1}),
        ("supported", {"supported": 2}),
        ("undecided", {"supported": 1, "undecided": 1}),  # they do not agree
    ]
    tally = falls.tally("a")
    assert tally is not None
    assert (tally.overall, tally.counts) == ("supported", {})
    assert [row.tensor for row in separation.of_network] == ["all tensors"]
    assert len(separation.tensors) == 6
    assert falls.criterion == next(claim.criterion for claim in CLAIMS if claim.id == "loss-falls")
    assert {word: n for word, n in totals([separation, falls]).items() if n} == {
        "supported": 5,
        "contradicted": 2,
        "undecided": 1,
    }


def test_what_does_not_survive_is_marked(tmp_path: Path) -> None:
    path = written(tmp_path, *(("loss-falls", name, "total", "supported") for name in "ab"))
    frame = pd.read_csv(path)
    frame["correction"] = ["survives", "does not survive"]
    frame["p_adjusted"] = [0.01, 0.2]
    frame.to_csv(path, index=False)
    (judged,) = read_verdicts(path, {})
    assert [row.mark for row in judged.verdicts] == ["", "*"]
    assert [row.p_adjusted.text for row in judged.verdicts] == ["0.01", "0.2"]
    assert [tally.mark for name in "ab" if (tally := judged.tally(name))] == ["", "*"]


def test_a_claim_that_is_not_known_keeps_its_name(tmp_path: Path) -> None:
    (judged,) = read_verdicts(written(tmp_path, ("mine", "a", "total", "undecided")), {})
    assert (judged.sentence, judged.heading, judged.criterion) == ("mine", "Mine", "")
    assert judged.verdicts[0].effect.text == "−0.5"


def test_other_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"expected the verdicts supported, .* found perhaps"):
        read_verdicts(written(tmp_path, ("mine", "a", "total", "perhaps")), {})
    (tmp_path / "claims.csv").write_text("claim,verdict\na,supported\n")
    with pytest.raises(GradevoError, match="found no source, experiment"):
        read_verdicts(tmp_path / "claims.csv", {})
