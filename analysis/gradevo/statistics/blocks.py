"""The gradients of a run in time order, in blocks that fit into memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..runfile import Run

BLOCK_BYTES = 2**25


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


def blocks(run: Run, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """The blocks of a run in time order.

    A block holds as many steps as fit into `block_bytes` with the gradients of all tensors, at
    least one, and ends where its epoch does.
    """
    step_bytes = 4 * sum(int(np.prod(run.shape(tensor), dtype=np.int64)) for tensor in run.tensors)
    length = max(1, block_bytes // step_bytes)
    for begin in range(0, run.steps, run.steps_per_epoch):
        end = min(begin + run.steps_per_epoch, run.steps)
        for start in range(begin, end, length):
            stop = min(start + length, end)
            complete = stop == begin + run.steps_per_epoch
            yield Block(begin // run.steps_per_epoch + 1, start, stop, complete)
