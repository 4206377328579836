"""Rounds alternate; the peak of a process's memory is its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from analysis.benchmarks.rounds import Taken, interleave, peak_megabytes


def test_peak_counts_what_was_held_and_given_back() -> None:
    block = np.ones(400_000_000, np.uint8)
    del block
    assert 400 < peak_megabytes() < 40_000


def test_peak_of_a_child_does_not_contain_its_parents() -> None:
    block = np.ones(400_000_000, np.uint8)
    code = "from analysis.benchmarks.rounds import peak_megabytes; print(peak_megabytes())"
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True, text=True)
    assert 1 < float(child.stdout) < 200
    assert len(block)


def test_rounds_alternate_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def contender(name: str) -> Taken:
        order.append(name)
        return Taken(float(len(order)))

    taken = interleave({"a": lambda: contender("a"), "b": lambda: contender("b")}, 3, "case")
    assert "".join(order) == "abbaab"
    assert [one.whole for one in taken["b"]] == [2.0, 3.0, 6.0]
    assert "case, round 3/3: b 6.00 s" in capsys.readouterr().err
