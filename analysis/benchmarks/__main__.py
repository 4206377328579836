"""Measure and print one table; ``--help`` lists the options."""

import argparse
import os
import platform
from collections.abc import Callable
from importlib.metadata import version

from . import animating, reading, training
from .table import Line, render

Part = Callable[[int, bool], list[Line]]


def parts() -> dict[str, Part]:
    """What can be measured, by the name that ``--only`` takes."""

    def of(measure: Callable[[str, int, bool], list[Line]], case: str) -> Part:
        return lambda rounds, quick: measure(case, rounds, quick)

    return {
        **{f"training:{name}": of(training.measure, name) for name in training.ARTICLE},
        **{f"statistics:{case}": of(reading.measure, case) for case in reading.CASES},
        "animation": animating.measure,
    }


def main() -> None:
    known = parts()
    parser = argparse.ArgumentParser(prog="python -m analysis.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of every contender (default 3)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the epochs, one round: a try")
    parser.add_argument("--only", nargs="+", choices=known, metavar="PART", help=f"any of {', '.join(known)}")
    options = parser.parse_args()
    rounds = 1 if options.quick else max(1, options.rounds)
    table = [line for name in options.only or known for line in known[name](rounds, options.quick)]
    print(_machine(rounds, options.quick))
    print(render(table))


def _machine(rounds: int, quick: bool) -> str:
    cores = os.cpu_count()
    tensorflow, keras = version("tensorflow"), version("keras")
    return (
        f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, "
        f"TensorFlow {tensorflow}, Keras {keras}; rounds: {rounds}{', quick' if quick else ''}"
    )


if __name__ == "__main__":
    main()
