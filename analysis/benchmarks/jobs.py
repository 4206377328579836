"""Time and memory of the workflow's jobs, from the benchmark files that it writes itself.

``python -m analysis.benchmarks.jobs results/paper`` prints a line a job. Snakemake samples a job with
its children twice a second for about 15 seconds, then every 30 seconds: a short peak between two
samples is not seen, nor is the processor time after the last sample. The file of a job that was
stopped and started again tells of its last part only.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .timing import aligned

HEADINGS = ("experiment", "seed", "job", "seconds", "CPU seconds", "MB", "limit", "holds")
NUMBERS = ("seconds", "CPU seconds", "MB", "limit")

# Resident memory in MB, at most: of a training, and of every job after it.
TRAINING = 4000
LATER = 1500


class Job(NamedTuple):
    """A job of the workflow.

    seed: None for a job of all seeds. seconds: of its whole run. cpu: processor seconds; megabytes: the
    largest sample of its resident memory in 10^6 bytes. Both are None if it ended before the first sample.
    """

    experiment: str
    seed: int | None
    name: str
    seconds: float
    cpu: float | None
    megabytes: float | None


def read(results: Path) -> list[Job]:
    """The jobs of a results folder (``results/<config>``), by experiment; in each the trainings first."""
    jobs = []
    for path in [*results.glob("*/seed-*/logs/*.jsonl"), *results.glob("*/logs/*.jsonl")]:
        experiment, *seed = path.relative_to(results).parts[:-2]
        number = int(seed[0].removeprefix("seed-")) if seed else None
        record = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
        cpu, mebibytes = (None if record[key] == "NA" else record[key] for key in ("cpu_time", "max_rss"))
        megabytes = None if mebibytes is None else mebibytes * 2**20 / 1e6
        jobs.append(Job(experiment, number, path.stem, record["s"], cpu, megabytes))
    return sorted(
        jobs, key=lambda job: (job.experiment, job.name != "train", job.seed is None, job.seed or 0, job.name)
    )


def render(jobs: Iterable[Job]) -> str:
    """The jobs as a table of plain text."""
    rows = [HEADINGS]
    for job in jobs:
        limit = TRAINING if job.name == "train" else LATER
        cpu, megabytes, holds = "", "not sampled", ""
        if job.cpu is not None and job.megabytes is not None:
            cpu, megabytes = f"{job.cpu:.1f}", f"{job.megabytes:.0f}"
            holds = "yes" if job.megabytes <= limit else "no"
        seed = "" if job.seed is None else str(job.seed)
        rows.append(
            (job.experiment, seed, job.name, f"{job.seconds:.1f}", cpu, megabytes, f"≤ {limit}", holds)
        )
    return aligned(rows, NUMBERS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m analysis.benchmarks.jobs", description=__doc__)
    parser.add_argument("results", type=Path, help="a configuration's results, such as results/paper")
    results = parser.parse_args().results
    jobs = read(results)
    if not jobs:
        parser.error(f"{results}: expected benchmark files of jobs, found none; run the workflow first")
    print(render(jobs))


if __name__ == "__main__":
    main()
