"""What is read of a run: blocks of steps that fit into memory, and the norms that it recorded itself."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gradevo.runfile.reader import Run
from gradevo.statistics.fold import WIDTH
from gradevo.statistics.store import EDGES, THROUGH_TIME

BLOCK_BYTES = 2**25
PIECE_BYTES = 2**20


@dataclass(frozen=True)
class Block:
    """Consecutive steps of one epoch."""

    epoch: int
    """counted from 1"""
    start: int
    """the first step, counted from 0"""
    stop: int
    """the step behind the last"""
    ends_epoch: bool
    """whether these are the last steps of a complete epoch"""


def blocks(run: Run, block_bytes: int = BLOCK_BYTES, after: int = 0) -> Iterator[Block]:
    """The blocks of a run in time order, those after so many epochs.

    A block holds as many steps as fit into `block_bytes` with the gradients of all tensors and what they are
    folded into, at least one, and ends where its epoch does.
    """
    parameters = sum(math.prod(run.shape(tensor)) for tensor in run.tensors)
    step_bytes = 4 * (parameters + min(parameters, WIDTH))
    length = max(1, block_bytes // step_bytes)
    for epoch in range(after + 1, run.epochs + 2):
        of_epoch = run.timeline.of(epoch)
        for start in range(of_epoch.start, of_epoch.stop, length):
            stop = min(start + length, of_epoch.stop)
            yield Block(epoch, start, stop, stop == of_epoch.stop and epoch <= run.epochs)


@dataclass(frozen=True)
class Series:
    """Norms of one kind, one row per step."""

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


def epoch_mean(series: Series, start: int, stop: int) -> NDArray[np.float64]:
    """The mean over the steps start … stop − 1, at least one: (1, width) float64.

    A mebibyte is read at a time. NaN and infinities flow through.
    """
    rows = max(1, PIECE_BYTES // max(1, 4 * series.width))
    total = np.zeros((1, series.width))
    with np.errstate(invalid="ignore"):
        for first in range(start, stop, rows):
            total += series.read(first, min(first + rows, stop)).sum(axis=0, dtype=np.float64)
    return total / (stop - start)
