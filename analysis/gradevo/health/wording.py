"""Findings in words, a line each."""

from collections.abc import Iterable, Sequence

import numpy as np

from gradevo.health.criteria import runs
from gradevo.health.findings import Finding


def epoch_ranges(epochs: Sequence[int]) -> str:
    """Ascending epochs, consecutive ones merged: ``"epoch 4"``, ``"epochs 3–17, 20"``."""
    if not epochs:
        return "no epoch"
    flags = np.zeros(max(epochs) + 1, dtype=np.bool_)
    flags[list(epochs)] = True
    ranges = [f"{start}" if stop == start + 1 else f"{start}–{stop - 1}" for start, stop in runs(flags)]
    return f"{'epoch' if len(epochs) == 1 else 'epochs'} {', '.join(ranges)}"


def bound(finding: Finding) -> str:
    """From where on a value is ill: ``"≤ 0.001"``."""
    return f"{'>' if finding.illness == 'exploding' else '≤'} {finding.threshold:.4g}"


def comparison(finding: Finding) -> str:
    """The value and the threshold it missed: ``"1.2e-05 ≤ 0.001"``."""
    if not np.isfinite(finding.value):
        return "not finite"
    return f"{finding.value:.2g} {bound(finding)}"


def health_lines(found: Iterable[Finding]) -> list[str]:
    """A line per finding, for logs; one line that says so where there is none."""
    lines = [
        f"{one.illness}: {one.layer}, {epoch_ranges(one.epochs)}: {one.measure}: {comparison(one)}"
        for one in found
    ]
    return lines or ["health: nothing found"]
