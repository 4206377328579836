"""From run files of the real writer to statistics files."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradevo import GradevoError
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.runfile.reader import Run
from gradevo.statistics.analyse import analyse
from gradevo.statistics.catalogue import of_level
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run

Array = np.ndarray[Any, Any]
Record = Callable[..., Path]


def series(
    shapes: dict[str, tuple[int, ...]], steps: int, epochs: int, seed: int = 0
) -> tuple[dict[str, Array], ...]:
    """Random gradients, (steps, *shape), and weights, (epochs+1, *shape), per tensor."""
    random = np.random.default_rng(seed)
    gradients = {
        name: random.standard_normal((steps, *shape)).astype(np.float32) for name, shape in shapes.items()
    }
    weights = {
        name: random.standard_normal((epochs + 1, *shape)).astype(np.float32)
        for name, shape in shapes.items()
    }
    return gradients, weights


def contents(path: Path) -> dict[str, Array]:
    """All statistics of a file: name -> (rows, T+1)."""
    with h5py.File(path) as file:
        found = {name: file["epochs"][name][:] for name in of_level("epoch")}
        steps = file["steps"]
        return found | {name: steps[name][:] for name in of_level("step") if name in steps}


@pytest.fixture(scope="module")
def tiny(record: Record) -> Path:
    """Two tensors, two epochs of two steps, and a step of a third epoch."""
    gradients = {
        "a": np.array([[3, 4], [-3, 4], [0, -8], [0, -2], [1, 1]], np.float32),
        "b": np.array([1, -1, 2, 0, 5], np.float32),
    }
    weights = {
        "a": np.array([[3, 4], [3, 4.5], [0, 4.5]], np.float32),
        "b": np.array([0, 2, 1], np.float32),
    }
    path = record(gradients, weights, 2)
    analyse(path, path.with_name("statistics.h5"))
    return path.with_name("statistics.h5")


# Epoch sums: a (0, 8), (0, −10), accumulated (0, 8), (0, −2); b 0, 2, accumulated 0, 2. Columns: a, b, total.
EPOCHS_BY_HAND = {
    "l1_norm": [[8, 0, 8], [10, 2, 12]],
    "l1_norm_standardized": [[4, 0, 4], [5, 2, 7]],
    "l1_norm_acc": [[8, 0, 8], [2, 2, 4]],
    "l1_norm_acc_standardized": [[4, 0, 4], [1, 2, 3]],
    "acc_l1_norm": [[8, 0, 8], [18, 2, 20]],
    "acc_l1_norm_standardized": [[4, 0, 4], [9, 2, 11]],
    "l1_dissolving_norm": [[0, 0, 0], [16, 0, 16]],
    "l1_dissolving_norm_standardized": [[0, 0, 0], [8, 0, 8]],
    "l2_norm": [[8, 0, 8], [10, 2, 12]],
    "l2_norm_acc": [[8, 0, 8], [2, 2, 4]],
    "l2_dissolving_norm_standardized": [[0, 0, 0], [8, 0, 8]],
    "highest": [[1, 0, 1], [1.25, 1, 2.25]],
    "highest_acc": [[1, 0, 1], [0.25, 1, 1.25]],
    # a: 0.5/5, then 3/√29.25; b: 2/0, then 1/2; all: √4.25/5, then √(9 + 1)/√(29.25 + 4).
    "update_to_weight": [[0.1, np.nan, 4.25**0.5 / 5], [3 / 29.25**0.5, 0.5, (10 / 33.25) ** 0.5]],
}
STEPS_BY_HAND = {
    "l1_norm_individual": [[7, 1, 8], [7, 1, 8], [8, 2, 10], [2, 0, 2], [2, 5, 7]],
    "l2_norm_individual": [[5, 1, 6], [5, 1, 6], [8, 2, 10], [2, 0, 2], [2**0.5, 5, 2**0.5 + 5]],
    "l2_norm_individual_standardized": [
        [2.5, 1, 3.5],
        [2.5, 1, 3.5],
        [4, 2, 6],
        [1, 0, 1],
        [2**-0.5, 5, 2**-0.5 + 5],
    ],
    "cosine": [
        [np.nan] * 3,
        [7 / 25, -1, 6 / 26],
        [-0.8, -1, -34 / (26 * 68) ** 0.5],
        [1, np.nan, 16 / (68 * 4) ** 0.5],
        [-(0.5**0.5), np.nan, -2 / (4 * 27) ** 0.5],
    ],
    "sign_flip_rate": [[np.nan] * 3, [0.5, 1, 2 / 3], [0.5, 1, 2 / 3], [0, 0, 0], [0.5, 0, 1 / 3]],
    "density": [
        [49 / 50, 1, 64 / 78],
        [49 / 50, 1, 64 / 78],
        [0.5, 1, 100 / 204],
        [0.5, np.nan, 1 / 3],
        [1, 1, 49 / 81],
    ],
}


@pytest.mark.parametrize(("name", "expected"), (EPOCHS_BY_HAND | STEPS_BY_HAND).items())
def test_values_by_hand(tiny: Path, name: str, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(contents(tiny)[name], expected, rtol=1e-14)


def test_the_reader_gives_columns_of_the_file(tiny: Path) -> None:
    with Statistics(tiny) as statistics:
        assert statistics.tensors == ("a", "b")
        assert statistics.columns == ("a", "b", "total")
        assert (statistics.shape("a"), statistics.shape("b")) == ((2,), ())
        assert (statistics.size("a"), statistics.size("b"), statistics.size()) == (2, 1, 3)
        assert (statistics.steps, statistics.epochs, statistics.timeline.per_epoch) == (5, 2, 2)
        assert (statistics.experiment.settings, statistics.seed) == ({"name": "tiny"}, 13)
        assert (statistics.data_label, statistics.first_nonfinite_step) == ("a copy", None)
        assert statistics.epoch("l1_norm").tolist() == [8, 12]
        assert statistics.epoch("l1_norm", "a").tolist() == [8, 10]
        assert statistics.step("l1_norm_individual", "b").tolist() == [1, 1, 2, 0, 5]
        assert statistics.step("epoch").tolist() == [1, 1, 2, 2, 3]
        assert statistics.step("batch_size").tolist() == [32, 7, 32, 7, 32]
        assert statistics.step("loss").tolist() == [2, 1.75, 1.5, 1.25, 1]
        metrics = statistics.metrics("train")
        assert {name: values.tolist() for name, values in metrics.items()} == {
            "accuracy": [0, 0.1],
            "loss": [1, 0.5],
        }
        assert statistics.metrics("validation") == {}
        assert statistics.gradient("a", 2).tolist() == [0, -10]
        assert statistics.gradient("b", 2).dtype == np.float32
        assert statistics.gradient("b", 2) == 2


VALUES = st.one_of(
    st.just(0.0),
    st.floats(-1e3, 1e3, width=32),
    st.floats(width=32),  # the very small and large, infinities and NaN
)


@st.composite
def runs(draw: st.DrawFn) -> tuple[dict[str, Array], dict[str, Array], int]:
    shapes = draw(st.lists(st.lists(st.integers(1, 4), max_size=4).map(tuple), min_size=1, max_size=4))
    steps_per_epoch, epochs = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    rest = draw(st.integers(0 if epochs else 1, max(1, steps_per_epoch - 1)))
    if rest == steps_per_epoch:
        epochs, rest = epochs + 1, 0
    steps = epochs * steps_per_epoch + rest
    gradients, weights = series({f"layer/{i}": shape for i, shape in enumerate(shapes)}, steps, epochs)
    for _ in range(draw(st.integers(0, 5))):  # exceptions among ordinary numbers
        place = draw(st.sampled_from([*gradients.values(), *weights.values()]))
        place[draw(st.integers(0, len(place) - 1))].reshape(-1)[: draw(st.integers(1, 9))] = draw(VALUES)
    return gradients, weights, steps_per_epoch


@settings(max_examples=80, deadline=None)
@given(run=runs())
def test_every_statistic_agrees_with_the_naive_formulas(
    record: Record,
    naive: Callable[..., dict[str, Array]],
    run: tuple[dict[str, Array], dict[str, Array], int],
) -> None:
    path = record(*run)
    target = path.with_name("statistics.h5")
    analyse(path, target)
    found, expected = contents(target), naive(*run)
    assert set(found) == set(expected)
    for name, values in expected.items():
        tolerance = np.zeros_like(values)
        if "dissolving" in name:  # a difference of two sums: relative to these
            tolerance = 1e-12 * np.nan_to_num(
                expected[name.replace("l1", "acc_l1").replace("l2", "acc_l2").replace("_dissolving", "")]
            )
        same = (found[name] == values) | (np.isnan(found[name]) & np.isnan(values))
        with np.errstate(invalid="ignore"):
            close = np.abs(found[name] - values) <= 1e-9 * np.abs(values) + tolerance
        assert (same | close).all(), (name, found[name], values)


def test_wide_tensors_agree_with_the_naive_formulas(
    record: Record, naive: Callable[..., dict[str, Array]]
) -> None:
    """Tensors of more than one tile, and of tiles whose pieces are not equally long."""
    run = *series({"wide": (3, 50_000), "odd": (131_073,), "piece": (2_049,)}, 4, 2), 2
    path = record(*run)
    analyse(path, path.with_name("statistics.h5"))
    found = contents(path.with_name("statistics.h5"))
    for name, values in naive(*run).items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-15, err_msg=name)


def test_float64_models_agree_with_the_naive_formulas(
    record: Record, naive: Callable[..., dict[str, Array]]
) -> None:
    gradients, weights = (
        {k: v.astype(np.float64) / 3 for k, v in x.items()} for x in series({"a": (7, 5)}, 6, 2)
    )
    path = record(gradients, weights, 3, dtype="float64")
    analyse(path, path.with_name("statistics.h5"))
    found = contents(path.with_name("statistics.h5"))
    for name, values in naive(gradients, weights, 3).items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12, atol=1e-15, err_msg=name)


def test_blocks_do_not_change_a_bit(record: Record) -> None:
    """Nor does analysing again: the files are equal byte by byte."""
    shapes = {"scalar": (), "pair": (2,), "matrix": (33, 100), "wide": (140_000,)}
    steps = 3 * 23 + 5
    random = np.random.default_rng(1)
    layers = Layer("a", "Dense", ("scalar", "matrix")), Layer("b", "GRU", ("wide", "matrix", "pair"))
    path = record(
        *series(shapes, steps, 3),
        23,
        graph=LayerGraph(layers, (Edge("a", "b"),)),
        edges=random.random((steps, 1), np.float32),
        times={"b": random.random((steps, 50), np.float32)},
        step_series={f"updates/{tensor}": random.random(steps, np.float32) for tensor in shapes},
    )
    size = 4 * (1 + 2 + 3300 + 140_000)
    files = []
    for number, block_bytes in enumerate((1, 5 * size, 16 * size, 2**30, 2**30)):
        files.append(path.with_name(f"{number}.h5"))
        analyse(path, files[-1], block_bytes=block_bytes)
    assert len({file.read_bytes() for file in files}) == 1


def test_memory_does_not_grow_with_the_steps(record: Record) -> None:
    def peak(steps: int) -> int:
        path = record(*series({"kernel": (64, 64), "bias": (64,)}, steps, 2), steps // 2)
        tracemalloc.start()
        analyse(path, path.with_name("statistics.h5"), block_bytes=2**18)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # the first analysis of a process fills caches
    # 6.5 and 65 MB of gradients: with fewer steps, what waits to be written has not reached its bound.
    assert peak(4000) < peak(400) + 2**22


def test_where_steps_were_left_out_epochs_stay_exact_and_steps_are_the_recorded_ones(record: Record) -> None:
    """Equal to the last bit: the record holds the sums that the analysis would have formed."""
    gradients, weights = series({"kernel": (300, 50), "bias": ()}, 14, 2)
    whole, thinned = record(gradients, weights, 7), record(gradients, weights, 7, record_every=3)
    kept = [0, 3, 6, 7, 10, 13]
    of_kept = {tensor: values[kept] for tensor, values in gradients.items()}
    few = record(of_kept, weights, 3)
    for path in (whole, thinned, few):
        analyse(path, path.with_name("statistics.h5"))
    with (
        Statistics(whole.with_name("statistics.h5")) as exact,
        Statistics(thinned.with_name("statistics.h5")) as statistics,
        Statistics(few.with_name("statistics.h5")) as only_kept,
    ):
        assert statistics.data_label == "a copy · 1 of 3 steps recorded"
        for column in statistics.columns:
            for name in of_level("epoch"):
                np.testing.assert_array_equal(statistics.epoch(name, column), exact.epoch(name, column))
            for name in STEPS_BY_HAND:
                np.testing.assert_array_equal(statistics.step(name, column), only_kept.step(name, column))
        assert not np.array_equal(exact.epoch("l2_norm"), only_kept.epoch("l2_norm"))
        for tensor in statistics.tensors:
            np.testing.assert_array_equal(statistics.gradient(tensor, 2), exact.gradient(tensor, 2))


def test_rounded_gradients_say_so_and_give_nearly_the_same(record: Record) -> None:
    gradients, weights = series({"kernel": (30, 50)}, 6, 2)
    for path, label in (
        (record(gradients, weights, 3), "a copy"),
        (record(gradients, weights, 3, keep_bits=10), "a copy · gradients rounded to 10 bits"),
    ):
        analyse(path, path.with_name("statistics.h5"))
        with Statistics(path.with_name("statistics.h5")) as statistics:
            assert statistics.data_label == label
            exact = np.linalg.norm(gradients["kernel"].reshape(6, -1).astype(np.float64), axis=1)
            np.testing.assert_allclose(statistics.step("l2_norm_individual"), exact, rtol=2.0**-11)


def test_nonfinite_step_is_named(record: Record) -> None:
    gradients, weights = series({"a": (3,)}, 5, 1)
    gradients["a"][3, 1] = np.inf
    path = record(gradients, weights, 3)
    analyse(path, path.with_name("statistics.h5"))
    with Statistics(path.with_name("statistics.h5")) as statistics:
        assert statistics.first_nonfinite_step == 3
        assert np.isfinite(statistics.epoch("l2_norm")).all()
        assert np.isinf(statistics.step("l2_norm_individual")[3])
        assert np.isnan(statistics.step("cosine")[3:]).tolist() == [True, True]


# Two epochs of two steps, and a step of a third. The second step was skipped: nothing moved or was applied.
MOVING = {
    "learning_rate": np.array([0.5, 0.5, 0.25, 0.25, 0.25]),
    "updates/a": np.array([2.5, 0, 3, 1, 0.5]),
    "updates/b": np.array([0.5, 0, 4, np.nan, 0]),
    "applied/a": np.array([5, np.nan, 0.5, 2, 1]),
    "applied/b": np.array([np.nan, np.nan, 1.5, 0, np.nan]),
}
MOVED_BY_HAND = {
    "update_norm_individual": [[2.5, 0.5, 3], [0, 0, 0], [3, 4, 7], [1, np.nan, np.nan], [0.5, 0, 0.5]],
    # ‖w‖ where the epochs begin: a 5, 2, 10; b 0, 0.5, 1.
    "update_to_weight_individual": [
        [0.5, np.nan, 6.5**0.5 / 5],
        [0, np.nan, 0],
        [1.5, 8, 5 / 4.25**0.5],
        [0.5, np.nan, np.nan],
        [0.05, 0, 0.5 / 101**0.5],
    ],
    # ‖g‖: a 5, 0, 1, 2, 4; b 7, 0, 2, 0, NaN. Of the first step's b nothing is known; it does not count.
    "applied_to_gradient": [
        [1, np.nan, 1],
        [np.nan] * 3,
        [0.5, 0.75, (2.5 / 5) ** 0.5],
        [1, np.nan, 1],
        [0.25, np.nan, np.nan],
    ],
}


@pytest.fixture(scope="module")
def moving(record: Record) -> Path:
    gradients = {
        "a": np.array([[3, 4], [0, 0], [0, 1], [2, 0], [0, 4]], np.float32),
        "b": np.array([7, 0, 2, 0, np.nan], np.float32),
    }
    weights = {
        "a": np.array([[3, 4], [0, 2], [6, 8]], np.float32),
        "b": np.array([0, 0.5, 1], np.float32),
    }
    path = record(gradients, weights, 2, step_series=MOVING)
    analyse(path, path.with_name("statistics.h5"), block_bytes=1)
    return path.with_name("statistics.h5")


@pytest.mark.parametrize(("name", "expected"), MOVED_BY_HAND.items())
def test_updates_and_clipping_by_hand(moving: Path, name: str, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(contents(moving)[name], expected, rtol=1e-14)


def test_the_learning_rate_comes_with_the_updates_which_it_explains(moving: Path, tiny: Path) -> None:
    with Statistics(moving) as statistics, Statistics(tiny) as without:
        assert statistics.step("learning_rate").tolist() == MOVING["learning_rate"].tolist()
        assert statistics.step("update_norm_individual", "a").tolist() == MOVING["updates/a"].tolist()
        for name in ("learning_rate", "update_norm_individual"):
            with pytest.raises(GradevoError, match=f"no step statistic '{name}'; there are epoch, "):
                without.step(name)


@pytest.mark.parametrize("rates", [{}, {"learning_rate": np.ones(4)}])
def test_a_run_without_such_norms_gains_nothing(record: Record, rates: dict[str, Array]) -> None:
    """A learning rate alone, which every training by `gradevo.record` has, is not taken over."""
    path = record(*series({"a": (3,)}, 4, 2), 2, step_series=rates)
    analyse(path, path.with_name("statistics.h5"))
    with h5py.File(path.with_name("statistics.h5")) as file:
        assert set(file["steps"]) == {"epoch", "batch_size", "loss", *STEPS_BY_HAND} | {
            "l1_norm_individual_standardized"
        }


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("updates", {"update_norm_individual", "update_to_weight_individual"}),
        ("applied", {"applied_to_gradient"}),
    ],
)
def test_each_statistic_needs_its_own_norms(record: Record, kind: str, names: set[str]) -> None:
    of_steps = {path: values for path, values in MOVING.items() if path.startswith(kind)}
    path = record(*series({"a": (2,), "b": ()}, 5, 2), 2, step_series=of_steps)
    analyse(path, path.with_name("statistics.h5"))
    assert set(contents(path.with_name("statistics.h5"))) & set(MOVED_BY_HAND) == names


def test_where_steps_were_left_out_updates_are_those_of_the_recorded_steps(record: Record) -> None:
    gradients, weights = series({"kernel": (30, 5), "bias": ()}, 14, 2)
    random = np.random.default_rng(2)
    of_steps = {f"updates/{tensor}": random.random(14, np.float32) for tensor in gradients}
    path = record(gradients, weights, 7, record_every=3, step_series=of_steps)
    analyse(path, path.with_name("statistics.h5"))
    kept = np.array([0, 3, 6, 7, 10, 13])
    with Statistics(path.with_name("statistics.h5")) as statistics:
        for tensor in gradients:
            begun = np.linalg.norm(weights[tensor].reshape(3, -1).astype(np.float64), axis=1)[kept // 7]
            updates = of_steps[f"updates/{tensor}"][kept]
            np.testing.assert_array_equal(statistics.step("update_norm_individual", tensor), updates)
            ratio = statistics.step("update_to_weight_individual", tensor)
            np.testing.assert_allclose(ratio, updates / begun, rtol=1e-12)


def test_a_failure_leaves_nothing_behind(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    path = record(*series({"a": (3,)}, 4, 2), 2)
    target = path.with_name("statistics.h5")

    def fail(run: Run, tensor: str, row: int) -> Array:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Run, "weights", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        analyse(path, target)
    assert sorted(file.name for file in path.parent.iterdir()) == ["run.h5"]


def test_a_missing_run_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"run\.h5: no such run file"):
        analyse(tmp_path / "run.h5", tmp_path / "statistics.h5")
    assert list(tmp_path.iterdir()) == []


def test_epochs_of_other_lengths(tmp_path: Path) -> None:
    """Every epoch's statistics are those of its own steps."""
    shapes = {"layer/kernel": (3, 2), "layer/bias": (2,)}
    gradients, weights = series(shapes, 9, 3)
    lengths = [2, 4, 3]
    graph = LayerGraph((Layer("layer", "Dense", tuple(shapes)),))
    run = write_run(tmp_path / "run.h5", gradients, lengths, weights=weights, graph=graph)
    analyse(run, tmp_path / "statistics.h5")
    flat = {tensor: values.reshape(9, -1).astype(np.float64) for tensor, values in gradients.items()}
    of_layer = np.linalg.norm(np.concatenate(list(flat.values()), axis=1), axis=1)
    with Statistics(tmp_path / "statistics.h5") as found:
        assert found.timeline.lengths.tolist() == lengths
        for epoch, steps in enumerate([slice(0, 2), slice(2, 6), slice(6, 9)]):
            for tensor, values in flat.items():
                expected = np.linalg.norm(values[steps].sum(axis=0))
                assert found.epoch("l2_norm", tensor)[epoch] == pytest.approx(expected, rel=1e-12)
            mean = of_layer[steps].mean()
            assert found.layer("gradient_norm", "layer")[epoch] == pytest.approx(mean, rel=1e-12)
        norms = np.linalg.norm(flat["layer/bias"], axis=1)
        np.testing.assert_allclose(found.step("l2_norm_individual", "layer/bias"), norms, rtol=1e-12)
