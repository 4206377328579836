"""The record of a plain loop holds what the loop said, to the number."""

import json
import logging
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import ml_dtypes
import numpy as np
import pytest

from gradevo import GradevoError, Recorder, Run, Statistics, analyse
from gradevo.config.experiment import Thresholds
from gradevo.health.text import examine
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.recording import recorder as module
from gradevo.recording.recorder import Joined
from gradevo.runfile.schema import partial_path

Tree = dict[str, Any]


def tree(value: float, dtype: str = "float32") -> Tree:
    """A dense layer, a 0-d scale, and what is not recorded; element i of the kernel is ``value`` + i / 10."""
    return {
        "dense": {
            "kernel": (value + np.arange(6).reshape(2, 3) / 10).astype(dtype),
            "bias": np.full(3, value, dtype),
        },
        "scale": np.array(value, dtype),
        "count": np.array(7),
        "mask": np.array([True]),
        "nothing": None,
        "name": "net",
    }


def tensor(of: Tree, name: str) -> Any:
    return of["scale"] if name == "scale" else of["dense"][name.removeprefix("dense/")]


TENSORS = {"dense/kernel": (2, 3), "dense/bias": (3,), "scale": ()}


def contents(path: Path) -> dict[str, Any]:
    """Every dataset and every attribute of the root, by its path."""
    found: dict[str, Any] = {}
    with h5py.File(path, "r") as file:
        found |= {f"@{name}": value for name, value in file.attrs.items()}
        file.visititems(
            lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {})
        )
    return found


def assert_equal_records(one: Path, other: Path) -> None:
    expected, found = contents(one), contents(other)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)


# What is recorded


def test_every_step_of_epochs_of_different_lengths_is_read_back(tmp_path: Path) -> None:
    lengths = [3, 1, 4]
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        assert recorder.tensors == TENSORS
        step = 0
        for epoch, length in enumerate(lengths, 1):
            for _ in range(length):
                recorder.step(tree(step), loss=step / 2, batch_size=step + 1)
                step += 1
            recorder.end_epoch(tree(-epoch), train={"loss": epoch}, validation={"loss": 2 * epoch})
            assert recorder.epochs_complete == epoch
            with Run(partial_path(recorder.path)) as growing:
                assert (growing.epochs, growing.steps) == (epoch, step)
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == tuple(TENSORS)
        assert run.timeline.stops.tolist() == [3, 4, 8]
        assert run.step("epoch").tolist() == [1, 1, 1, 2, 3, 3, 3, 3]
        assert run.step("batch").tolist() == [0, 1, 2, 0, 0, 1, 2, 3]
        assert run.step("batch_size").tolist() == list(range(1, 9))
        assert run.step("loss").tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
        assert run.metrics("train")["loss"].tolist() == [1, 2, 3]
        assert run.metrics("validation")["loss"].tolist() == [2, 4, 6]
        for name in TENSORS:
            expected = np.stack([tensor(tree(step), name) for step in range(8)])
            np.testing.assert_array_equal(run.read_gradients(name, 0, 9), expected)
            for epoch in range(4):
                np.testing.assert_array_equal(run.weights(name, epoch), tensor(tree(-epoch), name))
        assert not run.stopped
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


def test_steps_behind_the_last_epoch_stay_in_the_record(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0), epochs=3) as recorder:
        for step in range(5):
            if step == 3:
                recorder.end_epoch(tree(1))
            recorder.step(tree(step))
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.steps, run.timeline.stops.tolist(), run.stopped) == (1, 5, [3], True)
        assert run.read_gradients("scale", 0, 5).tolist() == [0, 1, 2, 3, 4]
        assert run.timeline.of(2) == slice(3, 5)


def test_a_record_without_an_epoch_holds_its_steps(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        for step in range(5):
            recorder.step(tree(step))
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.steps) == (0, 5)
        assert run.read_gradients("scale", 0, 5).tolist() == [0, 1, 2, 3, 4]
        assert np.isnan(run.step("loss")).all()
        assert run.step("batch_size").tolist() == [-1] * 5


def test_a_record_closed_by_hand_is_closed_once(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.step(tree(1))
        recorder.close()
        recorder.close()
        assert recorder.path.exists()
        for call in (lambda: recorder.step(tree(1)), lambda: recorder.end_epoch(tree(1))):
            with pytest.raises(GradevoError, match=r"run\.h5: expected a record that goes on"):
                call()


def test_many_steps_go_over_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_STEPS", 3)
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        for step in range(10):
            numbers = {"learning_rate": step / 8} if step >= 4 else {}
            recorder.step(tree(step), loss=step, **numbers)
        recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("scale", 0, 10).tolist() == list(range(10))
        assert run.step("loss").tolist() == list(range(10))
        np.testing.assert_array_equal(run.step("learning_rate"), [np.nan] * 4 + [s / 8 for s in range(4, 10)])


def test_gradients_that_are_missing_are_zero(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.step({"dense": {"kernel": np.ones((2, 3)), "bias": None}})
        recorder.step({"scale": np.array(5.0)})
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("dense/kernel", 0, 2).sum(axis=(1, 2)).tolist() == [6, 0]
        assert run.read_gradients("dense/bias", 0, 2).sum() == 0
        assert run.read_gradients("scale", 0, 2).tolist() == [0, 5]


def test_numbers_of_steps_are_told_or_missing(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.step(tree(1), loss=np.float32(0.5))
        recorder.step(tree(1), temperature=np.array(2.5), learning_rate=0.1)
        recorder.step(tree(1), learning_rate=0.2, batch_size=np.int64(3))
    with Run(tmp_path / "run.h5") as run:
        np.testing.assert_array_equal(run.step("loss"), [0.5, np.nan, np.nan])
        np.testing.assert_array_equal(run.step("temperature"), [np.nan, 2.5, np.nan])
        np.testing.assert_array_equal(run.step("learning_rate"), [np.nan, 0.1, 0.2])
        assert run.step("batch_size").tolist() == [-1, -1, 3]


@pytest.mark.parametrize("name", ["epoch", "batch", "updates", "applied"])
def test_numbers_that_the_file_keeps_itself_are_refused(tmp_path: Path, name: str) -> None:
    with (
        Recorder(tmp_path / "run.h5", tree(0)) as recorder,
        pytest.raises(GradevoError, match=f"{name}: expected a number of another name"),
    ):
        recorder.step(tree(1), **{name: 1.0})


def test_norms_of_updates_are_those_computed_by_hand(tmp_path: Path) -> None:
    weights = {"w": np.array([1.0, 2.0], "float32"), "scale": np.array(3.0, "float32")}
    with Recorder(tmp_path / "run.h5", weights) as recorder:
        for change in ([3.0, 4.0], [0.0, -5.0]):
            weights["w"] += np.array(change, "float32")  # in place, as most loops do it
            weights["scale"] += np.float32(2)
            recorder.step({"w": np.ones(2)}, weights=weights)
        weights["w"] *= 9  # at the epoch's end, which is no step's update
        recorder.end_epoch(weights)
        weights["w"] += 1
        recorder.step({"w": np.ones(2)}, weights=weights)
        weights["w"] += 1
        recorder.step({"w": np.ones(2)})
        weights["w"] += 1  # those before this step are not known
        recorder.step({"w": np.ones(2)}, weights=weights)
        weights["w"] += 1
        recorder.step({"w": np.ones(2)}, weights=weights)
    with Run(tmp_path / "run.h5") as run:
        one = np.sqrt(2, dtype="float32")
        np.testing.assert_array_equal(run.step("updates/w"), [5, 5, one, np.nan, np.nan, one])
        np.testing.assert_array_equal(run.step("updates/scale"), [2, 2, 0, np.nan, np.nan, 0])
        assert run.step("updates/w").dtype == np.float32
        assert run.norms == ("updates",)
        np.testing.assert_array_equal(run.read_norms("updates", 1, 3), [[5, 2], [one, 0]])
        assert run.read_norms("updates", 5, 99).shape == (1, 2)
        with pytest.raises(KeyError, match="applied"):
            run.read_norms("applied", 0, 1)


# What is kept


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"tensors": ["dense.*"]}, ["dense/kernel", "dense/bias"]),
        ({"tensors": ["*/kernel", "scale"]}, ["dense/kernel", "scale"]),
        ({"exclude": ["dense/*"]}, ["scale"]),
        ({"tensors": ["dense*"], "exclude": ["*.bias"]}, ["dense/kernel"]),
    ],
)
def test_patterns_choose_tensors(tmp_path: Path, settings: Any, expected: list[str]) -> None:
    with Recorder(tmp_path / "run.h5", tree(0), **settings) as recorder:
        recorder.step(tree(1))
        recorder.end_epoch(tree(2))
    with Run(tmp_path / "run.h5") as run:
        assert list(run.tensors) == expected
        assert run.read_gradients(expected[-1], 0, 1).flat[0] == 1
        assert run.weights(expected[-1], 1).flat[0] == 2


def test_patterns_that_match_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GradevoError, match=r"tensors: .* dense/kernel, dense/bias, scale; found encoder\.\*"):
        Recorder(tmp_path / "run.h5", tree(0), tensors=["encoder.*"])
    assert not list(tmp_path.iterdir())


def test_every_nth_batch_is_recorded_and_all_are_summed(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0), record_every=3) as recorder:
        step = 0
        for length in (7, 2, 3):
            for _ in range(length):
                recorder.step(tree(step), loss=step, learning_rate=step)
                step += 1
            recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        kept = [0, 3, 6, 7, 9]
        assert run.read_gradients("scale", 0, 9).tolist() == kept
        assert run.step("loss").tolist() == kept
        assert run.step("learning_rate").tolist() == kept
        assert run.step("batch").tolist() == [0, 3, 6, 0, 0]
        assert run.timeline.stops.tolist() == [3, 4, 5]
        assert [float(run.epoch_sum("scale", epoch)) for epoch in (1, 2, 3)] == [21, 15, 30]


def test_steps_of_some_epochs_are_recorded_and_all_batches_are_summed(tmp_path: Path) -> None:
    """Epochs of different lengths, their number not told."""
    with Recorder(tmp_path / "run.h5", tree(0), record_epochs={4, 1}) as recorder:
        step = 0
        for length in (3, 4, 1, 2):
            for _ in range(length):
                recorder.step(tree(step), loss=step, learning_rate=step)
                step += 1
            recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        kept = [0, 1, 2, 3, 7, 8, 9]
        assert run.read_gradients("scale", 0, 9).tolist() == kept
        assert run.step("loss").tolist() == kept
        assert run.step("learning_rate").tolist() == kept
        assert run.step("batch").tolist() == [0, 1, 2, 0, 0, 0, 1]
        assert run.timeline.stops.tolist() == [3, 4, 5, 7]
        assert [float(run.epoch_sum("scale", epoch)) for epoch in (1, 2, 3, 4)] == [3, 18, 7, 17]
        assert run.attributes["record_epochs"] == "[1, 4]"


@pytest.mark.parametrize("epochs", [[3], (3, 3), {3}, range(3, 4), np.array([3])])
def test_any_collection_names_epochs(tmp_path: Path, epochs: Any) -> None:
    with Recorder(tmp_path / "run.h5", tree(0), record_epochs=epochs) as recorder:
        recorder.step(tree(0))
        recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        assert run.attributes["record_epochs"] == "[3]"


def test_a_killed_record_goes_on_with_the_epochs_chosen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def epoch(recorder: Recorder, number: int) -> None:
        for step in range(3):
            recorder.step(tree(10 * number + step))
        recorder.end_epoch(tree(number))

    recorder = Recorder(tmp_path / "run.h5", tree(0), record_epochs=[2])
    epoch(recorder, 1)
    recorder.step(tree(7))
    recorder.abandon()
    with Recorder(tmp_path / "run.h5", tree(1), record_epochs=[2]) as recorder:
        assert recorder.epochs_complete == 1
        epoch(recorder, 2)
        recorder.abandon()
    with Recorder(tmp_path / "run.h5", tree(2), record_epochs=[2, 3]) as recorder:
        assert recorder.epochs_complete == 0
        epoch(recorder, 3)
    assert "of another run, different: record_epochs" in caplog.text
    with Run(tmp_path / "run.abandoned.h5") as run:
        assert run.read_gradients("scale", 0, 9).tolist() == [10, 20, 21, 22]
        assert [float(run.epoch_sum("scale", epoch)) for epoch in (1, 2)] == [33, 63]
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("scale", 0, 9).tolist() == [30]


def test_gradients_keep_the_bits_asked_for(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", {"w": np.ones(3)}, keep_bits=2) as recorder:
        recorder.step({"w": np.array([1.0, 1.3, -3.3])})
        recorder.end_epoch({"w": np.full(3, 1.3)})
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("w", 0, 1).tolist() == [[1, 1.25, -3.5]]  # steps of 1/4 and 1/2
        assert run.weights("w", 1).tolist() == [1.3] * 3
        assert run.dtype == "float64"


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float16", "float32"), ("float32", "float32"), ("float64", "float64"), ("bfloat16", "float32")],
)
def test_the_file_is_as_exact_as_the_weights(tmp_path: Path, dtype: str, expected: str) -> None:
    value = np.array([1 / 3], ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    with Recorder(tmp_path / "run.h5", {"w": value}) as recorder:
        recorder.step({"w": value}, loss=1 / 3)
        recorder.end_epoch({"w": value})
    with Run(tmp_path / "run.h5") as run:
        assert run.dtype == expected
        assert run.read_gradients("w", 0, 1)[0] == run.weights("w", 1) == value.astype("float64")
        assert run.step("loss")[0] == np.array(1 / 3, expected)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"a/b": 1, "a/b/c": 2}, {"a/b_2": 1, "a/b/c": 2}),
        ({"a": {"b": 1}, "a.b": 2, "a/b": 3}, {"a/b": 1, "a/b_2": 2, "a/b_3": 3}),
        ({"a": [1, 2], "a.1": 3}, {"a/0": 1, "a/1": 2, "a/1_2": 3}),
        ({"..": 1, "_": 2}, {"_": 1, "__2": 2}),
    ],
)
def test_names_that_collide_are_numbered_and_none_is_lost(
    tmp_path: Path, weights: Any, expected: dict[str, int]
) -> None:
    def filled(values: Any) -> Any:
        if isinstance(values, dict):
            return {name: filled(value) for name, value in values.items()}
        return (
            [filled(value) for value in values] if isinstance(values, list) else np.full(2, values, "float32")
        )

    gradients = filled(weights)
    with Recorder(tmp_path / "run.h5", filled(weights)) as recorder:
        recorder.step(gradients)
        recorder.step(dict(reversed(gradients.items())))  # as a framework may order them
        recorder.end_epoch(gradients)
    with Run(tmp_path / "run.h5") as run:
        found = {name: run.read_gradients(name, 0, 2) for name in run.tensors}
        assert {name: one[0, 0] for name, one in found.items()} == expected
        assert {name: one[1, 0] for name, one in found.items()} == expected


@pytest.mark.parametrize(
    ("less", "steps"),
    [({}, 21), ({"record_every": 3}, 9), ({"record_every": 2, "record_epochs": [2, 9]}, 1 + 4 + 1)],
)
def test_the_size_told_beforehand_is_that_of_the_arrays(tmp_path: Path, less: Any, steps: int) -> None:
    with Recorder(tmp_path / "run.h5", tree(0), **less) as recorder:
        told = recorder.size(21, epochs=3)
        for _ in range(3):
            for _ in range(7):
                recorder.step(tree(1), loss=1)
            recorder.end_epoch(tree(1))
    arrays = {
        name: value
        for name, value in contents(tmp_path / "run.h5").items()
        if not name.startswith(("@", "axis_", "tensors"))
    }
    assert len(arrays["step"]) == steps
    assert told == sum(value.nbytes for value in arrays.values())


@pytest.mark.parametrize(("bits", "per_number"), [(None, 32), (7, 16), (1, 10)])
def test_the_size_counts_the_bits_kept(tmp_path: Path, bits: int | None, per_number: int) -> None:
    with Recorder(tmp_path / "run.h5", {"w": np.ones(800, "float32")}, keep_bits=bits) as recorder:
        others = 4 * 8 + 4  # number, epoch, batch and size of a step, and its loss
        assert recorder.size(1001) - recorder.size(1) == 1000 * (800 * per_number // 8 + others)


def test_the_price_is_logged_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), Recorder(tmp_path / "run.h5", tree(0)):
        pass
    assert caplog.messages[0].endswith(
        "run.h5: recording 3 tensors with 10 numbers, 40 B per step before compression"
    )


# What the record says of itself


def test_descriptions_are_in_the_file(tmp_path: Path) -> None:
    graph = LayerGraph((Layer("dense", "Dense", ("dense/kernel", "dense/bias")),))
    with Recorder(
        tmp_path / "run.h5",
        tree(0),
        experiment={"title": "By hand", "optimizer": {"name": "SGD", "learning_rate": np.float32(0.5)}},
        data={"rows": np.int64(3)},
        data_label="synthetic",
        seed=7,
        graph=graph,
        epochs=2,
    ):
        pass
    with Run(tmp_path / "run.h5") as run:
        assert run.experiment.heading == "By hand"
        assert run.experiment.optimizer.learning_rate == 0.5
        assert (run.data, run.data_label, run.seed) == ({"rows": 3}, "synthetic", 7)
        assert (run.epochs_planned, run.graph) == (2, graph)


def test_without_a_graph_tensors_of_one_folder_are_a_layer_that_is_judged(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        for epoch in range(3):
            recorder.step({"dense": tree(epoch)["dense"]})  # the scale has no gradient: it is dead
            recorder.end_epoch(tree(1), train={"loss": 1})
    with Run(tmp_path / "run.h5") as run:
        found = {layer.id: layer.tensors for layer in run.graph.layers}
    assert found == {"dense": ("dense/kernel", "dense/bias"), "scale": ("scale",)}
    assert "scale" in examine(tmp_path / "run.h5", Thresholds())


def test_the_same_calls_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with Recorder(tmp_path / name / "run.h5", tree(0)) as recorder:
            for step in range(4):
                recorder.step(tree(step), loss=step, weights=tree(step), learning_rate=0.1)
            recorder.end_epoch(tree(1), train={"loss": 1})
    assert (tmp_path / "one/run.h5").read_bytes() == (tmp_path / "two/run.h5").read_bytes()


@pytest.mark.parametrize("bad", ["loss", "gradient", "too large a loss", "too large a gradient"])
def test_what_is_not_finite_is_found_and_told_once(
    tmp_path: Path, bad: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        for epoch in (1, 2, 3):
            for step in range(3):
                ill = epoch > 1 and step > 0
                value = (
                    1e300
                    if ill and bad == "too large a gradient"
                    else np.nan
                    if ill and bad == "gradient"
                    else 1
                )
                loss = np.nan if bad == "loss" else 1e300 if bad == "too large a loss" else 1
                recorder.step(tree(value, "float64"), loss=loss if ill else 1)
            recorder.end_epoch(tree(1))
    found = [message for message in caplog.messages if "not finite" in message]
    assert len(found) == 1
    assert found[0].endswith("for the first time: step 4 (from 0), epoch 2")
    with Run(tmp_path / "run.h5") as run:
        assert (run.first_nonfinite_step, run.first_nonfinite_epoch) == (4, 2)
        assert np.isfinite(run.step("loss")[:4]).all()


def test_statistics_are_made_of_any_record(tmp_path: Path) -> None:
    """Epochs of different lengths, and the steps of an epoch that did not end."""
    draw = np.random.default_rng(3)
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        for length in (3, 5, 2):
            for _ in range(length):
                recorder.step(tree(draw.normal()), loss=draw.uniform())
            recorder.end_epoch(tree(draw.normal()), train={"loss": draw.uniform()})
        recorder.step(tree(1))
    analyse(tmp_path / "run.h5", tmp_path / "statistics.h5")
    with Run(tmp_path / "run.h5") as run, Statistics(tmp_path / "statistics.h5") as statistics:
        gradients = run.read_gradients("dense/bias", 0, 10).astype(np.float64)
        sums = [part.sum(axis=0) for part in np.split(gradients, [3, 8])]
        np.testing.assert_allclose(
            statistics.epoch("l2_norm", "dense/bias"), np.linalg.norm(sums, axis=1), 1e-6
        )


# What is wrong is refused


@pytest.mark.parametrize(
    ("weights", "settings", "message"),
    [
        ({"count": np.array([1, 2])}, {}, "expected a tree with floating-point arrays, found none"),
        ({"empty": np.zeros((0, 3))}, {}, "expected a tree with floating-point arrays, found none"),
        (None, {}, "expected a tree with floating-point arrays, found none"),
        (np.ones(2), {"record_every": 0}, "record_every: expected an integer of at least 1, found 0"),
        *(
            (np.ones(2), {"record_epochs": bad}, f"^record_epochs: expected a list, set or range .* {found}$")
            for bad, found in (
                ([], r"found \[\]"),
                (3, "found 3"),
                ("1, 5", "found '1, 5'"),
                (b"15", "found b'15'"),
                ([1, 0], "found 0"),
                ([1, 2.5], "found 2.5"),
                (["1"], "found '1'"),
                ([True], "found True"),
                (range(1, 10**9), r"found range\(1, 1000000000\)"),
                (iter([1]), "found <list_iterator .*"),
            )
        ),
        (np.ones(2), {"epochs": 0}, "epochs: expected an integer of at least 1, found 0"),
        (np.ones(2), {"keep_bits": 23}, "keep_bits: expected None or 1 to 22"),
        (np.ones(2), {"experiment": {"model": object()}}, "experiment: expected what JSON can hold"),
        (np.ones(2), {"data": {"x": np.ones(3)}}, "data: expected what JSON can hold"),
    ],
)
def test_settings_out_of_range_are_refused(tmp_path: Path, weights: Any, settings: Any, message: str) -> None:
    with pytest.raises(GradevoError, match=message):
        Recorder(tmp_path / "run.h5", weights, **settings)
    assert not list(tmp_path.iterdir())


def test_another_tree_than_the_weights_is_refused_and_the_record_goes_on(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.step(tree(1))
        with pytest.raises(
            GradevoError, match=r"dense/kernel: expected the shape .*\(2, 3\), found \(3, 2\)"
        ):
            recorder.step({"dense": {"kernel": np.ones((3, 2))}})
        with pytest.raises(
            GradevoError, match="expected the tree of the weights, found 0, which these do not"
        ):
            recorder.step([np.ones((2, 3))])
        with pytest.raises(GradevoError, match="expected the tree of the weights, with dense/kernel"):
            recorder.step({})
        with pytest.raises(GradevoError, match="found Scale, which these do not have"):
            recorder.step({"dense": tree(1)["dense"], "Scale": np.ones(())})
        with pytest.raises(GradevoError, match="scale: expected an array or None, found float"):
            recorder.step({"dense": tree(1)["dense"], "scale": 1.0})
        with pytest.raises(GradevoError, match="scale: expected real numbers, found complex"):
            recorder.step({"dense": tree(1)["dense"], "scale": np.array(1j)})
        with pytest.raises(GradevoError, match=r"weights: scale: .*\(\), found none"):
            recorder.step(tree(1), weights={"dense": tree(1)["dense"]})
        with pytest.raises(GradevoError, match=r"weights: dense/bias: .*\(3,\), found \(2,\)"):
            recorder.end_epoch({**tree(1), "dense": {"kernel": np.ones((2, 3)), "bias": np.ones(2)}})
        recorder.step(tree(2))
        recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("scale", 0, 9).tolist() == [1, 2]


def test_an_epoch_without_a_step_is_refused(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        for epoch in (1, 2):
            with pytest.raises(
                GradevoError, match=f"expected at least one step in epoch {epoch}, found none"
            ):
                recorder.end_epoch(tree(1))
            recorder.step(tree(1))
            recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.steps) == (2, 2)


def test_an_existing_file_is_kept_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_text("precious")
    with pytest.raises(GradevoError, match=r"run\.h5: expected a new file, found an existing one"):
        Recorder(path, tree(0))
    assert path.read_text() == "precious"
    with Recorder(path, tree(0), overwrite=True) as recorder:
        recorder.step(tree(1))
        assert path.read_text() == "precious"  # until the new one is complete
    with Run(path) as run:
        assert run.steps == 1


def test_two_recorders_of_one_file_are_refused(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.step(tree(1))
        with pytest.raises(GradevoError, match="expected to be the only recording"):
            Recorder(tmp_path / "run.h5", tree(0))
        recorder.end_epoch(tree(1))
    with Run(tmp_path / "run.h5") as run:
        assert run.epochs == 1


# What stays after an interruption


def test_an_exception_leaves_the_complete_epochs(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.h5", tree(0))
    recorder.step(tree(1))
    recorder.end_epoch(tree(1))
    recorder.step(tree(2))
    with pytest.raises(KeyboardInterrupt), recorder:
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.partial.h5"]
    with Run(tmp_path / "run.partial.h5") as run:
        assert (run.epochs, run.steps) == (1, 1)
    with pytest.raises(GradevoError, match="has ended"):
        recorder.step(tree(1))


def test_a_loop_run_again_goes_on_with_its_weights_and_starts_anew_with_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def interrupted(weights: Tree) -> int:
        recorder = Recorder(tmp_path / "run.h5", weights)
        before = recorder.epochs_complete
        recorder.step(tree(1), loss=1, learning_rate=0.1, weights=tree(3))
        recorder.end_epoch(tree(5), train={"loss": 1})
        with pytest.raises(KeyboardInterrupt), recorder:
            raise KeyboardInterrupt
        return before

    assert interrupted(tree(0)) == 0
    with caplog.at_level(logging.INFO):
        assert interrupted(tree(5)) == 1  # the weights after the epoch
    assert caplog.messages[-1].endswith("; going on after epoch 1")
    assert interrupted(tree(0)) == 0
    assert interrupted(tree(0)) == 0
    names = ["run.abandoned-2.h5", "run.abandoned.h5", "run.partial.h5"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert "of other weights than the model's" in caplog.text
    for name, epochs in zip(names, (1, 2, 1), strict=True):
        with Run(tmp_path / name) as run:
            assert run.epochs == epochs


def train(folder: Path, *arguments: int) -> subprocess.CompletedProcess[str]:
    """Run the script of this folder in a process of its own."""
    script = Path(__file__).with_name("train_numpy.py")
    return subprocess.run(
        [sys.executable, script, folder, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )


def test_a_killed_process_that_restores_its_weights_ends_as_if_never_killed(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    done = train(whole, 5, 0, 0)
    assert done.returncode == 0, done.stderr
    for kill_after, before in ((2, 0), (3, 2), (4, 3)):
        done = train(killed, 5, kill_after, 1)
        assert (done.returncode, done.stdout) == (-9, f"start: {before}\n"), done.stderr
        with Run(killed / "run.partial.h5") as run:
            assert run.epochs == kill_after
    done = train(killed, 5, 0, 1)
    assert (done.returncode, done.stdout) == (0, "start: 4\n"), done.stderr
    assert "going on after epoch 4" in done.stderr
    assert_equal_records(whole / "run.h5", killed / "run.h5")
    assert sorted(path.name for path in killed.iterdir()) == ["run.h5", "weights.npy"]


def test_a_killed_process_that_does_not_restore_starts_anew_and_nothing_is_lost(tmp_path: Path) -> None:
    for kill_after in (2, 3):
        assert train(tmp_path, 5, kill_after, 0).returncode == -9
    done = train(tmp_path, 5, 0, 0)
    assert (done.returncode, done.stdout) == (0, "start: 0\n"), done.stderr
    assert "holds 3 complete epochs that cannot be continued" in done.stderr
    for name, epochs in (("run.abandoned.h5", 2), ("run.abandoned-2.h5", 3), ("run.h5", 5)):
        with Run(tmp_path / name) as run:
            assert run.epochs == epochs


# What waits, and how much


def test_an_epoch_ends_when_what_waits_is_handed_over(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        late = [tree(1), tree(2)]
        recorder.before_end(lambda: [recorder.step(late.pop(0)) for _ in list(late)])
        recorder.end_epoch(tree(1))
        late.append(tree(3))
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("scale", 0, 9).tolist() == [1, 2, 3]
        assert run.timeline.stops.tolist() == [2]


def test_numbers_told_beforehand_belong_to_the_next_step(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.tell(loss=3.0, batch_size=4)
        recorder.tell(temperature=0.5)
        recorder.step(tree(1))
        recorder.step(tree(2), loss=1)
    with Run(tmp_path / "run.h5") as run:
        assert run.step("loss").tolist() == [3, 1]
        assert run.step("batch_size").tolist() == [4, -1]
        np.testing.assert_array_equal(run.step("temperature"), [0.5, np.nan])


def test_what_is_selected_of_a_tree_can_be_joined_and_recorded(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", {"a/b": np.ones(1), "a/b/c": np.ones(2)}, exclude=["*c"]) as recorder:
        gradients = {"a/b": np.full(1, 5.0), "a/b/c": np.ones(2)}
        selected = recorder.selected(gradients)
        assert {path: one is gradients["a/b"] for path, one in selected.items()} == {"a/b_2": True}
        recorder.step(Joined(np.concatenate(list(selected.values()))))
        with pytest.raises(GradevoError, match=r"a/b_2: expected the shape of the weights, \(1,\)"):
            recorder.selected({"a/b": np.ones(3)})
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("a/b_2", 0, 1).tolist() == [[5]]


def test_norms_of_the_graphs_edges_are_recorded_where_they_are_told(tmp_path: Path) -> None:
    layers = (Layer("a", "Linear", ("a/w",)), Layer("b", "Linear", ("b/w",)), Layer("c", "Linear", ("c/w",)))
    graph = LayerGraph(layers, (Edge("a", "b"), Edge("b", "c")))
    weights = {name: {"w": np.ones(2, "float32")} for name in "abc"}
    with Recorder(tmp_path / "run.h5", weights, graph=graph, activation_gradients=True) as recorder:
        recorder.step(weights, activation_gradients=[0.5, 2])
        recorder.step(weights)
        recorder.end_epoch(weights)
    with Run(tmp_path / "run.h5") as run:
        assert run.records_activation_gradients
        np.testing.assert_array_equal(run.activation_gradients(0, 2), [[0.5, 2], [np.nan, np.nan]])


def test_a_record_may_go_on_for_another_number_of_epochs_than_planned(tmp_path: Path) -> None:
    first = Recorder(tmp_path / "run.h5", tree(0), epochs=1)
    first.step(tree(1))
    first.end_epoch(tree(1))
    first.abandon()
    with Recorder(tmp_path / "run.h5", tree(1), epochs=3) as second:
        assert second.epochs_complete == 1
        second.step(tree(2))
        second.end_epoch(tree(2))
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.epochs_planned, run.stopped) == (2, 3, True)


def test_a_record_goes_on_after_the_epoch_of_a_checkpoint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A checkpoint every second epoch: the record is ahead of it."""
    first = Recorder(tmp_path / "run.h5", tree(0))
    for value in (1, 2, 3):
        first.step(tree(value))
        first.end_epoch(tree(value))
    first.abandon()
    with Recorder(tmp_path / "run.h5", tree(2)) as second:
        assert second.epochs_complete == 2
        second.step(tree(4))
        second.end_epoch(tree(4))
    assert "going on after epoch 2; the epochs behind it are in run.abandoned.h5" in caplog.text
    with Run(tmp_path / "run.h5") as run, Run(tmp_path / "run.abandoned.h5") as old:
        kernels = [
            run.read_gradients("dense/kernel", 0, 3)[:, 0, 0],
            old.read_gradients("dense/kernel", 0, 3)[:, 0, 0],
        ]
        assert [list(of) for of in kernels] == [[1, 2, 4], [1, 2, 3]]
        assert (run.epochs, old.epochs) == (3, 3)


def test_names_of_numbers_stand_in_the_file_or_are_refused(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.h5", tree(0))
    recorder.step(tree(1), **{"acc/top1": 0.5})
    for names in ({".": 1.0}, {"": 1.0}, {"a/b": 0.1, "a_b": 0.2}, 0.5):
        with pytest.raises(GradevoError, match="train: expected "):
            recorder.end_epoch(tree(7), train=names)  # type: ignore[arg-type]
    for size in ("x", np.nan, 2.5):
        with pytest.raises(GradevoError, match="batch_size: expected "):
            recorder.step(tree(1), batch_size=size)  # type: ignore[arg-type]
    recorder.end_epoch(tree(1), train={"acc/top5": 0.5})
    recorder.abandon()
    with Recorder(tmp_path / "run.h5", tree(1)) as again:
        again.step(tree(2), **{"acc/top1": 0.6})
        again.end_epoch(tree(2))
    with Run(tmp_path / "run.h5") as run:
        assert run.step("acc_top1").tolist() == [0.5, 0.6]
        assert [float(run.weights("scale", row)) for row in range(3)] == [0, 1, 2]
        assert run.metrics("train")["acc_top5"][0] == 0.5


def test_a_record_without_a_complete_epoch_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        recorder.step(tree(1))
    assert "no epoch is complete; call end_epoch" in caplog.text


def test_what_waiting_raises_leaves_the_complete_epochs(tmp_path: Path) -> None:
    def fail() -> None:
        raise GradevoError("late")

    recorder = Recorder(tmp_path / "run.h5", tree(0))
    recorder.step(tree(1))
    recorder.end_epoch(tree(1))
    recorder.before_end(fail)
    with pytest.raises(GradevoError, match="late"), recorder:
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["run.partial.h5"]


def test_memory_does_not_grow_with_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", 1 << 20)

    def peak(steps: int) -> int:
        gradients = {"w": np.ones(2000, "float32")}
        tracemalloc.start()
        with Recorder(tmp_path / f"{steps}.h5", gradients) as recorder:
            for step in range(steps):
                recorder.step(gradients, loss=step, weights=gradients, learning_rate=0.1)
                if step % 100 == 99:
                    recorder.end_epoch(gradients, train={"loss": 1})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(200)  # what is imported when it is first needed
    (tmp_path / "200.h5").unlink()
    few, many = peak(200), peak(2000)
    print(f"peak of 200 steps {few:,} B, of 2,000 steps {many:,} B")
    assert many < 1.05 * few


# What others read


def test_xarray_opens_the_record_with_named_axes(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    pytest.importorskip("h5netcdf", reason="h5netcdf is not installed")
    with Recorder(tmp_path / "run.h5", {**tree(0), "square": np.ones((3, 3), "float32")}) as recorder:
        for step in range(4):
            recorder.step(
                {**tree(step), "square": np.ones((3, 3))},
                loss=step,
                weights={**tree(step), "square": np.ones((3, 3))},
            )
            if step % 2:
                recorder.end_epoch({**tree(step), "square": np.ones((3, 3))}, train={"loss": step})
    with xarray.open_datatree(tmp_path / "run.h5", engine="h5netcdf", phony_dims="access") as opened:
        kernel = opened["gradients/dense/kernel"]
        assert kernel.dims == ("step", "axis_2", "axis_3")
        np.testing.assert_array_equal(kernel[2], tree(2)["dense"]["kernel"])
        assert opened["gradients/square"].dims == ("step", "axis_3", "axis_3_2")
        assert opened["weights/dense/bias"].dims == ("epochs_trained", "axis_3")
        assert opened["weights/scale"].dims == ("epochs_trained",)
        assert opened["steps/loss"].dims == ("step",)
        assert opened["steps/updates/scale"].dims == ("step",)
        assert opened["metrics/train/loss"].dims == ("epoch",)
        assert opened["step"].values.tolist() == [0, 1, 2, 3]
        assert opened["epochs_trained"].values.tolist() == [0, 1, 2]
        assert float(opened["steps/loss"].sel(step=3)) == 3


def test_json_of_the_experiment_is_sorted(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0), experiment={"b": 1, "a": [2]}):
        pass
    with h5py.File(tmp_path / "run.h5", "r") as file:
        assert file.attrs["experiment"] == json.dumps({"a": [2], "b": 1})


def test_what_is_no_number_is_named(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", tree(0)) as recorder:
        with pytest.raises(GradevoError, match="loss: expected one number, found 'x'"):
            recorder.step(tree(0), loss="x")
        recorder.step(tree(0))
        with pytest.raises(GradevoError, match="accuracy: expected one number, found None"):
            recorder.end_epoch(tree(0), train={"accuracy": None})
        recorder.end_epoch(tree(0))
    with Run(tmp_path / "run.h5") as run:
        assert (run.epochs, run.steps) == (1, 1)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GradevoError, match="expected a folder that can be written"):
        Recorder(tmp_path / "file" / "run.h5", tree(0))


def test_a_record_that_goes_on_stays_one_that_may_not_be_repeated(tmp_path: Path) -> None:
    weights = {"w": np.ones(2, "f4")}
    first = Recorder(tmp_path / "run.h5", weights, deterministic=False)
    first.step({"w": np.ones(2)})
    first.end_epoch(weights)
    first.abandon()
    with Recorder(tmp_path / "run.h5", weights) as recorder:
        assert recorder.epochs_complete == 0
        recorder.step({"w": np.ones(2)})
        recorder.end_epoch(weights)
    assert (tmp_path / "run.abandoned.h5").exists()


def test_activation_gradients_that_were_not_announced_are_refused(tmp_path: Path) -> None:
    weights = {"w": np.zeros(3, "f4")}
    with Recorder(tmp_path / "run.h5", weights) as recorder:
        with pytest.raises(GradevoError, match="made with activation_gradients=True"):
            recorder.step(weights, activation_gradients=[1.0])
        recorder.step(weights)
        recorder.end_epoch(weights)
