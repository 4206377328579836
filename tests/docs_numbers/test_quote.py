"""How numbers are found in documents and compared."""

import pytest
from analysis.docs_numbers import quote
from analysis.docs_numbers.quote import Number, Quote, Stated, matches, quoted, section, uncovered

TEXT = "Loss 1.25 → −0.5 in 2,110 steps, 54-fold; `conv2d` has 3.5·10⁻⁷, [1] says 10⁹, L2 falls by 3 %."


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("−0.98", -0.985, -0.975),
        ("0.30", 0.295, 0.305),
        ("23,980", 23_979.5, 23_980.5),
        ("3.5·10⁻⁷", 3.45e-7, 3.55e-7),
        ("7", 6.5, 7.5),
        ("10⁻⁹", 10**-9.5, 10**-8.5),
    ],
)
def test_a_number_stands_for_all_that_are_rounded_to_it(text: str, low: float, high: float) -> None:
    number = Number.read(text)
    assert (number.low, number.high) == pytest.approx((low, high))
    width = high - low
    inside, outside = (low, high), (low - width / 100, high + width / 100)
    assert [number.agrees(value) for value in (*inside, *outside)] == [True, True, False, False]


def test_numbers_of_a_sentence_are_found_whatever_they_are() -> None:
    sentence = "Loss # → # in # steps, #-fold; `conv2d` has #, [1] says #,"
    (match,) = matches(TEXT, sentence)
    assert match.groups() == ("1.25", "−0.5", "2,110", "54", "3.5·10⁻⁷", "10⁹")
    assert matches(TEXT, "in # steps, 54-fold; `conv2d` lacks #") == []


def test_numbers_that_nothing_holds_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers in code, of references and in names such as L2 are none."""
    quotes = [Quote("x.md", "Loss # → # in", lambda records: [1, 2])]
    stated = [Stated("x.md", "why", "says #,")]
    found = [line.split(">")[1].split("<")[0] for line in uncovered(TEXT, quotes, stated)]
    assert found == ["2,110", "54", "3.5·10⁻⁷", "3"]
    monkeypatch.setattr(quote, "section", lambda document, heading: TEXT)
    assert not list(uncovered(f"before {TEXT} after", [], [Stated("x.md", "why", section="# All")]))


def test_a_sentence_has_to_stand_once(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quote, "DOCS", tmp_path)
    (tmp_path / "x.md").write_text("# All\n\nIt is 3\nand 4. It was 5.\n\n## Part\n\nNo.\n\n# Other\n")
    assert [number.text for number in quoted(Quote("x.md", "It is # and #.", lambda r: []))] == ["3", "4"]
    for text, count in (("It has #", 0), ("It #", 0), (" #", 3)):
        with pytest.raises(LookupError, match=rf"docs/x.md: expected once, found {count} times: {text}"):
            quoted(Quote("x.md", text, lambda r: []))
    assert section("x.md", "# All") == "# All It is 3 and 4. It was 5. ## Part No."
    assert section("x.md", "## Part") == "## Part No."
    with pytest.raises(LookupError, match="expected one section, found 0: ## All"):
        section("x.md", "## All")
