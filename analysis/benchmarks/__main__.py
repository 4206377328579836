"""Measure and print a table a section; ``--help`` lists the options."""

import argparse
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

from . import analysing, animating, drawing, fitting, looping, training, watching
from .timing import Row, render

Part = Callable[[int, bool], list[Row]]
ROUNDING, PAGE = "rounding", "page"


def timed() -> dict[str, Part]:
    """What is timed, as "section:case", the names that ``--only`` takes."""

    def of(measure: Callable[[str, int, bool], list[Row]], case: str) -> Part:
        return lambda rounds, quick: measure(case, rounds, quick)

    looped = looping.CASES if find_spec("torch") else ()
    return {
        **{f"training:{name}": of(training.measure, name) for name in training.ARTICLE},
        **{f"activations:{name}": of(training.measure_activations, name) for name in training.ARTICLE},
        **{f"fit:{name}": of(fitting.measure, name) for name in fitting.SHAPES},
        **{f"torch:{name}": of(looping.measure, name) for name in looped},
        **{f"statistics:{case}": of(analysing.measure, case) for case in analysing.CASES},
        **{f"deep:{name}": of(drawing.measure, name) for name in drawing.CASES},
        "animation:mnist": animating.mnist,
        "animation:forda": animating.forda,
        "watching:mnist": watching.mnist,
    }


def main() -> None:
    parts = timed()
    known = [*parts, ROUNDING, PAGE]
    parser = argparse.ArgumentParser(prog="python -m analysis.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of every contender (default 3)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the epochs, one round: a try")
    parser.add_argument("--only", nargs="+", choices=known, metavar="PART", help=f"any of {', '.join(known)}")
    options = parser.parse_args()
    rounds = 1 if options.quick else max(1, options.rounds)
    sections: dict[str, list[str]] = {}
    for name in dict.fromkeys(options.only or known):
        sections.setdefault(name.partition(":")[0], []).append(name)
    for section, names in sections.items():
        heading = f"{section}: {_machine()}{', quick' if options.quick else ''}"
        if section == ROUNDING:
            text = analysing.measure_rounding(options.quick)
        elif section == PAGE:
            text = watching.measure_page(options.quick)
        else:
            heading += f"; rounds: {rounds}"
            text = render([row for name in names for row in parts[name](rounds, options.quick)])
        print(f"{heading}\n{text}\n", flush=True)


def _machine() -> str:
    tensorflow, keras = version("tensorflow"), version("keras")
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"TensorFlow {tensorflow}, Keras {keras}"
    )


if __name__ == "__main__":
    main()
