"""Blocks of a run, and norms that it recorded itself, averaged over epochs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.runfile.reader import Run
from gradevo.statistics.analyse import analyse
from gradevo.statistics.blocks import PIECE_BYTES, Series, blocks, epoch_mean
from gradevo.statistics.store import Statistics

Array = np.ndarray[Any, Any]
Record = Callable[..., Path]

GRAPH = LayerGraph(
    (Layer("input", "InputLayer"), Layer("gru", "GRU", ("a",)), Layer("dense", "Dense", ("b",))),
    (Edge("input", "gru"), Edge("gru", "dense")),
)
TENSORS = {"a": np.ones((5, 2), np.float32), "b": np.ones((5, 1), np.float32)}
EDGES = np.array([[np.nan, 1], [np.nan, 2], [np.nan, 3], [np.nan, 5], [np.nan, 99]], np.float32)
TIMES = np.array([[1, 2, 3], [3, 4, 5], [0, 0, 1], [0, np.inf, 1], [9, 9, 9]], np.float32)


def analysed(record: Record, **recorded: Any) -> Path:
    """Two epochs of two steps, and a step of a third."""
    path = record(TENSORS, {name: values[:3] for name, values in TENSORS.items()}, 2, **recorded)
    analyse(path, path.with_name("statistics.h5"))
    return path.with_name("statistics.h5")


def test_blocks_cover_every_step_once(record: Record) -> None:
    path = record({"a": np.ones((2 * 5 + 3, 10), np.float32)}, {"a": np.ones((3, 10), np.float32)}, 5)
    with Run(path) as run:
        found = [(b.epoch, b.start, b.stop, b.ends_epoch) for b in blocks(run, 2 * (40 + 40))]
    assert found == [
        (1, 0, 2, False),
        (1, 2, 4, False),
        (1, 4, 5, True),
        (2, 5, 7, False),
        (2, 7, 9, False),
        (2, 9, 10, True),
        (3, 10, 12, False),
        (3, 12, 13, False),
    ]


def test_means_by_hand(record: Record) -> None:
    with Statistics(analysed(record, graph=GRAPH, edges=EDGES, times={"gru": TIMES})) as statistics:
        assert statistics.has_activation_gradients
        assert np.isnan(statistics.edge(0)).tolist() == [True, True]
        assert statistics.edge(1).tolist() == [1.5, 4]
        assert statistics.through_time == {"gru": 3}
        assert statistics.gradient_through_time("gru").tolist() == [[2, 3, 4], [0, np.inf, 1]]


def test_what_was_not_recorded_is_nan_or_refused(record: Record) -> None:
    with Statistics(analysed(record, graph=GRAPH)) as statistics:
        assert not statistics.has_activation_gradients
        assert np.isnan(statistics.edge(1)).tolist() == [True, True]
        assert statistics.through_time == {}
        with pytest.raises(GradevoError, match="no edge 2; there are 2, from 0"):
            statistics.edge(2)
        with pytest.raises(GradevoError, match="no edge -1; there are 2"):
            statistics.edge(-1)
        with pytest.raises(GradevoError, match="no layer recorded through time 'gru'"):
            statistics.gradient_through_time("gru")


def test_an_epoch_of_many_pieces_is_the_mean_of_all_its_rows() -> None:
    width = 1000
    rows = 2 * (PIECE_BYTES // (4 * width)) + 3
    values = np.random.default_rng(0).random((rows + 2, width), np.float32)
    asked = []

    def read(start: int, stop: int) -> Array:
        asked.append((start, stop))
        return values[start:stop]

    mean = epoch_mean(Series("x", width, read), 1, rows + 1)
    np.testing.assert_allclose(mean, values[1:-1].mean(axis=0, dtype=np.float64)[None], rtol=1e-13)
    assert len(asked) == 3
    assert max((stop - start) * width * 4 for start, stop in asked) <= PIECE_BYTES
