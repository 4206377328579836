"""Every number that the documents quote is recomputed, or it is said why not."""

from pathlib import Path

import pytest
from analysis.docs_numbers import article, claims, companions, comparison, similarity
from analysis.docs_numbers.__main__ import QUOTES, STATED
from analysis.docs_numbers.quote import Quote, Stated, page, quoted, section, uncovered

from gradevo.claims.judge import CLAIMS
from gradevo.claims.verdict import MARK
from gradevo.config.load import read_config

DEFAULT = Path(__file__).parents[2] / "config/default.yaml"


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: f"{quote.document}: {quote.text[:40]}")
def test_every_quote_stands_once_in_its_document(quote: Quote) -> None:
    assert len(quoted(quote)) == quote.text.count("#")


@pytest.mark.parametrize("stated", STATED, ids=lambda one: f"{one.document}: {one.text}{one.section}"[:50])
def test_all_that_is_stated_stands_once_in_its_document(stated: Stated) -> None:
    assert len(stated.spans(page(stated.document))) == 1


@pytest.mark.parametrize(
    "module", [claims, comparison, companions, article, similarity], ids=lambda one: one.DOCUMENT
)
def test_no_number_is_left_out(module) -> None:
    for heading in module.SECTIONS:
        assert not list(uncovered(section(module.DOCUMENT, heading), module.QUOTES, module.STATED))


def test_the_table_of_verdicts_has_all_claims_and_compared_experiments() -> None:
    config = read_config(DEFAULT)
    compared = [name for name in config.experiments if "comparison" in config.definitions[name].pictures]
    table = claims.table()
    assert list(table) == [(claim.id, name) for claim in CLAIMS for name in compared]
    assert {sign.removesuffix(MARK) for sign in table.values()} <= set(claims.SIGNS.values())


def test_the_table_has_the_new_sign_of_a_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "DOCS", tmp_path)
    text = "| claim | iris | xor |\n| --- | - | - |\n| `x` | + → (−)* | · |\n\nEnd.\n"
    (tmp_path / claims.DOCUMENT).write_text(text, encoding="utf-8")
    assert claims.table() == {("x", "iris"): "(−)*", ("x", "xor"): "·"}
