"""Every claim has a training that supports it and one that contradicts it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gradevo.claims.judge import CLAIMS
from gradevo.claims.rules import FEWEST, FEWEST_ALONE, NEGLIGIBLE, Claim, LevelRule

CASES: dict[str, tuple[str, str]] = {
    "loss-falls": ("falling", "constant"),
    "metric-improves": ("falling", "rising"),
    "gradient-norm-falls": ("falling", "rising"),
    "gradient-norm-falls-l2": ("falling", "rising"),
    "accumulated-not-linear": ("decaying", "constant"),
    "dissolving-early": ("dissolving early", "dissolving late"),
    "highest-falls": ("falling", "rising"),
    "highest-acc-rises": ("falling", "there and back"),
    "separation": ("falling", "alternating"),
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
    for verdict, scenario in zip(("supported", "contradicted"), CASES[claim.id], strict=True):
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
    assert ("(tensors)" in name) == claim.per_tensor
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
    assert f"{side} {bound}" in claim.criterion.split(",")[0]
    if not isinstance(claim.rule, LevelRule):
        assert f"mean |τ| ≥ {NEGLIGIBLE}" in claim.criterion


def test_the_document_says_what_is_negligible() -> None:
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").replace("\\|", "|").split())
    assert f"the mean of |τ| is at least {NEGLIGIBLE}" in text
    assert f"Fewer than {FEWEST_ALONE} epochs with one or two seeds, or fewer than {FEWEST} with more" in text


def test_claims_cite_their_source() -> None:
    for claim in CLAIMS:
        assert claim.source == "article" or claim.source[-4:] in claim.reference
        assert claim.statistic
