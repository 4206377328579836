"""The gradients of a run in time order, in blocks that fit into memory."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..runfile import Run

BLOCK_BYTES = 2**25
AHEAD = 2

Float32 = NDArray[np.float32]


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


def read_ahead(run: Run, block_bytes: int = BLOCK_BYTES) -> Generator[Float32, None, None]:
    """The gradients, (steps, n) float32, block by block and within a block tensor by tensor.

    A thread reads the next `AHEAD` tensors while one is in use.
    """
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        reads = (
            reader.submit(_read, run, tensor, block)
            for block in blocks(run, block_bytes)
            for tensor in run.tensors
        )
        waiting: deque[Future[Float32]] = deque(islice(reads, AHEAD))
        while waiting:
            gradients = waiting.popleft().result()
            waiting.extend(islice(reads, 1))
            yield gradients


def _read(run: Run, tensor: str, block: Block) -> Float32:
    return run.read_gradients(tensor, block.start, block.stop).reshape(block.stop - block.start, -1)
