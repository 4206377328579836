"""The words of a layer graph: names in few short lines, findings, epochs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from gradevo.health.check import Finding, bound
from gradevo.health.record import SYMBOLS, check_of
from gradevo.health.vanishing import VanishingThroughTime
from gradevo.numbers import epoch_ranges
from gradevo.pictures.layer_graph.values import Node
from gradevo.pictures.style.panels import wrapped

CHARACTERS_PER_INCH = 16.0  # of a label


@dataclass(frozen=True)
class Label:
    """A layer's label: lines of its name, of its class and, by check, of its findings; its value between."""

    name: list[str]
    kind: list[str]
    findings: dict[str, list[str]]

    @property
    def found(self) -> list[str]:
        """The lines of all findings."""
        return list(chain(*self.findings.values()))

    @property
    def lines(self) -> int:
        """The number of all lines."""
        return len(self.name) + len(self.kind) + 1 + len(self.found)

    @property
    def width(self) -> float:
        """About its width in inches."""
        return max(map(len, [*self.name, *self.kind, *self.found, "no weights"])) / CHARACTERS_PER_INCH


def label_of(node: Node, epochs: int, width: int) -> Label:
    """The label of a layer in lines of about `width` characters."""
    findings = finding_lines(node.findings, epochs, width)
    return Label(wrapped(node.layer.id, width).split("\n"), kind_lines(node.layer.kind, width), findings)


def kind_lines(kind: str, width: int) -> list[str]:
    """A class in lines of at most `width` characters, broken before capitals."""
    words = re.findall(r"[A-Z]?[^A-Z]+|[A-Z]+(?![^A-Z0-9])", kind)
    if "".join(words) != kind:
        words = [kind]
    lines = [""]
    for word in words:
        if len(lines[-1] + word) <= width or not lines[-1]:
            lines[-1] += word
        else:
            lines.append(word)
    return [part for line in lines for part in wrapped(line, width).split("\n")]


def finding_lines(found: Sequence[Finding], epochs: int, width: int) -> dict[str, list[str]]:
    """A layer's findings in words, check -> lines: ``✕ dead``, ``≤ 0``, ``epochs 3–9``.

    They share a line where it is wide enough. Findings of one check by several measures are one.
    """
    lines: dict[str, list[str]] = {}
    for check in dict.fromkeys(one.check for one in found):
        own = [one for one in found if one.check == check]
        when = epoch_words(sorted({epoch for one in own for epoch in one.epochs}), epochs, width)
        through_time = all(isinstance(check_of(one), VanishingThroughTime) for one in own)
        bounds = dict.fromkeys(map(bound, own))
        words = [word_of(check), *["through time"] * through_time, *bounds, when]
        one_line = " · ".join(words)
        lines[check] = [one_line] if len(one_line) <= width else words
    return lines


def word_of(check: str) -> str:
    """The symbol and the name of a check."""
    return f"{SYMBOLS[check]} {check}"


def epoch_words(found: Sequence[int], epochs: int, width: int) -> str:
    """Epochs as ranges, ``epochs 3–9, 12``; where that is too wide, how many of all: ``12 of 100 epochs``."""
    if list(found) == list(range(1, epochs + 1)) and epochs > 1:
        return "every epoch"
    words = epoch_ranges(found)
    return words if len(words) <= width else f"{len(found)} of {epochs} epochs"
