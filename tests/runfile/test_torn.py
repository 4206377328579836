"""Writes that are cut or fail: some of the trials of ``torn.py``."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="cuts writes by a library in C"
)
def test_a_record_survives_writes_that_are_cut() -> None:
    program = Path(__file__).with_name("torn.py")
    tried = subprocess.run(
        [sys.executable, program, "0.01"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert tried.returncode == 0, tried.stdout
    assert tried.stdout.count("times, first") == 15
    assert tried.stdout.count("went on") >= 5
