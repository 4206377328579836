"""Findings in run files whose gradients are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from gradevo.config.experiment import Thresholds
from gradevo.health.check import HIGHEST, Finding
from gradevo.health.exploding import GROWTH
from gradevo.health.oscillating import Oscillating
from gradevo.health.record import findings
from gradevo.health.vanishing import Vanishing, VanishingThroughTime
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics

Array = np.ndarray[Any, Any]
Record = Callable[..., Path]

GRAPH = LayerGraph(
    (Layer("input", "InputLayer"), Layer("first", "GRU", ("a",)), Layer("last", "Dense", ("b",))),
    (Edge("input", "first"), Edge("first", "last")),
)


def found(
    record: Record, first: list[float], last: list[float], steps: int = 2, **more: Any
) -> list[Finding]:
    """Of two layers with one weight each and these gradients, so many steps an epoch."""
    thresholds = more.pop("thresholds", None)
    gradients = {"a": np.array(first, np.float32), "b": np.array(last, np.float32)}
    weights = {name: np.ones(len(values) // steps + 1, np.float32) for name, values in gradients.items()}
    path = record(gradients, weights, steps, graph=GRAPH, **more)
    analyse(path, path.with_name("statistics.h5"))
    with Statistics(path.with_name("statistics.h5")) as statistics:
        return findings(statistics, thresholds)


def test_healthy(record: Record) -> None:
    assert found(record, [1, 2, 1, 1], [2, -1, 3, 1]) == []


def test_exploding(record: Record) -> None:
    assert found(record, [1, 2, 1, -2000, 1, 4000], [1, 1, 1, 1, 1, 1]) == [
        Finding("exploding", "first", (2, 3), 4000, 1000, HIGHEST)
    ]
    assert found(record, [1, 1, 1000, 1], [1, 1, 1, 1]) == []  # the bound itself is allowed


def test_not_finite_is_exploding(record: Record) -> None:
    (one,) = found(record, [1, 2, 1e5, np.nan], [1, 1, 1, 1])
    assert (one.check, one.layer, one.epochs, one.measure) == ("exploding", "first", (2,), HIGHEST)
    assert np.isnan(one.value)
    (one,) = found(record, [1, 2, 1, 1], [1, 1, np.inf, 1])
    assert (one.layer, one.epochs, one.value) == ("last", (2,), np.inf)


def test_growing_from_a_small_beginning_is_exploding(record: Record) -> None:
    """3e-6 and 4e-6 are 5e-6 together; 0.01 is 2000 times that."""
    quiet = [4e-6, 4e-6, 4e-6, 4e-6]
    (one,) = found(record, [3e-6, 3e-6, 0.01, 3e-6], quiet)
    assert (one.check, one.layer, one.epochs, one.measure) == ("exploding", "first", (2,), GROWTH)
    assert one.value == pytest.approx(2000)
    assert found(record, [3e-6, 3e-6, 0.0049, 3e-6], quiet) == []
    # Growth counts against the whole network: a layer may recover from vanishing.
    recovering = found(record, [1e-6, 1e-6, 1, 1], [1, 1, 1, 1])
    assert [one.check for one in recovering] == ["vanishing"]


def test_an_unfinished_epoch_counts_only_where_it_is_not_finite(record: Record) -> None:
    assert found(record, [1, 1, 1e9], [1, 1, 1]) == []
    assert found(record, [1, 1, 1e9], [1, 1, np.inf]) == [
        Finding("exploding", "last", (2,), np.inf, 1000, HIGHEST)
    ]
    (one,) = found(record, [1, 1, 1e9], [1, 1, np.nan])
    assert (one.check, one.layer, one.epochs) == ("exploding", "last", (2,))
    (one,) = found(record, [np.nan], [1])  # before any epoch was complete
    assert (one.check, one.layer, one.epochs) == ("exploding", "first", (1,))


def test_dead(record: Record) -> None:
    assert found(record, [1, 0, 0, 0, 0, 0, 1, 0], [1] * 8) == [
        Finding("dead", "first", (2, 3), 0, 0, HIGHEST)
    ]
    limit = Thresholds(dead=1e-4)
    assert found(record, [1, 1, 1e-5, 1e-4], [1] * 4, thresholds=limit) == [
        Finding("dead", "first", (2,), pytest.approx(1e-4), 1e-4, HIGHEST)
    ]


def test_a_network_at_its_minimum_is_not_dead(record: Record) -> None:
    """The losses of these files fall; a network that never had a gradient is dead all the same."""
    assert found(record, [1, 1, 0, 0], [1, 1, 0, 0]) == []
    assert [one.check for one in found(record, [0, 0], [0, 0])] == ["dead", "dead"]


def test_vanishing(record: Record) -> None:
    assert found(record, [2**-10, 2**-10, 2**-10, 0, 1, 1], [1, 1, 2, 2, 1, 1]) == [
        Finding("vanishing", "first", (1, 2), 2**-12, 1e-3, Vanishing.measure)
    ]
    # Small everywhere, and small where nothing is behind it: healthy.
    assert found(record, [1e-6, 1e-6], [1e-6, 1e-6]) == []
    assert found(record, [1, 1], [1e-6, 1e-6]) == []


def test_vanishing_through_time(record: Record) -> None:
    times = np.array([[1e-4, 1, 0.5]] * 2 + [[1, 1, 1]] * 2, np.float32)
    (one,) = found(record, [1] * 4, [1] * 4, times={"first": times})
    assert (one.check, one.layer, one.epochs, one.measure) == (
        "vanishing",
        "first",
        (1,),
        VanishingThroughTime.measure,
    )
    assert one.value == pytest.approx(1e-4)
    assert one.threshold == 1e-3


def test_oscillating(record: Record) -> None:
    assert found(record, [8, -4, 2, 1, 1, 1], [1] * 6, steps=1) == []  # it turns back twice
    assert found(record, [8, -4, 2, -1, 1, 1], [1] * 6, steps=1) == [
        Finding("oscillating", "first", (2, 3, 4, 5), -1, -0.5, Oscillating.measure)
    ]
    turning = [1.0, -1.0] * 15
    (one,) = found(record, turning * 2, [1] * 60, steps=30)
    assert (one.layer, one.epochs, one.value, one.threshold) == ("first", (1, 2), pytest.approx(-1), -0.5)


def test_the_first_findings_are_the_gravest(record: Record) -> None:
    """And the layers follow the graph."""
    result = found(record, [0, 0, 1e4, 1e4], [1, 1, 1e4, 1e4])
    assert [(one.check, one.layer) for one in result] == [
        ("exploding", "first"),
        ("exploding", "last"),
        ("dead", "first"),
    ]


def test_without_layers_nothing_is_found(record: Record) -> None:
    nan = {"a": np.full((2, 3), np.nan, np.float32)}
    path = record(nan, {"a": np.ones((2, 3), np.float32)}, 2)
    analyse(path, path.with_name("statistics.h5"))
    with Statistics(path.with_name("statistics.h5")) as statistics:
        assert findings(statistics) == []


@pytest.mark.parametrize(
    ("name", "value"), [("vanishing", 2), ("oscillating", -1.5), ("dead", -1), ("growth", np.nan)]
)
def test_thresholds_that_make_no_sense(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        Thresholds(**{name: value})
