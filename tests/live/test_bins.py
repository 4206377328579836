"""Bins of runs that grow."""

import numpy as np
import pytest

from gradevo.live.bins import MOST, Curves, bins_of_epochs, bins_of_steps, epochs_together, parts_of_epoch
from gradevo.report.charts.explorer import Points
from gradevo.timeline import Timeline


def timeline(*lengths: int) -> Timeline:
    stops = np.cumsum(lengths)
    return Timeline(stops, int(stops[-1]) if len(stops) else 0)


def test_bins_divide_epochs_alike_and_halve_as_epochs_double() -> None:
    assert bins_of_steps(timeline(4, 4)).edges.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert bins_of_steps(timeline(5, 5)).edges.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 10]
    assert [parts_of_epoch(timeline(*[1000] * epochs)) for epochs in (1, 2, 3, 125, 126, 250, 251)] == [
        *(128, 64, 64, 2, 1, 1, 0)
    ]
    assert bins_of_steps(timeline(*[3] * 251)).edges.tolist()[:3] == [0, 6, 12]
    assert bins_of_epochs(timeline(*[3] * 251)).edges[-2:].tolist() == [250, 251]


def test_no_epoch_has_no_bins() -> None:
    nothing = Timeline(np.empty(0, np.int64), 0)
    assert bins_of_steps(nothing).edges.tolist() == [0]
    assert bins_of_epochs(nothing).edges.tolist() == [0]


@pytest.mark.parametrize("epochs", [1, 7, 250, 251, 500, 501, 50_000])
def test_there_are_never_more_bins_than_fit(epochs: int) -> None:
    run = timeline(*[8] * epochs)
    assert len(bins_of_steps(run).edges) - 1 <= MOST
    assert len(bins_of_epochs(run).edges) - 1 <= MOST
    assert epochs_together(epochs) * MOST >= epochs


def test_points_that_were_computed_before_are_those_of_all_values_at_once() -> None:
    values = np.random.default_rng(1).normal(size=9000).astype(np.float32)
    values[77] = np.nan
    curves = Curves()
    for epochs in (1, 2, 3, 9, 10, 60, 126, 250, 251, 252, 300):
        run = timeline(*[30] * epochs)
        bins = bins_of_steps(run)
        grown = curves.points("norm", bins, values[: run.steps])
        anew = Points.of(bins, [values[: run.steps]])
        for name, expected in vars(anew).items():
            np.testing.assert_array_equal(getattr(grown, name), expected, err_msg=f"{name}, {epochs} epochs")


def test_what_is_kept_is_not_computed_again() -> None:
    curves, values = Curves(), np.arange(8.0)
    curves.points("a", bins_of_steps(timeline(4)), values[:4])
    values[:4] = 100  # nobody looks there
    points = curves.points("a", bins_of_steps(timeline(4, 4)), values)
    assert points.middle.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
