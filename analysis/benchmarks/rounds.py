"""Interleaved repetitions: other work on the machine then slows all contenders alike."""

import sys
import time
from collections.abc import Callable, Mapping


def interleave(
    contenders: Mapping[str, Callable[[], float]], rounds: int, what: str
) -> dict[str, list[float]]:
    """Run every contender once a round; contender -> the seconds of each round.

    Contenders return their seconds. Every other round runs in reverse order, so that none always
    comes first. ``what`` names the measurement in the notes on standard error.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders)[:: 1 if number % 2 == 0 else -1]:
            taken = contenders[name]()
            seconds[name].append(taken)
            print(f"{what}, round {number + 1}/{rounds}: {name} {taken:.2f} s", file=sys.stderr, flush=True)
    return seconds


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """A contender that does ``work`` in this process."""

    def measure() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return measure
