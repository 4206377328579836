"""How far the training is: a bar for people at a terminal, lines for logs."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from gradevo.config.experiment import Experiment

if TYPE_CHECKING:  # this loads TensorFlow
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
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), MofNCompleteColumn())
        values = (TextColumn("{task.fields[values]}"), TimeRemainingColumn())
        self._bar = Bar(*columns, *values, console=self._console, disable=not self._console.is_terminal)
        self._task = self._bar.add_task(self._name, total=experiment.epochs, values="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, epoch: "Epoch") -> None:
        """Show an epoch that has just been completed."""
        self._seconds.append(epoch.seconds)
        first, last = len(self._seconds) == 1, epoch.epoch == epoch.epochs
        if first and epoch.resumed:
            self._say(f"continued after epoch {epoch.resumed} of an earlier run")
        train = epoch.metrics["train"]
        shown = [name for name in ("loss", self._metric) if name in train]
        values = "  ".join(f"{name} {train[name]:.4g}" for name in shown)
        self._bar.update(self._task, completed=epoch.epoch, values=values)
        now = time.monotonic()
        if self._bar.disable and (first or last or now - self._printed >= SECONDS_BETWEEN_LINES):
            self._printed = now
            milliseconds = 1000 * epoch.step_seconds / epoch.steps
            # The first epoch includes tracing and is left out as soon as there is another.
            seconds = self._seconds[1:] or self._seconds
            left = round(sum(seconds) / len(seconds) * (epoch.epochs - epoch.epoch))
            self._say(
                f"epoch {epoch.epoch}/{epoch.epochs}  {values}  {milliseconds:.3g} ms/step  "
                f"{left // 60}:{left % 60:02d} left"
            )

    def _say(self, line: str) -> None:
        self._console.out(f"{self._name}: {line}", highlight=False)
