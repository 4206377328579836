"""From a run file to its statistics, in one pass through time."""

from collections import ChainMap, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from gradevo.errors import GradevoError
from gradevo.runfile.reader import Run
from gradevo.statistics.blocks import BLOCK_BYTES, Block, backward_series, blocks, epoch_mean
from gradevo.statistics.catalogue import ORDERS
from gradevo.statistics.earlier import Arrays, Earlier, earlier
from gradevo.statistics.fold import folds
from gradevo.statistics.layers import LayerSums
from gradevo.statistics.statistic import EpochValues, RunValues, StepValues, with_total
from gradevo.statistics.subspace import Subspace
from gradevo.statistics.sums import StepSums, VectorSums, Workspace
from gradevo.statistics.tensor import Folds, Taken, Tensor
from gradevo.statistics.writer import StatisticsWriter, statistics_writer, write_table

WORKERS = 2
AHEAD = 2
"""Blocks that are worked on while the results of one are written."""


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

    The statistics of a run that still grows hold the state of the pass, too. If they are at
    `statistics_path` already, it goes on after their last epoch; what is written is the same to the byte.

    The gradients are read once, in blocks of about `block_bytes`. Two threads share the tensors; held are
    some 50 to 70 bytes per parameter and the blocks that are ahead, however many steps there are. What grows
    with a run is small: one of its series at a time (at most 8 bytes per step), and 16 bytes per tensor and
    epoch. The results do not depend on `block_bytes` nor on the number of threads, not even in the last
    bit; BLAS is kept to one thread meanwhile, in the whole process.

    Raises `GradevoError` if the run file cannot be read.
    """
    with (
        # The matrices are small: several threads mostly wait for each other, and would round in other ways.
        threadpool_limits(1, user_api="blas"),
        Run(run_path) as run,
        earlier(Path(statistics_path), run) as before,
    ):
        try:
            _analyse(run, Path(statistics_path), before, block_bytes)
        except GradevoError:
            if before is None:
                raise
            # The earlier statistics may be damaged: if it was the run, this tells.
            _analyse(run, Path(statistics_path), None, block_bytes)
    if table_path is not None:
        write_table(statistics_path, table_path)


def _analyse(run: Run, path: Path, before: Earlier | None, block_bytes: int) -> None:
    with statistics_writer(path, run) as writer:
        _Pass(run, writer, before).go_on(block_bytes)


class _Pass:
    """All that is remembered of a run while time goes on."""

    def __init__(self, run: Run, writer: StatisticsWriter, before: Earlier | None) -> None:
        self._run, self._writer = run, writer
        self._tensors = [Tensor(run, *one) for one in zip(run.tensors, folds(_sizes(run)), strict=True)]
        self._sizes = np.array([tensor.size for tensor in self._tensors], dtype=np.float64)
        count = len(self._tensors)
        self._squares_before = np.full(count, np.nan)
        self._acc_norms = np.zeros((len(ORDERS), count))
        self._maxima = np.zeros((2, run.epochs, count))  # of epoch sums, of accumulated gradients
        self._layers = LayerSums(run.graph, run.tensors, run.timeline)
        self._subspace = Subspace(writer.fold_width, int(self._sizes.sum()))
        self._moved = np.zeros(writer.fold_width)  # w[e] − w[0], folded
        self._epochs = 0
        if before is None:
            writer.write_folded_weights(self._moved)
        else:
            self._restore(before)

    def go_on(self, block_bytes: int) -> None:
        """Take in all steps that there are, and end."""
        weight_squares = np.array([tensor.weight_squares for tensor in self._tensors])
        backward = list(backward_series(self._run))
        steps = blocks(self._run, block_bytes, self._epochs)
        with closing(_taken(steps, self._tensors, self._empty_folds)) as all_taken:
            for block, taken, folded in all_taken:
                self._take_steps(block, taken, folded, weight_squares)
                if block.ends_epoch:
                    for series in backward:
                        start = self._run.timeline.of(block.epoch).start
                        self._writer.write_backward(series.path, epoch_mean(series, start, block.stop))
                    weight_squares = self._end_epoch(block.epoch, taken)
        self._writer.write(self._layers.rest())
        for kind, spectrum in self._subspace.spectra().items():
            self._writer.write_spectrum(kind, spectrum)
        self._writer.write(RunValues(*self._maxima))
        if not self._run.complete and self._epochs:
            self._writer.write_state(self._state(), self._run.digests[: self._epochs])

    def _take_steps(
        self, block: Block, taken: Sequence[Taken], folded: Folds, weight_squares: NDArray[np.float64]
    ) -> None:
        run = self._run
        sums = StepSums(*np.stack([one.sums for one in taken], axis=-1))  # side by side, (steps, T)
        recorded = {
            kind: run.read_norms(kind, block.start, block.stop).astype(np.float64) for kind in run.norms
        }
        self._writer.write(StepValues(sums, self._squares_before, self._sizes, recorded, weight_squares))
        self._squares_before = sums.squares[-1]
        self._writer.write(self._layers.take(sums))
        self._writer.write_folded(folded.total, folded.layers, block.start)
        if block.epoch <= run.epochs:
            self._subspace.take(folded.total, with_total(sums.squares)[:, -1])

    def _empty_folds(self, block: Block) -> Folds:
        steps, width, dtype = block.stop - block.start, self._writer.fold_width, self._run.dtype
        kept = self._writer.kept_of_layers(block.start)
        count, layers = len(range(steps)[kept]), len(self._run.graph.owners)
        return Folds(np.zeros((steps, width), dtype), kept, np.zeros((count, layers, width), dtype))

    def _end_epoch(self, epoch: int, taken: Sequence[Taken]) -> NDArray[np.float64]:
        """Returns ‖w[e]‖₂² of the tensors, (T,)."""
        ends = [one.end for one in taken if one.end is not None]
        norms, norms_acc = _norms([end.single for end in ends]), _norms([end.accumulated for end in ends])
        self._acc_norms += [norms[order][0] for order in ORDERS]
        acc_norms = dict(zip(ORDERS, self._acc_norms[:, None], strict=True))
        self._maxima[0, epoch - 1] = [end.single.largest for end in ends]
        self._maxima[1, epoch - 1] = [end.accumulated.largest for end in ends]
        changes = np.array([[end.change_squares for end in ends]])
        before = np.array([[end.weight_squares[0] for end in ends]])
        self._writer.write(EpochValues(self._sizes, norms, norms_acc, acc_norms, changes, before))
        with np.errstate(invalid="ignore", over="ignore"):
            self._moved += np.sum([end.folded_change for end in ends], axis=0)
        self._writer.write_folded_weights(self._moved)
        for tensor, end in zip(self._tensors, ends, strict=True):
            self._writer.write_epoch(tensor.name, end.gradient, end.exponents, end.zeros)
        self._epochs = epoch
        return np.array([end.weight_squares[1] for end in ends])

    def _state(self) -> Arrays:
        return {
            "squares_before": self._squares_before,
            "acc_norms": self._acc_norms,
            "maxima": self._maxima,
            "layers": self._layers.state(),
            "moved": self._moved,
            **{f"subspace/{name}": values for name, values in self._subspace.state().items()},
            **{f"accumulated/{tensor.name}": tensor.state() for tensor in self._tensors},
        }

    def _restore(self, before: Earlier) -> None:
        state = dict(before.state)
        self._epochs = before.epochs
        self._squares_before = state["squares_before"]
        self._acc_norms = state["acc_norms"]
        self._maxima[:, : before.epochs] = state["maxima"]
        self._layers.restore(state["layers"], before.epochs)
        self._moved = state["moved"]
        prefix = "subspace/"
        parts = {name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)}
        self._subspace.restore(parts)
        for tensor in self._tensors:
            tensor.restore(state.pop(f"accumulated/{tensor.name}"), before.epochs)
        self._writer.copy(before.file)


def _taken(
    steps: Iterable[Block], tensors: Sequence[Tensor], empty: Callable[[Block], Folds]
) -> Generator[tuple[Block, list[Taken], Folds], None, None]:
    """Every block with what it tells of each tensor, and what all are folded into.

    A tensor belongs to one thread, which takes its blocks in order; the large ones are shared out first.
    """
    with ExitStack() as stack:
        workers = [
            (stack.enter_context(ThreadPoolExecutor(1)), partial(_take, share, Workspace(), empty))
            for share in _shares(tensors)
        ]
        ahead: deque[tuple[Block, list[Future[tuple[dict[str, Taken], Folds]]]]] = deque()
        stack.callback(lambda: [future.cancel() for _, futures in ahead for future in futures])

        def results() -> tuple[Block, list[Taken], Folds]:
            block, futures = ahead.popleft()
            each, folded = zip(*(future.result() for future in futures), strict=True)
            taken = ChainMap(*each)
            return block, [taken[tensor.name] for tensor in tensors], sum(folded[1:], start=folded[0])

        for block in steps:
            ahead.append((block, [worker.submit(take, block) for worker, take in workers]))
            if len(ahead) > AHEAD:
                yield results()
        while ahead:
            yield results()


def _take(
    tensors: Sequence[Tensor], workspace: Workspace, empty: Callable[[Block], Folds], block: Block
) -> tuple[dict[str, Taken], Folds]:
    """What a block tells of a thread's tensors."""
    folded = empty(block)
    return {tensor.name: tensor.take(block, workspace, folded) for tensor in tensors}, folded


def _shares(tensors: Sequence[Tensor]) -> list[list[Tensor]]:
    """The tensors of every thread, in the model's order."""
    count = min(WORKERS, len(tensors))
    loads, owner = [0] * count, {}
    for tensor in sorted(tensors, key=lambda tensor: -tensor.size):
        owner[tensor.name] = least = loads.index(min(loads))
        loads[least] += tensor.size
    return [[tensor for tensor in tensors if owner[tensor.name] == nth] for nth in range(count)]


def _sizes(run: Run) -> list[int]:
    return [prod(run.shape(tensor)) for tensor in run.tensors]


def _norms(sums: Sequence[VectorSums]) -> dict[int, NDArray[np.float64]]:
    """Order k -> the norms of that order, (1, T)."""
    return {
        1: np.array([[one.absolute for one in sums]]),
        2: np.array([[np.sqrt(one.squares) for one in sums]]),
    }
