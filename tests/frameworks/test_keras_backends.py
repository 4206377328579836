"""The callback on Keras' JAX and PyTorch backends, each in a process of its own without TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# As where TensorFlow is not installed.
SCRIPT = f"""
import runpy, sys
sys.modules["tensorflow"] = None
runpy.run_path({str(Path(__file__).with_name("keras_on_backend.py"))!r}, run_name="__main__")
"""


def run_on(backend: str, *arguments: str | Path) -> None:
    """Call a function of the script; skipped where the backend is not installed."""
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_fit_is_recorded_and_stays_what_it_is(tmp_path: Path, backend: str) -> None:
    run_on(backend, "checks", tmp_path)
