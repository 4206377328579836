"""The words of a layer graph: names in few short lines, findings, epochs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradevo.health.finding import Finding, bound, epoch_ranges
from gradevo.health.record import SYMBOLS, check_of
from gradevo.health.vanishing import VanishingThroughTime
from gradevo.pictures.style.panels import wrapped

CHARACTERS_PER_INCH = 16.0
"""So many letters of a label fit into an inch."""


@dataclass(frozen=True)
class Label:
    """A layer's label: lines of its name, of its class and of its findings; its value stands between."""

    name: list[str]
    kind: list[str]
    findings: list[str]

    @property
    def lines(self) -> int:
        """All lines."""
        return len(self.name) + len(self.kind) + 1 + len(self.findings)

    @property
    def width(self) -> float:
        """About its width in inches."""
        longest = max(map(len, [*self.name, *self.kind, *self.findings, "no weights"]))
        return longest / CHARACTERS_PER_INCH


def name_lines(name: str, width: int) -> list[str]:
    """A layer's name in lines of at most `width` characters: ``batch_`` and ``normalization_5``."""
    return wrapped(name, width).split("\n")


def kind_lines(kind: str, width: int) -> list[str]:
    """A class in lines of at most `width` characters, broken before capitals."""
    words = re.findall(r"[A-Z]?[^A-Z]+|[A-Z]+(?![^A-Z0-9])", kind) or [kind]
    if "".join(words) != kind:
        words = [kind]
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1] + word) <= width:
            lines[-1] += word
        else:
            lines.append(word)
    return [part for line in lines for part in name_lines(line, width)]


def finding_lines(found: Sequence[Finding], epochs: int, width: int) -> dict[str, list[str]]:
    """A layer's findings in words, illness -> lines: ``✕ dead``, ``≤ 0``, ``epochs 3–9``.

    They share a line where it is wide enough. Findings of one illness by several measures are one.
    """
    lines: dict[str, list[str]] = {}
    for illness in dict.fromkeys(one.check for one in found):
        own = [one for one in found if one.check == illness]
        when = epoch_words(sorted({epoch for one in own for epoch in one.epochs}), epochs, width)
        where = (
            ["through time"] if all(isinstance(check_of(one), VanishingThroughTime) for one in own) else []
        )
        where += dict.fromkeys(bound(one) for one in own)
        one = " · ".join([word_of(illness), *where, when])
        lines[illness] = [one] if len(one) <= width else [word_of(illness), *where, when]
    return lines


def word_of(illness: str) -> str:
    """The symbol and the name of an illness."""
    return f"{SYMBOLS.get(illness, '!')} {illness}"


def epoch_words(found: Sequence[int], epochs: int, width: int) -> str:
    """Epochs as ranges, ``epochs 3–9, 12``; where that is too wide, how many of all: ``12 of 100 epochs``."""
    if list(found) == list(range(1, epochs + 1)) and epochs > 1:
        return "every epoch"
    words = epoch_ranges(found)
    return words if len(words) <= width else f"{len(found)} of {epochs} epochs"
