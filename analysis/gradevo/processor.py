"""The processor that computes: what the last bits of a training depend on beside its seed and threads."""

import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

LINUX = Path("/proc/cpuinfo")
MACOS = ("sysctl", "-n", "machdep.cpu.brand_string")


def processor_model() -> str:
    """The processor's name as the system tells it, such as "AMD EPYC 7763"; empty where it tells none."""
    try:
        if platform.system() == "Darwin":
            return subprocess.run(MACOS, capture_output=True, text=True, check=True).stdout.strip()
        pairs = (line.partition(":") for line in LINUX.read_text(encoding="utf-8").splitlines())
        return next(value.strip() for key, _, value in pairs if key.strip() == "model name")
    except (OSError, StopIteration, subprocess.CalledProcessError):
        return platform.processor()


def instruction_sets() -> list[str]:
    """The instruction sets that NumPy finds and uses here, by its names of them, the usual ones first.

    They are chosen while a program runs, and with them the order in which sums are formed.
    """
    known: Any = np.show_config(mode="dicts")
    sets = known.get("SIMD Extensions", {})
    return [*sets.get("baseline", ()), *sets.get("found", ())]
