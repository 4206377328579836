"""Statistics of a run that still grew, from which a later pass goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.runfile.reader import Run
from gradevo.statistics.store import DIGESTS, STATE, Statistics

Arrays = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Earlier:
    """The statistics of a run's first epochs, and the state of the pass after them."""

    file: h5py.File
    """statistics.h5, open for reading"""
    epochs: int
    """at least 1"""
    state: Arrays


@contextmanager
def earlier(path: Path, run: Run) -> Iterator[Earlier | None]:
    """The statistics at `path`, if they are those of the first epochs of this run; None if one starts anew.

    The epochs' checksums tell whether the run is the same one. What cannot be read is not gone on from.
    """
    try:
        statistics = Statistics(path)
    except GradevoError:
        yield None
        return
    with statistics:
        yield _of(statistics, run)


def _of(statistics: Statistics, run: Run) -> Earlier | None:
    file = statistics.file
    if STATE not in file:
        return None
    try:
        digests = file[STATE][DIGESTS][:]
        same = np.array_equal(digests, run.digests[: len(digests)])
        if not same or statistics.tensors != run.tensors or statistics.selection != run.selection:
            return None
        arrays: Arrays = {}
        file[STATE].visititems(lambda name, item: _put(arrays, name, item))
    except (GradevoError, OSError, LookupError):
        return None
    return Earlier(file, statistics.epochs, arrays)


def _put(arrays: Arrays, name: str, item: h5py.Dataset | h5py.Group) -> None:
    if isinstance(item, h5py.Dataset):
        arrays[name] = item[()]
