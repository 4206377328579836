"""Everything that is drawn of a deep network, by the commands that a user would type, against the clock."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from PIL import Image

from gradevo.pictures.catalogue import CATALOGUE, pictures_of

from .deep_networks import TRAININGS
from .timing import Row

# Seconds for health, all pictures and the report of a run, at most; pixels of the highest image, at most.
LIMIT = 60.0
HIGHEST = 4000

JOBS = [
    job
    for job in dict.fromkeys(job for job, _ in CATALOGUE)
    if all(
        not one.compares
        and one.needs in ("statistics", "all statistics")
        and not one.needs_activation_gradients
        for one in pictures_of(job)
    )
]
"""What is drawn of one run's statistics, whatever its layers are."""


class Took(NamedTuple):
    """Seconds of a command by the clock, and of the processor."""

    clock: float
    processor: float


def measure(name: str, rounds: int, quick: bool) -> list[Row]:
    """Record the network, then draw all that there is of it, `rounds` times."""
    with tempfile.TemporaryDirectory() as folder:
        experiment = Path(folder) / "deep" / name
        run = experiment / "seed-13" / "run.h5"
        run.parent.mkdir(parents=True)
        _python("analysis.benchmarks.deep_networks", name, str(run), *(["quick"] if quick else []))
        return draw(experiment, rounds)


def draw(experiment: Path, rounds: int) -> list[Row]:
    """Make everything of the run in ``<experiment>/seed-13``, `rounds` times; medians of what it takes."""
    taken: dict[str, list[Took]] = {}
    for number in range(rounds):
        for words, arguments in commands(experiment):
            taken.setdefault(words, []).append(_python("gradevo", *arguments))
        whole = sum(took[-1].clock for took in taken.values())
        print(f"{experiment.name}, round {number + 1}/{rounds}: {whole:.1f} s", file=sys.stderr, flush=True)
    medians = {words: Took(*map(median, zip(*took, strict=True))) for words, took in taken.items()}
    return table(experiment.name, medians, {words: highest(experiment, words) for words in taken})


def commands(experiment: Path) -> Iterator[tuple[str, list[str]]]:
    """The commands, (what, arguments), from a record to its report, in their order."""
    statistics, health = experiment / "seed-13" / "statistics.h5", experiment / "health.json"
    yield "statistics", ["statistics", str(statistics.with_name("run.h5")), "--output", str(statistics)]
    yield "health", ["health", str(statistics), "--output", str(health)]
    for job in JOBS:
        judged = ["--health", str(health)] if any(one.reads_health for one in pictures_of(job)) else []
        yield f"draw {job}", ["draw", job, str(statistics), "--folder", str(experiment), *judged]
    drawn = [str(path) for job in JOBS for one in pictures_of(job) for path in one.paths(experiment)]
    pages = ["--folder", str(experiment.parent / "report")]
    shown = [path for path in drawn if not path.endswith(".pdf")]
    yield "report", ["report", str(statistics), str(health), *shown, *pages]


def highest(experiment: Path, words: str) -> int:
    """The height in pixels of the highest image that the command wrote; 0 without any."""
    job = words.removeprefix("draw ")
    paths = [path for one in pictures_of(job) for path in one.paths(experiment)] if job in JOBS else []
    heights = [0]
    for path in (path for path in paths if path.suffix in (".png", ".gif")):
        with Image.open(path) as image:
            heights.append(image.height)
    return max(heights)


def table(name: str, taken: dict[str, Took], pixels: dict[str, int]) -> list[Row]:
    """A row for each command, then one for all but the statistics, with the targets."""
    drawn = [took for words, took in taken.items() if words != "statistics"]
    whole = Took(*map(sum, zip(*drawn, strict=True)))
    rows = {**taken, "all but statistics": whole}
    heights = {**pixels, "all but statistics": max(pixels.values())}
    found: list[Row] = [
        {
            "case": f"deep {name}",
            "contender": words,
            "seconds": f"{took.clock:.1f}",
            "CPU seconds": f"{took.processor:.1f}",
            "pixels": str(heights[words] or ""),
        }
        for words, took in rows.items()
    ]
    holds = whole.clock <= LIMIT and heights["all but statistics"] <= HIGHEST
    found[-1] |= {
        "target": f"≤ {LIMIT:.3g} s, ≤ {HIGHEST} pixels",
        "holds": "yes" if holds else "no",
    }
    return found


def _python(module: str, *arguments: str) -> Took:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


CASES = tuple(TRAININGS)
