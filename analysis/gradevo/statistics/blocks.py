"""The gradients of a run in time order, in blocks that fit into memory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..runfile import Run

BLOCK_BYTES = 2**25


@dataclass(frozen=True)
class Block:
    """Consecutive steps of one epoch, of all tensors."""

    epoch: int
    """counted from 1"""
    start: int
    """the first step, counted from 0"""
    ends_epoch: bool
    """whether these are the last steps of a complete epoch"""
    gradients: list[NDArray[np.float32]]
    """one (steps, n) array per tensor, in model order"""


def read_blocks(run: Run, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Read all gradients of a run, one block ahead of the block that is yielded.

    A block holds as many steps as fit into `block_bytes`, at least one, and ends where its epoch does.
    Two blocks are in memory at a time.
    """
    spans = _spans(run, block_bytes)
    with ThreadPoolExecutor(1, "read-ahead") as reader:
        span = next(spans, None)
        ahead = reader.submit(_read, run, *span) if span else None
        while ahead:
            block = ahead.result()
            span = next(spans, None)
            ahead = reader.submit(_read, run, *span) if span else None
            yield block


def _spans(run: Run, block_bytes: int) -> Iterator[tuple[int, int]]:
    """The first and the last step (exclusive) of every block."""
    step_bytes = 4 * sum(int(np.prod(run.shape(tensor), dtype=np.int64)) for tensor in run.tensors)
    length = max(1, block_bytes // step_bytes)
    for begin in range(0, run.steps, run.steps_per_epoch):
        end = min(begin + run.steps_per_epoch, run.steps)
        for start in range(begin, end, length):
            yield start, min(start + length, end)


def _read(run: Run, start: int, stop: int) -> Block:
    epoch = start // run.steps_per_epoch + 1
    return Block(
        epoch=epoch,
        start=start,
        ends_epoch=stop == epoch * run.steps_per_epoch,
        gradients=[
            run.read_gradients(tensor, start, stop).reshape(stop - start, -1) for tensor in run.tensors
        ],
    )
