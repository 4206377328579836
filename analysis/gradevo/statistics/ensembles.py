"""The runs of several experiments, opened together and grouped by experiment."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradevo.errors import GradevoError
from gradevo.statistics.store import Statistics


@dataclass(frozen=True)
class Ensemble:
    """The runs of one experiment, one per seed."""

    name: str
    """of the experiment, as in the configuration"""
    title: str
    runs: tuple[Statistics, ...]

    @property
    def data_labels(self) -> list[str]:
        """What must be said of the runs' data, sorted; most need nothing."""
        return sorted({run.data_label for run in self.runs} - {""})


@contextmanager
def open_ensembles(statistics_paths: Sequence[str | Path]) -> Iterator[list[Ensemble]]:
    """Open statistics files and group them by experiment.

    Experiments come in the order of their first files, the runs of one in the order of its files. All files
    are closed at the end of the ``with`` block.

    Raises `GradevoError` if there is no file, if one cannot be read or names no experiment, if two are of the
    same seed of an experiment, or if the runs of an experiment differ in more than their seeds.
    """
    if not statistics_paths:
        raise GradevoError("expected statistics files (statistics.h5), found none; name some")
    with ExitStack() as files:
        groups: dict[str, list[Statistics]] = {}
        for path in statistics_paths:
            run = files.enter_context(Statistics(path))
            groups.setdefault(_name(run), []).append(run)
        for runs in groups.values():
            _check_alike(runs)
        yield [Ensemble(name, runs[0].experiment.title or name, tuple(runs)) for name, runs in groups.items()]


def _name(run: Statistics) -> str:
    name = run.experiment.name
    if not name:
        raise GradevoError(
            f"{run.path}: expected the statistics of an experiment, found none named; "
            'record with gradevo.record(…, experiment={"name": …})'
        )
    return name


def _check_alike(runs: Sequence[Statistics]) -> None:
    first = runs[0]
    seeds = {first.seed: first.path}
    for run in runs[1:]:
        if run.seed in seeds:
            raise GradevoError(
                f"{run.path}: expected one file for each seed, found seed {run.seed} here and in "
                f"{seeds[run.seed]}; leave one out"
            )
        seeds[run.seed] = run.path
        if run.columns != first.columns or run.size() != first.size():
            raise GradevoError(
                f"{run.path}: expected the tensors of {first.path}, found others; "
                "analyse runs of one model, or give the experiments different names"
            )
