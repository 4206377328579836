"""From a run file to its statistics, in one pass through time."""

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from gradevo.runfile.reader import Run
from gradevo.statistics.blocks import BLOCK_BYTES, Block, backward_series, epoch_mean, read_blocks
from gradevo.statistics.catalogue import ORDERS
from gradevo.statistics.layers import LayerSums
from gradevo.statistics.statistic import EpochValues, RunValues, StepValues, with_total
from gradevo.statistics.subspace import Subspace
from gradevo.statistics.sums import StepSums, VectorSums, Workspace, change_squares, step_sums, vector_sums
from gradevo.statistics.writer import StatisticsWriter, statistics_writer, write_table


def analyse(
    run_path: str | Path,
    statistics_path: str | Path,
    table_path: str | Path | None = None,
    *,
    block_bytes: int = BLOCK_BYTES,
) -> None:
    """Compute all statistics of a run file; ``docs/statistics.md`` lists them.

    Writes ``statistics.h5`` and, if `table_path` is given, the epoch statistics as a tidy
    ``statistics.csv``. Either file appears when it is complete, or not at all. Steps of an unfinished
    epoch at the end of the run get step statistics, but no epoch statistics.

    The gradients are read once, in blocks of about `block_bytes`: two blocks, 24 bytes per parameter and
    the rows of the `Subspace` are held, however many steps there are. What grows with a run is small: one of
    its series at a time (at most 8 bytes per step), and 16 bytes per tensor and epoch. The results do not
    depend on `block_bytes` nor on the number of threads, not even in the last bit; BLAS is kept to one
    thread meanwhile, in the whole process.

    Raises `GradevoError` if the run file cannot be read.
    """
    with (
        # The matrices are small: several threads mostly wait for each other, and would round in other ways.
        threadpool_limits(1, user_api="blas"),
        Run(run_path) as run,
        statistics_writer(Path(statistics_path), run) as writer,
        closing(read_blocks(run, block_bytes)) as blocks,
    ):
        _analyse(run, writer, blocks)
    if table_path is not None:
        write_table(statistics_path, table_path)


class _Tensor:
    """What has to be remembered of one tensor with n elements while time goes on."""

    def __init__(self, run: Run, name: str) -> None:
        self.name = name
        self.shape = run.shape(name)
        self.size = math.prod(self.shape)
        self.epoch_sum = np.zeros(self.size)  # this epoch's gradients so far
        self.accumulated = np.zeros(self.size)  # the complete epochs' gradients
        self.weights: NDArray[np.float32] = run.weights(name, 0).ravel()  # after the last complete epoch
        self.previous: NDArray[np.float32] | None = None  # the last step's gradient

    def take(self, gradients: NDArray[np.float32], workspace: Workspace) -> StepSums:
        """Take in the gradients of the next steps, (steps, n)."""
        sums = step_sums(gradients, self.previous, self.epoch_sum, workspace)
        if self.previous is None:
            self.previous = np.empty_like(gradients[-1])
        self.previous[:] = gradients[-1]
        return sums

    def accumulate(self) -> tuple[VectorSums, VectorSums]:
        """End an epoch: the sums of its gradient and of the accumulated gradient."""
        with np.errstate(invalid="ignore", over="ignore"):
            self.accumulated += self.epoch_sum
        return vector_sums(self.epoch_sum), vector_sums(self.accumulated)

    def move(self, weights: NDArray[np.float32]) -> tuple[float, float]:
        """Take in the weights after an epoch: squared norms of their change and of the weights before."""
        before, self.weights = self.weights, weights.ravel()
        return change_squares(before, self.weights)


def _analyse(
    run: Run, writer: StatisticsWriter, blocks: Iterator[tuple[Block, list[NDArray[np.float32]]]]
) -> None:
    tensors = [_Tensor(run, name) for name in run.tensors]
    sizes = np.array([tensor.size for tensor in tensors], dtype=np.float64)
    workspace = Workspace()
    squares_before = np.full(len(tensors), np.nan)
    weight_squares = _weight_squares(run, tensors)
    acc_norms = {order: np.zeros((1, len(tensors))) for order in ORDERS}
    layers = LayerSums(run.graph, run.tensors, run.timeline)
    backward = list(backward_series(run))
    subspace = Subspace([tensor.size for tensor in tensors], run.dtype)
    maxima = np.zeros((2, run.epochs, len(tensors)))  # of epoch sums, of accumulated gradients

    for block, gradients in blocks:
        taken = [tensor.take(rows, workspace) for tensor, rows in zip(tensors, gradients, strict=True)]
        sums = StepSums(*np.stack(taken, axis=-1))  # of the tensors side by side, (steps, T)
        norms_of_steps = {
            kind: run.read_norms(kind, block.start, block.stop).astype(np.float64) for kind in run.norms
        }
        writer.write(StepValues(sums, squares_before, sizes, norms_of_steps, weight_squares))
        squares_before = sums.squares[-1]
        writer.write(layers.take(sums))
        if block.epoch <= run.epochs:
            subspace.take(gradients, with_total(sums.squares)[:, -1])
        if not block.ends_epoch:
            continue

        for series in backward:
            means = epoch_mean(series, run.timeline.of(block.epoch).start, block.stop)
            writer.write_backward(series.path, means)
        if run.selection:  # the steps that were read are not all
            for tensor in tensors:
                tensor.epoch_sum[:] = run.epoch_sum(tensor.name, block.epoch).ravel()
        single, accumulated = zip(*(tensor.accumulate() for tensor in tensors), strict=True)
        norms, norms_acc = _norms(single), _norms(accumulated)
        for order in ORDERS:
            acc_norms[order] += norms[order]
        maxima[:, block.epoch - 1] = [[one.largest for one in ones] for ones in (single, accumulated)]
        moved = np.array([tensor.move(run.weights(tensor.name, block.epoch)) for tensor in tensors])
        weight_squares = _weight_squares(run, tensors)
        writer.write(EpochValues(sizes, norms, norms_acc, acc_norms, *moved.T[:, None]))
        for tensor in tensors:
            writer.write_gradient(tensor.name, tensor.epoch_sum.reshape(tensor.shape))
            tensor.epoch_sum[:] = 0

    writer.write(layers.rest())
    for kind, spectrum in subspace.spectra().items():
        writer.write_spectrum(kind, spectrum)
    writer.write(RunValues(*maxima))


def _weight_squares(run: Run, tensors: list[_Tensor]) -> NDArray[np.float64]:
    """‖w‖₂² of the weights after the last complete epoch, (T,); NaN if the run holds no updates."""
    if "updates" not in run.norms:
        return np.full(len(tensors), np.nan)
    return np.array([vector_sums(tensor.weights).squares for tensor in tensors])


def _norms(sums: tuple[VectorSums, ...]) -> dict[int, NDArray[np.float64]]:
    """Order k -> the norms of that order, (1, T)."""
    return {
        1: np.array([[one.absolute for one in sums]]),
        2: np.array([[np.sqrt(one.squares) for one in sums]]),
    }
