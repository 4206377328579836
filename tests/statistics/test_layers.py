"""Statistics of layers: by hand, by naive formulas, and independent of the blocks."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradevo import GradevoError
from gradevo.layers import Layer, LayerGraph
from gradevo.statistics.analyse import analyse
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.layers import LayerSums
from gradevo.statistics.statistic import LayerValues
from gradevo.statistics.store import Statistics
from gradevo.statistics.sums import StepSums, Workspace, step_sums
from gradevo.timeline import Timeline

Array = np.ndarray[Any, Any]
Record = Callable[..., Path]

GRAPH = LayerGraph(
    (
        Layer("input", "InputLayer"),
        Layer("first", "Dense", ("a", "b")),
        Layer("relu", "ReLU"),
        Layer("second", "Dense", ("b",)),  # shares b
    )
)


@pytest.fixture(scope="module")
def tiny(record: Record) -> Path:
    """Two epochs of two steps, and a step of a third epoch, which counts nowhere."""
    gradients = {
        "a": np.array([[3, 4], [-3, 4], [0, -8], [0, -2], [1, 1]], np.float32),
        "b": np.array([1, -1, 2, 0, 5], np.float32),
    }
    path = record(gradients, {name: values[:3] for name, values in gradients.items()}, 2, graph=GRAPH)
    analyse(path, path.with_name("statistics.h5"))
    return path.with_name("statistics.h5")


BY_HAND = {
    "first": {
        "gradient_norm": [26**0.5, (68**0.5 + 2) / 2],
        "highest_gradient_norm": [26**0.5, 68**0.5],
        "layer_cosine": [6 / 26, (-34 / (26 * 68) ** 0.5 + 16 / (68 * 4) ** 0.5) / 2],
        "zero_share": [0, 0],
    },
    "second": {
        "gradient_norm": [1, 1],
        "highest_gradient_norm": [1, 2],
        "layer_cosine": [-1, -1],  # the step without a gradient has no cosine
        "zero_share": [0, 0.5],
    },
}


def test_values_by_hand(tiny: Path) -> None:
    with Statistics(tiny) as statistics:
        assert statistics.graph == GRAPH
        assert statistics.layers == ("first", "second")
        for layer, expected in BY_HAND.items():
            for name in of_level("layer"):
                np.testing.assert_allclose(statistics.layer(name, layer), expected[name], rtol=1e-14)


def test_unknown_names_say_what_there_is(tiny: Path) -> None:
    with Statistics(tiny) as statistics:
        with pytest.raises(GradevoError, match="no layer statistic 'cosine'; there are gradient_norm, "):
            statistics.layer("cosine", "first")
        with pytest.raises(GradevoError, match="no layer with tensors 'relu'; there are first, second"):
            statistics.layer("gradient_norm", "relu")


def test_a_run_without_a_graph_has_no_layers(record: Record) -> None:
    ones = {"a": np.ones((2, 3), np.float32)}
    path = record(ones, ones, 2)
    analyse(path, path.with_name("statistics.h5"))
    with Statistics(path.with_name("statistics.h5")) as statistics:
        assert statistics.layers == ()
        assert statistics.through_time == {}


def computed(values: LayerValues | None) -> dict[str, Array]:
    """The layer statistics of these values, by name; empty without any."""
    if values is None:
        return {}
    return {name: one.compute(values) for name, one in of_level("layer").items() if one.compute}


def sums_of(tensors: list[Array], previous: list[Array] | None = None) -> StepSums:
    """The sums of consecutive steps, (steps, T)."""
    before = previous or [None] * len(tensors)
    ones = [
        step_sums(one, last, np.zeros(one.shape[1]), Workspace())
        for one, last in zip(tensors, before, strict=True)
    ]
    names = ("absolute", "squares", "dots", "flips")
    return StepSums(*(np.stack([getattr(one, name) for one in ones], axis=-1) for name in names))


def cut(tensors: list[Array], length: int) -> Iterator[StepSums]:
    """The sums of all steps, so many at a time."""
    for start in range(0, len(tensors[0]), length):
        before = [tensor[start - 1] for tensor in tensors] if start else None
        yield sums_of([tensor[start : start + length] for tensor in tensors], before)


def joined(returned: list[dict[str, Array]]) -> dict[str, Array]:
    """What was returned piece by piece: name -> (epochs, L)."""
    parts = [part for part in returned if part]
    return {name: np.concatenate([part[name] for part in parts]) for name in of_level("layer")}


def naive(steps: Array) -> dict[str, float]:
    """The statistics of the steps 1 … of (1 + steps, n): row 0 is the step before, NaN if there is none."""
    whole = steps.astype(np.float64)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of a mean of nothing but NaN
        norms = np.sqrt((whole**2).sum(axis=1))
        cosines = (whole[1:] * whole[:-1]).sum(axis=1) / (norms[1:] * norms[:-1])
        return {
            "gradient_norm": norms[1:].mean(),
            "highest_gradient_norm": norms[1:].max(),
            "layer_cosine": np.nanmean(cosines),
            "zero_share": float((whole[1:] == 0).all(axis=1).mean()),
        }


@settings(max_examples=60)
@given(data=st.data())
def test_any_layers_agree_with_the_naive_formulas(data: st.DataObject) -> None:
    widths = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=10))
    names = [f"t{i}" for i in range(len(widths))]
    owned = data.draw(st.lists(st.lists(st.sampled_from(names), unique=True), min_size=1, max_size=4))
    graph = LayerGraph(tuple(Layer(f"l{i}", "Dense", tuple(own)) for i, own in enumerate(owned)))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    steps, epochs = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    total = steps * epochs
    tensors = [random.standard_normal((total, width)).astype(np.float32) for width in widths]
    for tensor in tensors:  # silent steps, and what is not finite
        tensor[random.random(total) < 0.4] = 0
        if random.random() < 0.1:
            tensor[random.integers(total), 0] = random.choice([np.nan, np.inf])

    sums = LayerSums(graph, names, Timeline(steps * np.arange(1, epochs + 1), steps * epochs))
    length = data.draw(st.integers(1, total))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradevo.statistics.layers.STEPS_AT_ONCE", data.draw(st.integers(1, 20)))
        found = joined([*(computed(sums.take(some)) for some in cut(tensors, length)), computed(sums.rest())])
    for column, layer in enumerate(one for one in graph.layers if one.tensors):
        whole = np.hstack([tensors[names.index(name)] for name in layer.tensors])
        first = np.full((1, whole.shape[1]), np.nan)
        for epoch in range(epochs):
            expected = naive(np.concatenate([first, whole])[epoch * steps : (epoch + 1) * steps + 1])
            for name, value in expected.items():
                np.testing.assert_allclose(found[name][epoch, column], value, rtol=1e-12, atol=1e-12)


def test_one_step_at_a_time_gives_the_same_bits() -> None:
    random = np.random.default_rng(0)
    tensors = [random.standard_normal((1001, width)).astype(np.float32) for width in (3, 1, 7)]
    tensors[0][5:9] = 0
    names = ["a", "b", "c"]
    graph = LayerGraph((Layer("x", "Dense", ("a", "c", "b")), Layer("y", "Dense", ("a",))))
    found = []
    for length in (1, 10, 400, 1001):
        sums = LayerSums(
            graph, names, Timeline(333 * np.arange(1, 4), 1001)
        )  # the last two steps are of an unfinished epoch
        found.append(
            joined([*(computed(sums.take(some)) for some in cut(tensors, length)), computed(sums.rest())])
        )
    for name in of_level("layer"):
        assert found[0][name].shape == (3, 2)
        for other in found[1:]:
            np.testing.assert_array_equal(other[name], found[0][name], err_msg=name)


def test_an_epoch_that_is_not_complete_though_its_steps_are_is_left_out() -> None:
    sums = LayerSums(LayerGraph((Layer("x", "Dense", ("a",)),)), ["a"], Timeline(np.array([2]), 4))
    sums.take(sums_of([np.ones((4, 1), np.float32)]))
    assert computed(sums.rest())["gradient_norm"].tolist() == [[1]]
    assert sums.rest() is None


def test_gradients_whose_squares_underflow_are_not_zero() -> None:
    """Only float64 models have such."""
    sums = LayerSums(LayerGraph((Layer("x", "Dense", ("a",)),)), ["a"], Timeline(np.array([2]), 4))
    sums.take(sums_of([np.full((2, 1), 1e-200)]))
    found = computed(sums.rest())
    assert found["gradient_norm"] == 0
    assert found["zero_share"] == 0
