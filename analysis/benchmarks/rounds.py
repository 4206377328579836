"""What a run takes, in time and memory, and interleaved repetitions of several."""

import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple


class Taken(NamedTuple):
    """What one run took.

    whole: seconds. later: of them, those after the first epoch; None where there are no epochs.
    megabytes: the most memory that it held; None where it had no process of its own.
    """

    whole: float
    later: float | None = None
    megabytes: float | None = None


Contender = Callable[[], Taken]


def interleave(contenders: Mapping[str, Contender], rounds: int, what: str) -> dict[str, list[Taken]]:
    """Run every contender once a round; contender -> what each round took.

    Other work on the machine then slows all alike. Every other round runs in reverse order, so that none
    always comes first. ``what`` names the measurement in the notes on standard error.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders)[:: 1 if number % 2 == 0 else -1]:
            taken[name].append(contenders[name]())
            seconds = taken[name][-1].whole
            print(f"{what}, round {number + 1}/{rounds}: {name} {seconds:.2f} s", file=sys.stderr, flush=True)
    return taken


def timed(work: Callable[[], object]) -> Contender:
    """A contender that does ``work`` in this process."""

    def measure() -> Taken:
        began = time.perf_counter()
        work()
        return Taken(time.perf_counter() - began)

    return measure


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
