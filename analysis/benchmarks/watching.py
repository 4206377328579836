"""The live page: how long it takes to follow long and many runs, and what a training loses by being watched.

``python -m analysis.benchmarks.watching FOLDER`` follows the runs there until all have ended, as ``gradevo
watch`` does with a page open, and prints a line of JSON.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import numpy as np
from numpy.typing import NDArray

from gradevo import Recorder
from gradevo.live.folder import Folder
from gradevo.live.page import Page
from gradevo.live.server import EVERY, WHILE_BEHIND, Watch
from gradevo.recording.recorder import Joined

from . import cases
from .timing import OURS, Row, Taken, aligned, interleave, peak_megabytes, rows
from .training import train

# Watched, at most 1.05 times the time of the same training alone.
UNWATCHED = 1 / 1.05
SPANS = ("ms, median", "ms, highest", "CPU ms, median", "CPU ms, highest")
HEADINGS = ("case", "what", "times", *SPANS, "kB, median", "kB, highest", "MB", "holds")
MOST_MS, MOST_MB = 200, 300


class Growing(NamedTuple):
    """Runs that grow at once. layers: of a kernel (4, 4) and a bias (4,) each."""

    runs: int
    layers: int
    epochs: int
    """written before somebody looks"""
    more: int
    """written while it is watched, an epoch of all runs every half second"""


STEPS = 100
"""Of an epoch."""

GROWING = {
    "50,000 steps, 6 tensors": Growing(1, 3, 480, 20),
    "50,000 steps, 160 tensors": Growing(1, 80, 480, 20),
    "10 runs, 6 tensors": Growing(10, 3, 20, 20),
}


def measure_page(quick: bool) -> str:
    """A table of the updates and answers of the server, and its memory."""
    table: list[tuple[str, ...]] = [HEADINGS]
    for name, case in GROWING.items():
        if quick:
            case = case._replace(epochs=case.epochs // 10, more=5)
        table += _measured(name, case)
    return aligned(table, HEADINGS[2:-1])


def mnist(rounds: int, quick: bool) -> list[Row]:
    """Record mnist with a page that follows, and without."""
    case = cases.recorded("mnist", quick)

    def watched() -> Taken:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Watch(folder, port=0) as watch, _asking(watch.url, "run.h5"):
                return train(case, folder=folder)

    taken = interleave({OURS: watched, "not watched": lambda: train(case)}, rounds, "watching mnist")
    steps = (case.experiment.epochs - 1) * case.steps_per_epoch
    return rows("watching mnist", taken, {"not watched": UNWATCHED}, steps)


@contextmanager
def _asking(url: str, run: str) -> Iterator[None]:
    """Ask every second, as a page does."""
    ended = threading.Event()

    def ask() -> None:
        question: dict[str, Any] = {"revision": -1, "run": run, "shown": None, "overlay": None}
        while not ended.wait(1):
            request = Request(f"{url}news", json.dumps(question).encode())
            with urlopen(request) as answer:
                text = answer.read()
            if text:
                question = _next(question, json.loads(text))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        ended.set()
        asking.join()


def _next(question: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """What a page asks that has taken this in."""
    run = news["run"]
    have = {key: run.get(key) for key in ("structure", "state")} if run else None
    if have and have["state"] is None and question["shown"]:
        have["state"] = question["shown"]["state"]
    return {**question, "shown": have, "revision": run["revision"] if run and "state" in run else -1}


def _measured(name: str, case: Growing) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as files:
        runs = [
            files.enter_context(_Run(Path(folder) / f"{number}/run.h5", case)) for number in range(case.runs)
        ]
        for run in runs:
            for _ in range(case.epochs):
                run.epoch()
        command = [sys.executable, "-m", "analysis.benchmarks.watching", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout
            watching.stdout.readline()  # all of it is read
            for _ in range(case.more):
                for run in runs:
                    run.epoch()
                time.sleep(0.5)
            files.close()
            found = json.loads(watching.stdout.read())
    lines = []
    for what in ("read what is there", "update", "answer"):
        spans, sizes = list(zip(*found[what], strict=True)), found.get(f"{what}, bytes", [])
        cells = [f"{len(spans[0])}"]
        cells += [f"{1000 * of(times):.0f}" for times in spans for of in (median, max)]
        # Where others work, too, the time on the clock is theirs.
        holds = 1000 * max(spans[1]) <= MOST_MS and found["megabytes"] <= MOST_MB
        cells += [f"{median(sizes) / 1e3:.1f}", f"{max(sizes) / 1e3:.0f}"] if sizes else ["", ""]
        lines.append((name, what, *cells, f"{found['megabytes']:.0f}", "yes" if holds else "no"))
    return lines


class _Run:
    """A record of random gradients."""

    def __init__(self, path: Path, case: Growing) -> None:
        shapes = {"kernel": (4, 4), "bias": (4,)}
        self._weights = {
            f"dense_{layer}/{kind}": np.ones(shape, np.float32)
            for layer in range(case.layers)
            for kind, shape in shapes.items()
        }
        self._size = 20 * case.layers
        self._random = np.random.default_rng(13)
        planned = case.epochs + case.more
        self._recorder = Recorder(path, self._weights, epochs=planned)

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, *error: object) -> None:
        self._recorder.__exit__(None, None, None)

    def epoch(self) -> None:
        """Record an epoch of `STEPS`."""
        for row in self._random.normal(size=(STEPS, self._size)).astype(np.float32):
            self._recorder.step(Joined(row), loss=float(np.abs(row[:8]).mean()), learning_rate=0.1)
        for one in self._weights.values():
            one += 0.001
        self._recorder.end_epoch(self._weights, train={"loss": 1.0, "accuracy": 0.5})


def _now() -> NDArray[np.float64]:
    """On the clock, and of the processor: seconds, (2,)."""
    return np.array([time.perf_counter(), time.process_time()])


def main() -> None:
    folder = Folder(Path(sys.argv[1]))
    page = Page(folder)
    question: dict[str, Any] = {"revision": -1, "run": "0/run.h5", "shown": None, "overlay": None}
    found: dict[str, Any] = {name: [] for name in ("read what is there", "update", "answer", "answer, bytes")}
    caught_up = False
    while True:
        began = _now()
        folder.update()
        updated = _now()
        news = page.news(question)
        answered = _now()
        followers = folder.runs.values()
        behind = any(one.behind or one.run is None for one in followers)
        found["update" if caught_up else "read what is there"].append((updated - began).tolist())
        if news is not None:
            if question["revision"] >= 0 or "state" in (news["run"] or {}):
                found["answer"].append((answered - updated).tolist())
                found["answer, bytes"].append(len(json.dumps(news)))
            question = _next(question, news)
        if not behind and not caught_up:
            caught_up = True
            print("read", flush=True)
        if caught_up and all(one.told.state == "complete" for one in followers) and not behind:
            break
        time.sleep(WHILE_BEHIND if behind else EVERY)
    print(json.dumps({**found, "megabytes": peak_megabytes()}))


if __name__ == "__main__":
    main()
