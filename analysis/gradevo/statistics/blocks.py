"""The gradients of a run in time order, in blocks that fit into memory."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradevo.runfile.reader import Run

BLOCK_BYTES = 2**25

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
            epoch = begin // run.steps_per_epoch + 1
            # A run that was stopped in an epoch's last step has all its steps, but not the epoch.
            complete = stop == begin + run.steps_per_epoch and epoch <= run.epochs
            yield Block(epoch, start, stop, complete)


def read_blocks(
    run: Run, block_bytes: int = BLOCK_BYTES
) -> Generator[tuple[Block, list[Float32]], None, None]:
    """Every block with its gradients: (steps, n) float32 per tensor, in model order.

    A thread reads the next block while one is in use, so two are in memory at a time.
    """
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        reads = ((block, reader.submit(_read, run, block)) for block in blocks(run, block_bytes))
        ahead = next(reads, None)
        while ahead:
            block, gradients = ahead[0], ahead[1].result()
            ahead = next(reads, None)
            yield block, gradients


def _read(run: Run, block: Block) -> list[Float32]:
    steps = block.stop - block.start
    return [run.read_gradients(tensor, block.start, block.stop).reshape(steps, -1) for tensor in run.tensors]
