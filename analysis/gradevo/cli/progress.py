"""How far the training is: a bar for people at a terminal, lines for logs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gradevo.config.experiment import Experiment

if TYPE_CHECKING:  # this loads TensorFlow
    from gradevo.recording.keras.record import Epoch

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def progress(experiment: Experiment) -> Iterator[Callable[["Epoch"], None]]:
    """A function that shows an epoch that has just been completed.

    At a terminal it draws a bar. Elsewhere it prints a line for the first and the last epoch
    and in between at most one every few seconds.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), MofNCompleteColumn())
    more = (TextColumn("{task.fields[values]}"), TimeRemainingColumn())
    bar = Progress(*columns, *more, console=console, disable=not console.is_terminal)
    task = bar.add_task(experiment.name, total=experiment.epochs, values="")
    seconds: list[float] = []
    printed = 0.0

    def say(line: str) -> None:
        console.out(f"{experiment.name}: {line}", highlight=False)

    def show(epoch: "Epoch") -> None:
        nonlocal printed
        seconds.append(epoch.seconds)
        first, last = len(seconds) == 1, epoch.epoch == epoch.epochs
        if first and epoch.resumed:
            say(f"continued after epoch {epoch.resumed} of an earlier run")
        train = epoch.metrics["train"]
        shown = [name for name in ("loss", experiment.metrics[0].name) if name in train]
        values = "  ".join(f"{name} {train[name]:.4g}" for name in shown)
        bar.update(task, completed=epoch.epoch, values=values)
        now = time.monotonic()
        if bar.disable and (first or last or now - printed >= SECONDS_BETWEEN_LINES):
            printed = now
            milliseconds = 1000 * epoch.step_seconds / epoch.steps
            # The first epoch includes tracing and is left out as soon as there is another.
            counted = seconds[1:] or seconds
            left = round(sum(counted) / len(counted) * (epoch.epochs - epoch.epoch))
            say(
                f"epoch {epoch.epoch}/{epoch.epochs}  {values}  {milliseconds:.3g} ms/step  "
                f"{left // 60}:{left % 60:02d} left"
            )

    with bar:
        yield show
