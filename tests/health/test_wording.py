"""Findings in words."""

import numpy as np

from gradevo.health.check import Finding, health_lines


def test_a_line_per_finding() -> None:
    found = [
        Finding("exploding", "dense", (1,), np.nan, 1000, "highest norm"),
        Finding("vanishing", "gru", (1, 2, 3, 9), 1.234e-5, 1e-3, "the share"),
        Finding("exploding", "out", (2,), 12345, 1000, "highest norm"),
    ]
    assert health_lines(found) == [
        "exploding: dense, epoch 1: highest norm: not finite",
        "vanishing: gru, epochs 1–3, 9: the share: 1.2e-05 ≤ 0.001",
        "exploding: out, epoch 2: highest norm: 1.2e+04 > 1000",
    ]
    assert health_lines([]) == ["health: nothing found"]
