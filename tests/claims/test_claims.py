"""Every claim has a training that supports it and one that contradicts it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gradevo.claims.judge import CLAIMS
from gradevo.claims.rules import (
    ALPHA,
    ENOUGH_SEEDS,
    ENOUGH_TO_RESAMPLE,
    FEWEST,
    FEWEST_ALONE,
    NEGLIGIBLE,
    Claim,
    LevelRule,
)
from gradevo.claims.signs import DRAWS, ELEMENTS
from gradevo.claims.verdict import DOES_NOT_SURVIVE, MARK, SURVIVES, VERDICTS

CASES: dict[str, tuple[str, str]] = {
    "loss-falls": ("falling", "constant"),
    "metric-improves": ("falling", "rising"),
    "gradient-norm-falls": ("falling", "rising"),
    "gradient-norm-falls-l2": ("falling", "rising"),
    "accumulated-not-linear": ("out, then home", "constant"),
    "dissolving-early": ("dissolving early", "dissolving late"),
    "highest-falls": ("falling", "rising"),
    "highest-acc-rises": ("falling", "there and back"),
    "separation": ("falling", "out, then home"),
    "accumulated-weaker": ("falling", "rising"),
    "diminish-towards-optimum": ("falling", "rising"),
    "subspace": ("falling", "all directions"),
    "subspace-direction": ("falling", "all directions"),
    "noise-scale-grows": ("noisier", "less noisy"),
    "variance-grows": ("noisier", "less noisy"),
    "successive-oppose": ("bouncing", "constant"),
}
"""Claim -> the scenario that supports it, the one that contradicts it."""

DOCUMENT = Path(__file__).parents[2] / "docs/claims.md"


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_supported_and_contradicted(
    claim: Claim, seeds: int, verdicts: Callable[[str, int], pd.DataFrame]
) -> None:
    words = ("supported", "contradicted") if seeds >= ENOUGH_SEEDS else ("agrees", "disagrees")
    for verdict, scenario in zip(words, CASES[claim.id], strict=True):
        table = verdicts(scenario, seeds)
        rows = table[table["claim"] == claim.id]
        assert rows["verdict"].tolist() == [verdict] * (3 if claim.per_tensor else 1), rows["note"].tolist()
        assert (rows["seeds"] == seeds).all()


def row_of(claim: Claim) -> list[str]:
    """The claim's row in the document: its cells."""
    stated, _ = DOCUMENT.read_text(encoding="utf-8").split("## What the default run says")
    lines = stated.splitlines()
    (found,) = [line for line in lines if line.startswith(f"| `{claim.id}`")]
    return [cell.strip() for cell in found.strip("|").split(" | ")]


def test_every_claim_has_its_cases() -> None:
    assert list(CASES) == [claim.id for claim in CLAIMS]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_document_says_the_same(claim: Claim) -> None:
    name, sentence, *_, supported, contradicted = row_of(claim)
    assert ("tensors" in name) == claim.per_tensor
    assert ("signs" in name) == claim.signs == ("random signs" in claim.criterion)
    assert claim.sentence in sentence or sentence == "the same"
    if isinstance(claim.rule, LevelRule):
        sides = ("above", "below") if claim.rule.upwards else ("below", "above")
        bounds = [
            f"{side} {bound:g}"
            for side, bound in zip(sides, (claim.rule.support, claim.rule.contradict), strict=True)
        ]
    else:
        bounds = ["above 0", "below 0"][:: claim.rule.sign]
    assert [supported.replace("−", "-"), contradicted] == bounds
    side, bound = bounds[0].split()
    assert f"{side} {bound} with p < {ALPHA}" in claim.criterion.split(",")[0]
    if not isinstance(claim.rule, LevelRule):
        assert f"|mean τ| ≥ {NEGLIGIBLE}" in claim.criterion


def test_the_document_has_the_constants() -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").replace("\\|", "|").split())
    for words in (
        f"p < {ALPHA} on the claim's side; for a trend also |mean τ| of at least {NEGLIGIBLE}",
        f"Fewer than {FEWEST_ALONE} epochs with one or two seeds, or fewer than {FEWEST} with more",
        f"From {ENOUGH_TO_RESAMPLE} seeds on",
        f"{DRAWS} draws give {DRAWS} effects",
        f"Of tensors of more than {ELEMENTS:,} elements",
    ):
        assert words in text


def test_the_document_has_the_words_and_marks() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    marks = {"+": "supported", "−": "contradicted", "(+)": "agrees", "(−)": "disagrees", "·": "undecided"}
    assert list(VERDICTS) == list(marks.values())
    for mark, verdict in marks.items():
        assert f"| {verdict} | {mark} |" in text
        assert VERDICTS[verdict].latex.strip("$").replace(r"\cdot", "·").replace("-", "−") == mark
    for word in (SURVIVES, DOES_NOT_SURVIVE):
        assert f"`{word}`" in text
    assert f"`{MARK}` behind the sign" in text


def test_claims_cite_their_source() -> None:
    for claim in CLAIMS:
        assert claim.source == "article" or claim.source[-4:] in claim.reference
        assert claim.statistic
