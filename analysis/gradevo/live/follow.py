"""Following one record: opened, read on and closed again and again, whatever happens to its training."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradevo.health.check import Finding
from gradevo.health.record import findings
from gradevo.live.bins import Curves
from gradevo.live.growing import GrowingRun
from gradevo.runfile.lock import is_held
from gradevo.runfile.reader import Run
from gradevo.runfile.schema import partial_path

State = Literal["starting", "growing", "complete", "stopped", "dead", "unreadable"]

STATES: dict[State, str] = {
    "starting": "a process holds the file, which has no complete epoch yet",
    "growing": "a process is recording",
    "complete": "the training has ended",
    "stopped": "the training has ended before all epochs planned",
    "dead": "nobody holds the file's lock: the process has ended, the training has not. Started again, it "
    "goes on after the last complete epoch",
    "unreadable": "the file cannot be read",
}
"""What is known of the process."""

_NONE: NDArray[np.float64] = np.empty(0)

CACHE_BYTES = 2**16
EPOCHS_TIMED = 20
PATIENCE = 3
"""Times that a file may be found unreadable while a process writes it: it may be just being replaced."""
JUDGING = 0.05
"""Share of the time that judging health may take while a run grows."""


class _Seen(NamedTuple):
    """What tells that a file has changed."""

    file: Path
    inode: int
    size: int
    changed: int
    held: bool


@dataclass(frozen=True)
class Told:
    """What the list of runs says."""

    state: State
    epochs: int = 0
    planned: int | None = None
    loss: float = float("nan")
    metric: float = float("nan")
    metric_name: str = ""
    fault: str = ""


class Follower:
    """One record, by the name that it has when it is complete.

    Attributes:
        told: What the record says, read whenever it has changed.
        run: Its numbers as far as they were read, which may be less; None before the first epoch.
        findings: Of health.
        generation: How many times what was known had to be forgotten, at least in part.
        identity: Another one for every training whose record this is or was.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self.told = Told("starting")
        self.run: GrowingRun | None = None
        self.curves = Curves()
        self.findings: tuple[Finding, ...] = ()
        self.generation = self.identity = 0
        self._clock = clock
        self._seen: _Seen | None = None
        self._failed = 0
        self._open: Run | None = None
        self._reading: Iterator[None] | None = None
        self._ends: deque[tuple[float, int]] = deque(maxlen=EPOCHS_TIMED)
        self._judged = (0, 0, 0.0, 0.0)  # generation, epochs, when, how long that took

    def update(self, seconds: float) -> bool:
        """Read what is new, for about so many seconds; the rest is for the next time.

        Returns whether anything is known that was not before.
        """
        stop = self._clock() + seconds
        before = self._known
        try:
            seen = self._look()
            if self._seen and seen[:-1] == self._seen[:-1] and self.told.state == "growing" and not seen.held:
                self.told, self._seen = replace(self.told, state="dead"), seen  # nothing else has changed
            # What is being read is read to its end: a file that grows faster would be begun ever again.
            going_on = self._reading and self._seen and seen.inode == self._seen.inode
            if seen != self._seen and not going_on:
                self._reopen(seen)
            while self._reading and self._clock() < stop:
                if next(self._reading, self) is self:
                    self.close()
            self._failed = 0
            self._judge()
        except Exception as error:  # one record that nobody thought of must not end the page of all others
            self._fail(error)
        return before != self._known

    @property
    def _known(self) -> tuple[object, ...]:
        return self.told, self.run and self.run.epochs, self.generation, self.findings

    @property
    def behind(self) -> bool:
        """Whether there is more to read."""
        return self._reading is not None

    @property
    def seconds_left(self) -> float:
        """Until all epochs planned are done, by the last epochs' pace; NaN where that is not known."""
        if self.told.state != "growing" or self.told.planned is None or len(self._ends) < 2:
            return float("nan")
        (first, fewer), (last, more) = self._ends[0], self._ends[-1]
        left = (self.told.planned - more) * (last - first) / (more - fewer)
        return max(0.0, left - (self._clock() - last))

    def close(self) -> None:
        """Let go of the file."""
        self._reading = None
        if self._open:
            with self._open:
                self._open = None

    def _look(self) -> _Seen:
        held = is_held(self.path)
        partial = partial_path(self.path)
        for file in (partial, self.path):
            try:
                found = file.stat()
            except FileNotFoundError:
                continue
            return _Seen(file, found.st_ino, found.st_size, found.st_ctime_ns, held and file == partial)
        return _Seen(partial, 0, 0, 0, held)

    def _reopen(self, seen: _Seen) -> None:
        self.close()
        if not seen.inode:
            self.told = Told("starting" if seen.held else "dead")
            self._seen = seen
            return
        run = Run(seen.file, cache_bytes=CACHE_BYTES)
        self._open = run
        self._forget(run)
        self._say(run, seen)
        if run.epochs or run.steps:
            self.run = self.run or GrowingRun(run)
            self._reading = self.run.read(run)
        else:
            self.close()
        self._seen = seen

    def _forget(self, run: Run) -> None:
        """Forget what the record does not hold, as after going on from an earlier epoch."""
        if self.run is None:
            return
        common = self.run.common(run)
        # Of a run that ended within an epoch, the steps behind the last complete one may be others now.
        if common < self.run.epochs or not common or self.run.steps > self.run.timeline.complete_steps:
            self.generation += 1
            self._ends.clear()
            self.curves = Curves()
            if common:
                self.run.forget(common)
            else:
                self.run = None
                self.identity += 1

    def _say(self, run: Run, seen: _Seen) -> None:
        ended = seen.file == self.path
        state: State = "dead" if not seen.held else "growing" if run.epochs else "starting"
        if ended:
            state = "stopped" if run.stopped else "complete"
        metrics = {split: run.metrics(split) for split in ("validation", "train")}
        loss = metrics["train"].get("loss", _NONE)
        names = [name for name in run.experiment.metrics if name in metrics["train"]]
        name = next(iter(names or [name for name in metrics["train"] if name != "loss"]), "")
        of = next((found[name] for found in metrics.values() if name in found), _NONE)
        if state != "growing" or self.told.state != "growing":
            self._ends.clear()
        elif run.epochs > self.told.epochs:
            self._ends.append((self._clock(), run.epochs))
        self.told = Told(
            state,
            run.epochs,
            run.epochs_planned,
            float(loss[-1]) if len(loss) else float("nan"),
            float(of[-1]) if len(of) else float("nan"),
            name,
        )

    def _fail(self, error: Exception) -> None:
        self.close()
        self._failed += 1
        held = self._is_held()
        if not held or self._failed >= PATIENCE:
            epochs = self.run.epochs if self.run else 0
            self.told = Told("unreadable", epochs, fault=" ".join(str(error).split()))
            try:
                self._seen = None if held else self._look()
            except OSError:
                self._seen = None

    def _is_held(self) -> bool:
        try:
            return is_held(self.path)
        except OSError:  # whoever writes it, nothing of it can be read
            return False

    def _judge(self) -> None:
        """Look at the health of what was read; while it grows, only so often that it takes little time."""
        if self.run is None:
            self.findings = ()
            return
        generation, epochs, when, took = self._judged
        began = self._clock()
        if (generation, epochs) == (self.generation, self.run.epochs):
            return
        if self.told.state == "growing" and began - when < took / JUDGING:
            return
        self.findings = tuple(findings(self.run))
        self._judged = (self.generation, self.run.epochs, began, self._clock() - began)
