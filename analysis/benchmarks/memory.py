"""The peak of a process's memory."""

import resource
import sys
from pathlib import Path


def peak_megabytes() -> float:
    """The most resident memory that this process ever held, in 10^6 bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except FileNotFoundError:  # no Linux
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
    # Linux hands getrusage's peak on from parent to child, even to another program.
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024 / 1e6
