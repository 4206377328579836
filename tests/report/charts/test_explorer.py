"""Points in bins, by hand and against a loop; series can be told apart."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.bands import Bins, epoch_bins, step_bins
from gradevo.layers import LayerGraph
from gradevo.report.charts.explorer import COLORS, INK, MOST_EPOCHS, Points, named_series, tensor_series
from gradevo.timeline import Timeline

NAN = np.nan


def epochs_of(length: int, steps: int) -> Timeline:
    return Timeline(np.arange(length, steps + 1, length), steps)


def test_points_by_hand() -> None:
    points = Points.of(
        Bins(np.array([0, 2, 3, 5])), [np.array([1.0, 3.0, NAN, 2.0, np.inf]), np.array([2.0, 10.0, NAN])]
    )
    np.testing.assert_array_equal(points.middle, [2.5, NAN, 2.0])
    np.testing.assert_array_equal(points.low, [1.0, NAN, 2.0])
    np.testing.assert_array_equal(points.high, [10.0, NAN, 2.0])
    assert points.seeds.tolist() == [2, 0, 1]


def test_large_values_do_not_overflow() -> None:
    points = Points.of(Bins(np.array([0, 2])), [np.array([1e308, 1.5e308])])
    assert points.middle.tolist() == [1.25e308]


def test_without_places() -> None:
    bins = epoch_bins(0, MOST_EPOCHS)
    assert (bins.widest, len(bins.middles), len(Points.of(bins, [np.empty(0)]).middle)) == (0, 0, 0)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=6),
    st.lists(st.lists(st.floats(-1e6, 1e6) | st.just(NAN), max_size=9), min_size=1, max_size=3),
)
def test_points_are_what_a_loop_finds(sizes: list[int], rows: list[list[float]]) -> None:
    edges = np.cumsum([0, *sizes])
    cut = [np.array(row[: edges[-1]]) for row in rows]
    points = Points.of(Bins(edges), cut)
    for place, (start, stop) in enumerate(itertools.pairwise(edges)):
        values = np.concatenate([row[start:stop] for row in cut])
        values = values[np.isfinite(values)]
        assert points.seeds[place] == sum(bool(np.isfinite(row[start:stop]).any()) for row in cut)
        if not len(values):
            assert np.isnan([points.middle[place], points.low[place], points.high[place]]).all()
            continue
        assert points.middle[place] == pytest.approx(np.median(values), rel=1e-12)
        assert (points.low[place], points.high[place]) == (values.min(), values.max())


def test_epochs_by_hand() -> None:
    assert epoch_bins(4, MOST_EPOCHS).edges.tolist() == [0, 1, 2, 3, 4]
    assert epoch_bins(7, most=3).edges.tolist() == [0, 3, 6, 7]
    assert epoch_bins(7, most=3).middles.tolist() == [1.0, 4.0, 6.0]


def test_steps_by_hand() -> None:
    assert step_bins(epochs_of(3, 6), most=6).edges.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert step_bins(epochs_of(5, 10), most=4).edges.tolist() == [0, 2, 5, 7, 10]
    assert step_bins(epochs_of(5, 8), most=4).edges.tolist() == [0, 2, 5, 7, 8], "an epoch that ended early"
    assert step_bins(epochs_of(2, 12), most=3).edges.tolist() == [0, 4, 8, 12], "bins of whole epochs"


@given(st.integers(1, 3000), st.integers(1, 300), st.integers(1, 300))
def test_bins_of_steps_fit_epochs(steps: int, per_epoch: int, most: int) -> None:
    edges = step_bins(epochs_of(per_epoch, steps), most).edges
    assert (edges[0], edges[-1]) == (0, steps)
    assert 1 <= len(edges) - 1 <= most
    assert (np.diff(edges) > 0).all()
    ends = np.arange(0, steps, per_epoch)
    assert np.isin(ends, edges).all() or (edges[:-1] % per_epoch == 0).all()


def test_a_layer_has_one_color() -> None:
    total, kernel, bias, other = tensor_series(LayerGraph(), ["a/kernel", "a/bias", "b/kernel"])
    assert (total.name, total.color) == ("total", INK)
    assert kernel.color == bias.color != other.color
    assert kernel.dash != bias.dash


def test_all_looks_differ_until_colours_and_dashes_are_used_up() -> None:
    layers = 2 * len(COLORS)
    looks = tensor_series(
        LayerGraph(), [f"layer_{number}/{role}" for number in range(layers) for role in ("kernel", "bias")]
    )
    assert len({(look.color, look.dash) for look in looks}) == len(looks) == 1 + 2 * layers
    assert len({(look.color, look.dash) for look in named_series([*map(str, range(24))])}) == 24
