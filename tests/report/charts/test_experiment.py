"""The points of an experiment's charts are the numbers of its statistics files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradevo.layers import Layer, LayerGraph
from gradevo.report.charts.experiment import experiment_explorers, last_epoch, step_place
from gradevo.report.charts.explorer import Explorer, is_logarithmic, may_be_logarithmic
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics
from gradevo.timeline import Timeline


def explorers(*paths: Path) -> dict[str, Explorer]:
    runs = [Statistics(path) for path in paths]
    found = {explorer.key: explorer for explorer in experiment_explorers(runs)}
    for run in runs:
        run.close()
    return found


def test_one_seed_gives_the_file_itself(wave: list[Path]) -> None:
    found = explorers(wave[0])
    with Statistics(wave[0]) as run:
        for kind, names, read in (
            ("epochs", of_level("epoch"), run.epoch),
            ("steps", [name for name in of_level("step") if name in run.step_series], run.step),
        ):
            compared = 0
            for name in names:
                for column in run.columns:
                    points = found[kind].curves[name, column]
                    for values in (points.middle, points.low, points.high):
                        np.testing.assert_array_equal(values, read(name, column))
                    compared += 1
            assert compared == 4 * len(names)
        loss = found["loss"].curves["loss", "training"]
        np.testing.assert_array_equal(loss.middle, run.metrics("train")["loss"])
        metric = found["metric"].curves["accuracy", "training"]
        np.testing.assert_array_equal(metric.middle, run.metrics("train")["accuracy"])
    assert [series.name for series in found["loss"].series] == ["training"], "there is no validation"
    assert found["epochs"].note.startswith("A point is one epoch.")


def test_unequal_seeds_are_median_and_range(wave: list[Path]) -> None:
    found = explorers(*wave)
    points = found["epochs"].curves["l2_norm", "dense/bias"]
    with Statistics(wave[0]) as long, Statistics(wave[1]) as short:
        one, other = long.epoch("l2_norm", "dense/bias"), short.epoch("l2_norm", "dense/bias")
        np.testing.assert_allclose(points.middle[:3], (one[:3] + other) / 2, rtol=1e-14)
        np.testing.assert_array_equal(points.low[:3], np.minimum(one[:3], other))
        np.testing.assert_array_equal(points.high[:3], np.maximum(one[:3], other))
        assert points.middle[3] == points.low[3] == points.high[3] == one[3]
    assert points.seeds.tolist() == [2, 2, 2, 1]
    assert found["epochs"].note.startswith("Line: median, band: range of 2 seeds.")
    assert (found["epochs"].seeds, found["epochs"].marks) == (2, ())


def test_steps_stand_around_their_epoch(wave: list[Path]) -> None:
    steps = explorers(wave[0])["steps"]
    np.testing.assert_allclose(steps.x["total"][:4], [1 - 1 / 3, 1, 1 + 1 / 3, 2 - 1 / 3])
    assert steps.places["total"][3] == "epoch 2, step 3"
    assert explorers(wave[0])["epochs"].x["total"].tolist() == [1, 2, 3, 4]


def test_updates_may_be_chosen_where_every_seed_recorded_them(tmp_path: Path) -> None:
    name = "update_to_weight_individual"
    ratios = np.array([[0.1, 0.2], [0.3, 0.4]])
    given = [{name: ratios}, {name: 3 * ratios}, {}]
    paths = [
        write_statistics(tmp_path / f"{seed}.h5", {"w": (2,)}, 1, series=series, seed=seed)
        for seed, series in enumerate(given)
    ]
    steps = explorers(*paths[:2])["steps"]
    assert [one.name for one in steps.quantities if one.group == "Updates"] == [name]
    np.testing.assert_allclose(steps.curves[name, "w"].middle, [0.2, 0.6])
    assert name not in [one.name for one in explorers(*paths)["steps"].quantities]


def test_many_steps_are_binned(statistics_file: Callable[..., Path]) -> None:
    """1,000 steps in 2 epochs of 500: 125 bins of 4 steps an epoch."""
    values = np.arange(1.0, 1001)[:, None]
    path = statistics_file({"dense/kernel": values}, 500, "long")
    steps = explorers(path)["steps"]
    points = steps.curves["l1_norm_individual", "total"]
    assert len(points.middle) == 250
    assert (points.low[1], points.middle[1], points.high[1]) == (5, 6.5, 8)
    assert steps.places["total"][126] == "epoch 2, steps 504–507"
    assert steps.note == "Line: median, band: range of 4 successive steps."


def test_many_epochs_are_binned(statistics_file: Callable[..., Path]) -> None:
    """1,001 epochs of one step: bins of 3 epochs, the last of 2."""
    values = np.arange(1.0, 1002)[:, None]
    found = explorers(statistics_file({"dense/kernel": values}, 1, "epochs"))
    points = found["epochs"].curves["l2_norm", "total"]
    assert (len(points.middle), points.middle[0], points.middle[-1]) == (334, 2, 1000.5)
    assert found["epochs"].places["total"][-1] == "epochs 1000–1001"
    assert "up to 3 successive epochs" in found["epochs"].note
    assert found["steps"].curves["l1_norm_individual", "total"].high[-1] == 1001


def test_nonfinite_values_are_gaps_with_a_mark(broken: Path) -> None:
    found = explorers(broken)
    norms = found["steps"].curves["l2_norm_individual", "dense/bias"]
    assert np.isnan(norms.middle).tolist() == [number == 4 for number in range(10)]
    accumulated = found["epochs"].curves["l2_norm_acc", "dense/bias"]
    assert np.isnan(accumulated.middle).tolist() == [False, False, True, True, True]
    assert norms.seeds[4] == 0
    (mark,) = found["steps"].marks
    assert (mark.x, mark.text) == (2.75, "Dotted line: first non-finite step, 4 (epoch 3).")


def test_without_epochs_there_are_steps(statistics_file: Callable[..., Path], wave: list[Path]) -> None:
    class Unfinished(Statistics):
        """A run that was stopped in its first epoch."""

        def __init__(self, path: Path) -> None:
            super().__init__(path)
            self.epochs = 0
            self.timeline = Timeline(np.array([], np.int64), self.steps)

    with Unfinished(wave[0]) as run:
        assert [explorer.key for explorer in experiment_explorers([run])] == ["steps"]
        assert last_epoch([run]) == 1


def test_the_total_and_the_largest_are_shown_first(statistics_file: Callable[..., Path]) -> None:
    many = {f"dense_{n}/kernel": np.full((4, 2), float(n)) for n in range(9)}
    graph = LayerGraph(tuple(Layer(name[:-7], "Dense", (name,)) for name in many), ())
    found = explorers(statistics_file(many, 2, "many", graph=graph))
    largest = tuple(f"dense_{n}/kernel" for n in (5, 6, 7, 8))
    assert found["epochs"].shown == ("total", *largest)
    assert found["steps"].shown == ("total",)
    assert found["layers"].shown == tuple(name[:-7] for name in largest)
    norm = found["layers"].curves["gradient_norm", "dense_8"]
    np.testing.assert_allclose(norm.middle, [8 * 2**0.5] * 2)


def test_which_axes_are_logarithmic(statistics_file: Callable[..., Path]) -> None:
    falling = 10.0 ** -np.arange(4)[:, None] * np.array([[1.0, -1.0]])
    epochs = explorers(statistics_file({"dense/kernel": falling}, 1, "fall"))["epochs"]
    quantity = {one.name: one for one in epochs.quantities}
    assert is_logarithmic(epochs, quantity["l2_norm"]), "over three decades"
    assert not is_logarithmic(epochs, quantity["l2_norm_acc"]), "from 1 to 1.111"
    assert may_be_logarithmic(epochs, quantity["l2_norm_acc"])
    turning = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    steps = explorers(statistics_file({"dense/kernel": turning}, 1, "turn"))["steps"]
    cosine = next(one for one in steps.quantities if one.name == "cosine")
    assert steps.curves["cosine", "total"].middle.tolist()[1:] == [-1, -1, -1]
    assert not may_be_logarithmic(steps, cosine)


@pytest.mark.parametrize(
    ("steps", "words"),
    [((0, 1), "epoch 1, step 0"), ((10, 12), "epoch 2, steps 10–11"), ((10, 30), "epochs 2–3, steps 10–29")],
)
def test_places_of_steps(steps: tuple[int, int], words: str) -> None:
    assert step_place(*steps, Timeline(np.array([10, 20, 30]), 30)) == words
