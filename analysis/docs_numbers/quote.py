"""A quoted number: where it stands in a document, and how it is found again in the records."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .records import Records

DOCS = Path(__file__).parents[2] / "docs"
DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
POWER = f"10⁻?[{DIGITS}]+"
NUMBER = rf"(?:{POWER}|[−+]?\d+(?:,\d\d\d)*(?:\.\d+)?(?:·{POWER})?)"
BARE = re.compile(rf"(?<![\w./−+]){NUMBER}(?!\w)")
"""A number that is no part of a name."""
NOT_TEXT = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|\[\d+(?:, \d+)*\]")
"""Code, addresses of links, numbers of references."""


@dataclass(frozen=True)
class Quote:
    """Numbers in a sentence.

    document: its name in ``docs``. text: of the sentence, in one line, with ``#`` for every number.
    compute: the records -> what these numbers are. travels: whether they are the same on other machines, to
    the digits that are quoted. run: of which configuration the records are.
    """

    document: str
    text: str
    compute: Callable[[Records], Sequence[float]]
    travels: bool = True
    run: str = "default"


@dataclass(frozen=True)
class Stated:
    """Numbers that are not recomputed, and why not: of a sentence, with ``#`` for each, or of a section."""

    document: str
    why: str
    text: str = ""
    section: str = ""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a text of one line.

        Raises LookupError for a section that is not there.
        """
        if not self.section:
            return [match.span() for match in matches(text, self.text)]
        words = section(self.document, self.section)
        return [match.span() for match in re.finditer(re.escape(words), text)]


@dataclass(frozen=True)
class Number:
    """A number as a document has it, and between what the numbers lie that are rounded to it."""

    text: str
    low: float
    high: float

    @classmethod
    def read(cls, text: str) -> Self:
        """What a text says: ``"−23,980"``, ``"0.30"``, ``"3.5·10⁻⁷"``; of ``"10⁹"`` only the order counts."""
        if re.fullmatch(POWER, text):
            return cls(text, 10 ** (_exponent(text) - 0.5), 10 ** (_exponent(text) + 0.5))
        digits, _, power = text.replace("−", "-").replace(",", "").partition("·")
        scale = 10.0 ** _exponent(power) if power else 1.0
        half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
        return cls(text, (float(digits) - half) * scale, (float(digits) + half) * scale)

    def agrees(self, value: float) -> bool:
        """Whether a value, rounded, is the number."""
        slack = 1e-9 * abs(self.high)
        return self.low - slack <= value <= self.high + slack


def _exponent(power: str) -> int:
    superscripts = str.maketrans(f"⁻{DIGITS}", "-0123456789")
    return int(power.removeprefix("10").translate(superscripts))


def page(document: str) -> str:
    """The text of a document in one line."""
    return " ".join((DOCS / document).read_text(encoding="utf-8").split())


def section(document: str, heading: str) -> str:
    """A section of a document in one line, from its heading (``"### Title"``) to the next of its level.

    Raises LookupError unless there is exactly one of this name.
    """
    level = heading.partition(" ")[0]
    text = (DOCS / document).read_text(encoding="utf-8")
    parts = re.split(rf"^(?=#{{1,{len(level)}}} )", text, flags=re.MULTILINE)
    found = [part for part in parts if part.startswith(f"{heading}\n")]
    if len(found) != 1:
        raise LookupError(f"docs/{document}: expected one section, found {len(found)}: {heading}")
    return " ".join(found[0].split())


def matches(text: str, sentence: str) -> list[re.Match[str]]:
    """Where a sentence, with ``#`` for its numbers, stands in a text of one line."""
    pattern = f"({NUMBER})".join(re.escape(part) for part in sentence.split("#"))
    return list(re.finditer(pattern, text))


def quoted(quote: Quote) -> list[Number]:
    """The numbers of a quote.

    Raises LookupError unless the sentence stands in its document exactly once.
    """
    found = matches(page(quote.document), quote.text)
    if len(found) != 1:
        raise LookupError(f"docs/{quote.document}: expected once, found {len(found)} times: {quote.text}")
    return [Number.read(text) for text in found[0].groups()]


def uncovered(text: str, quotes: Sequence[Quote], stated: Sequence[Stated]) -> Iterator[str]:
    """Numbers of a text of one line that are in no quote and in nothing stated, with what is around them."""
    spans = [match.span() for quote in quotes for match in matches(text, quote.text)]
    spans += [span for one in stated for span in one.spans(text)]
    spans += [match.span() for match in NOT_TEXT.finditer(text)]
    for match in BARE.finditer(text):
        if not any(start <= match.start() and match.end() <= stop for start, stop in spans):
            yield f"{text[max(0, match.start() - 30) : match.start()]}>{match[0]}<{text[match.end() :][:30]}"
