"""The records of a run of the workflow, opened when they are asked for."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pandas as pd

from gradevo import Run, Statistics
from gradevo.claims.evidence import Evidence
from gradevo.errors import GradevoError

T = TypeVar("T", Statistics, Run)


class Records:
    """What lies in a folder of results, such as ``results/default``.

    Raises `GradevoError`, when something is asked for that is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open = ExitStack()
        self._known: dict[tuple[type, str, int], Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def statistics(self, experiment: str, seed: int = 13) -> Statistics:
        """The statistics of a run."""
        return self._opened(Statistics, experiment, seed, "statistics.h5")

    def run(self, experiment: str, seed: int = 13) -> Run:
        """The record of a run."""
        return self._opened(Run, experiment, seed, "run.h5")

    def evidence(self, experiment: str, seed: int = 13) -> Evidence:
        """What claims look at in a run."""
        key = (Evidence, experiment, seed)
        if key not in self._known:
            self._known[key] = Evidence(self.statistics(experiment, seed))
        found: Evidence = self._known[key]
        return found

    def claims(self) -> pd.DataFrame:
        """The verdicts."""
        return pd.read_csv(self._existing("comparison/claims.csv"))

    def _opened(self, kind: type[T], experiment: str, seed: int, name: str) -> T:
        key = (kind, experiment, seed)
        if key not in self._known:
            path = self._existing(f"{experiment}/seed-{seed}/{name}")
            self._known[key] = self._open.enter_context(kind(path))
        found: T = self._known[key]
        return found

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.is_file():
            raise GradevoError(f"{path}: expected a file of the default run, found none; call make run first")
        return path
