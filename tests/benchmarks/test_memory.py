"""The peak of a process's memory is its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from analysis.benchmarks.memory import peak_megabytes


def test_peak_counts_what_was_held_and_given_back() -> None:
    block = np.ones(400_000_000, np.uint8)
    del block
    assert 400 < peak_megabytes() < 40_000


def test_peak_of_a_child_does_not_contain_its_parents() -> None:
    block = np.ones(400_000_000, np.uint8)
    code = "from analysis.benchmarks.memory import peak_megabytes; print(peak_megabytes())"
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True, text=True)
    assert 1 < float(child.stdout) < 200
    assert len(block)
