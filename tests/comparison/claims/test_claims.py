"""Every claim has a training that supports it and one that contradicts it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gradevo.comparison.claims import CLAIMS, Claim

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

DOCUMENT = Path(__file__).parents[3] / "docs/claims.md"


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_supported_and_contradicted(
    claim: Claim, seeds: int, verdicts: Callable[[str, int], pd.DataFrame]
) -> None:
    for verdict, scenario in zip(("supported", "contradicted"), CASES[claim.id], strict=True):
        table = verdicts(scenario, seeds)
        rows = table[table["claim"] == claim.id]
        assert rows["verdict"].tolist() == [verdict] * (3 if claim.per_layer else 1), rows["note"].tolist()
        assert (rows["seeds"] == seeds).all()


def test_claims_are_told_apart_and_documented() -> None:
    assert list(CASES) == [claim.id for claim in CLAIMS]
    text = DOCUMENT.read_text(encoding="utf-8")
    for claim in CLAIMS:
        assert f"| `{claim.id}`" in text
        for words in (claim.sentence, claim.source, claim.reference, claim.statistic, claim.criterion):
            assert words
    article = [claim.sentence for claim in CLAIMS if claim.source == "article"]
    for sentence in article:
        assert f'"{sentence}"' in text or "the same" in text


def test_bounds_are_those_of_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for claim in CLAIMS:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{claim.id}`")]
        supported, contradicted = row.replace("−", "-").rstrip(" |").split(" | ")[-2:]
        assert f"{supported} " in claim.criterion.replace(",", " ")
        assert (
            f"{contradicted} " in claim.criterion.replace(",", " ") + " " or "other side" in claim.criterion
        )
