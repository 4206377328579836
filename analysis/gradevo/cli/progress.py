"""How far the training is: a bar for people at a terminal, lines for logs."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from gradevo.config.experiment import Experiment

if TYPE_CHECKING:  # the recording room loads TensorFlow
    from gradevo.recording.keras.record import Epoch

SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Called after every epoch; use it in a ``with`` block.

    At a terminal it draws a bar. Elsewhere it prints a line for the first and the last epoch
    and in between at most one every few seconds.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._name = experiment.name
        self._metric = experiment.metrics[0]
        self._printed = 0.0
        self._seconds: list[float] = []
        self._bar: Bar | None = None
        console = Console(stderr=True)
        if console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(bar_width=16),
                MofNCompleteColumn(),
                TextColumn("{task.fields[values]}"),
                TimeRemainingColumn(),
                console=console,
            )
            self._task = self._bar.add_task(self._name, total=experiment.epochs, values="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, epoch: "Epoch") -> None:
        """Show an epoch that has just been completed."""
        self._seconds.append(epoch.seconds)
        first, last = len(self._seconds) == 1, epoch.epoch == epoch.epochs
        if first and epoch.resumed:
            self._say(f"{self._name}: continued after epoch {epoch.resumed} of an earlier run")
        values = self._values(epoch)
        if self._bar is not None:
            self._bar.update(self._task, completed=epoch.epoch, values=values)
            return
        now = time.monotonic()
        if first or last or now - self._printed >= SECONDS_BETWEEN_LINES:
            self._printed = now
            milliseconds = 1000 * epoch.step_seconds / epoch.steps
            self._say(
                f"{self._name}: epoch {epoch.epoch}/{epoch.epochs}  {values}  "
                f"{milliseconds:.3g} ms/step  {self._left(epoch)}"
            )

    def _values(self, epoch: "Epoch") -> str:
        train = epoch.metrics["train"]
        # Keras lists the loss, then the compiled metrics.
        shown = {name: train[name] for name in ("loss", self._metric) if name in train}
        return "  ".join(f"{name} {value:.4g}" for name, value in shown.items())

    def _left(self, epoch: "Epoch") -> str:
        """Time left, from the mean over this process's epochs.

        The first one includes tracing and is left out as soon as there is another.
        """
        seconds = self._seconds[1:] or self._seconds
        left = round(sum(seconds) / len(seconds) * (epoch.epochs - epoch.epoch))
        return f"{left // 60}:{left % 60:02d} left"

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line)
        else:
            print(line, file=sys.stderr, flush=True)
