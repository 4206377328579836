"""What flows back through the network: the norms that a run recorded itself, averaged over epochs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gradevo.runfile.reader import Run

EDGES = "edges/gradient_norm"
THROUGH_TIME = "through_time"
PIECE_BYTES = 2**20

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """Norms of one kind, a row a step."""

    path: str
    """of their means in the statistics file"""
    width: int
    """the number of edges, or of time steps"""
    read: Callable[[int, int], NDArray[np.floating]]
    """(start, stop) -> the norms of these steps, (stop − start, width)"""


def backward_series(run: Run) -> Iterator[Series]:
    """All that the run recorded: of the graph's edges, and of recurrent layers' time steps."""
    if run.records_activation_gradients:
        yield Series(EDGES, len(run.graph.edges), run.activation_gradients)
    for layer, times in run.through_time.items():
        yield Series(f"{THROUGH_TIME}/{layer}", times, partial(run.gradients_through_time, layer))


def epoch_mean(series: Series, start: int, stop: int) -> Float64:
    """The mean over the steps start … stop − 1, at least one: (1, width) float64.

    A mebibyte is read at a time. NaN and infinities flow through.
    """
    rows = max(1, PIECE_BYTES // max(1, 4 * series.width))
    total = np.zeros((1, series.width))
    with np.errstate(invalid="ignore"):
        for first in range(start, stop, rows):
            total += series.read(first, min(first + rows, stop)).sum(axis=0, dtype=np.float64)
    return total / (stop - start)
