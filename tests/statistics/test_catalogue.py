"""Every statistic has words, no two the same; the document's tables are the catalogue's."""

from pathlib import Path

import pytest

from gradevo.statistics.catalogue import CATALOGUE, compared, of_level
from gradevo.statistics.statistic import Level

DOCUMENT = Path(__file__).parents[2] / "docs/statistics.md"
STORED: tuple[Level, ...] = ("epoch", "step", "layer")


@pytest.mark.parametrize("level", STORED)
def test_all_statistics_have_words(level: Level) -> None:
    statistics = of_level(level).values()
    for part in ("label", "meaning"):
        assert len({getattr(one, part) for one in statistics}) == len(statistics)
    assert all(one.axis and one.tells and one.compute for one in statistics)
    assert sum(one.first for one in statistics) == 1


@pytest.mark.parametrize("level", STORED)
def test_groups_are_not_interrupted(level: Level) -> None:
    """An option group that came twice would be two groups of one name."""
    groups = [one.group for one in of_level(level).values()]
    changes = [one for one, before in zip(groups, [None, *groups], strict=False) if one != before]
    assert len(changes) == len(set(groups))


def test_norms_by_hand() -> None:
    norm = of_level("epoch")["l1_dissolving_norm_standardized"]
    assert norm.label == "Dissolved norm, L1 per element"
    assert norm.meaning.startswith("(Σ‖g[i]‖₁ − ‖A[e]‖₁) / n, ")
    assert norm.axis == "(Σ‖g[i]‖₁ − ‖A[e]‖₁) / n (loss / weight)"


def test_compared_statistics_have_a_caption_and_a_series() -> None:
    assert all(one.caption and one.read for one in compared().values())
    assert len(compared()) == sum(one.compared for one in CATALOGUE)


@pytest.mark.parametrize("level", STORED)
def test_the_document_has_the_catalogues_table(level: Level) -> None:
    rows = "\n".join(
        f"| `{one.name}` | {one.symbol.replace('|', chr(92) + '|')} | {one.unit} | {one.tells} |"
        for one in of_level(level).values()
    )
    assert f"| statistic | formula | unit | what it tells |\n| --- | --- | --- | --- |\n{rows}\n" in (
        DOCUMENT.read_text(encoding="utf-8")
    )
