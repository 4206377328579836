"""Recording less than everything changes the record, never the training."""

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from gradevo import GradevoError, Run, Statistics, analyse
from gradevo.health.record import Health
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.picture import Material
from gradevo.recording.keras.record import record
from gradevo.runfile.rounding import round_mantissa
from gradevo.statistics.catalogue import of_level


def twin(case: Any) -> keras.Model:
    """The same model once more, as it was before training."""
    model = keras.models.clone_model(case[0])
    model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy", metrics=["categorical_accuracy"])
    model.set_weights(case[0].get_weights())
    return model


def test_rounded_and_thinned_records_are_of_the_same_training(dense_case: Any, tmp_path: Path) -> None:
    _, x, y = dense_case
    models = [twin(dense_case) for _ in range(3)]
    record(models[0], x, y, tmp_path / "all.h5", epochs=3, batch_size=4)
    record(models[1], x, y, tmp_path / "rounded.h5", epochs=3, batch_size=4, keep_bits=7)
    record(models[2], x, y, tmp_path / "thinned.h5", epochs=3, batch_size=4, record_every=2)
    with (
        Run(tmp_path / "all.h5") as everything,
        Run(tmp_path / "rounded.h5") as rounded,
        Run(tmp_path / "thinned.h5") as thinned,
    ):
        kept = [0, 2, 3, 5, 6, 8]  # batches 0 and 2 of three
        assert thinned.steps == len(kept)
        for tensor in everything.tensors:
            exact = everything.read_gradients(tensor, 0, 9)
            np.testing.assert_array_equal(rounded.read_gradients(tensor, 0, 9), round_mantissa(exact, 7))
            np.testing.assert_array_equal(thinned.read_gradients(tensor, 0, 6), exact[kept])
            summed = exact[3].astype(np.float64) + exact[4] + exact[5]
            np.testing.assert_array_equal(thinned.epoch_sum(tensor, 2), summed)
            for run in (rounded, thinned):
                np.testing.assert_array_equal(run.weights(tensor, 3), everything.weights(tensor, 3))
        assert thinned.step("batch").tolist() == [0, 2] * 3
        for run in (rounded, thinned):
            assert run.metrics("train")["loss"].tolist() == everything.metrics("train")["loss"].tolist()


@pytest.mark.parametrize("by_fit", [False, True])
def test_a_record_of_some_epochs_is_of_the_same_training(
    dense_case: Any, tmp_path: Path, by_fit: bool
) -> None:
    _, x, y = dense_case
    less = {"all": {}, "some": {"record_epochs": {4, 2}}}
    for name, settings in less.items():
        told = {"callbacks": [keras.callbacks.Callback()]} if by_fit else {}
        path = tmp_path / name / "run.h5"
        record(twin(dense_case), x, y, path, epochs=5, batch_size=4, **settings, **told)
        analyse(path, path.with_name("statistics.h5"))
    with Run(tmp_path / "all/run.h5") as everything, Run(tmp_path / "some/run.h5") as some:
        kept = [0, 3, 4, 5, 6, 9, 10, 11, 12]  # three batches in each of five epochs
        assert some.steps == len(kept)
        assert some.timeline.lengths.tolist() == [1, 3, 1, 3, 1]
        for name in ("epoch", "batch", "batch_size", "loss"):
            np.testing.assert_array_equal(some.step(name), everything.step(name)[kept])
        for tensor in everything.tensors:
            exact = everything.read_gradients(tensor, 0, 15)
            np.testing.assert_array_equal(some.read_gradients(tensor, 0, 9), exact[kept])
            for epoch in range(6):
                np.testing.assert_array_equal(some.weights(tensor, epoch), everything.weights(tensor, epoch))
    statistics = [tmp_path / name / "statistics.h5" for name in less]
    with Statistics(statistics[0]) as exact_of, Statistics(statistics[1]) as some_of:
        for column in exact_of.columns:
            for name in of_level("epoch"):
                np.testing.assert_array_equal(some_of.epoch(name, column), exact_of.epoch(name, column))
        for tensor in exact_of.tensors:
            for epoch in range(1, 6):
                np.testing.assert_array_equal(
                    some_of.gradient(tensor, epoch), exact_of.gradient(tensor, epoch)
                )
        norms = exact_of.step("l2_norm_individual")[kept]
        np.testing.assert_array_equal(some_of.step("l2_norm_individual"), norms)
        words = "steps of epochs 2, 4 recorded, of others the first"
        assert some_of.data_label == words
        assert ("oscillating", f"not checked: {words}") in Health.of(some_of).looked_for
    for picture in pictures_of("figures"):
        picture.draw(Material(statistics[1:], tmp_path))
        assert all(path.stat().st_size for path in picture.paths(tmp_path))


def test_a_killed_record_of_some_epochs_goes_on(dense_case: Any, tmp_path: Path) -> None:
    def interrupt(after: Any) -> None:
        if after.epoch == 3:
            raise KeyboardInterrupt

    _, x, y = dense_case
    told = {"epochs": 5, "batch_size": 4, "record_epochs": [2, 4]}
    record(twin(dense_case), x, y, tmp_path / "whole.h5", **told)
    with pytest.raises(KeyboardInterrupt):
        record(twin(dense_case), x, y, tmp_path / "run.h5", on_epoch=interrupt, **told)
    seen: list[int] = []
    record(twin(dense_case), x, y, tmp_path / "run.h5", on_epoch=lambda of: seen.append(of.epoch), **told)
    assert seen in ([3, 4, 5], [4, 5])
    with Run(tmp_path / "whole.h5") as whole, Run(tmp_path / "run.h5") as run:
        assert run.timeline.lengths.tolist() == [1, 3, 1, 3, 1]
        for tensor in whole.tensors:
            np.testing.assert_array_equal(
                run.read_gradients(tensor, 0, 9), whole.read_gradients(tensor, 0, 9)
            )
            for epoch in range(1, 6):
                np.testing.assert_array_equal(run.epoch_sum(tensor, epoch), whole.epoch_sum(tensor, epoch))
                np.testing.assert_array_equal(run.weights(tensor, epoch), whole.weights(tensor, epoch))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep_bits": 0}, "keep_bits: expected None or 1 to 22 of float32's 23 bits of mantissa, found 0"),
        ({"keep_bits": 23}, "keep_bits: expected None or 1 to 22"),
        ({"record_every": 0}, "record_every: expected an integer of at least 1, found 0"),
        ({"record_epochs": "all"}, "record_epochs: expected a list, set or range .* found 'all'"),
    ],
)
def test_settings_out_of_range(
    dense_case: Any, tmp_path: Path, arguments: dict[str, int], message: str
) -> None:
    with pytest.raises(GradevoError, match=message):
        record(*dense_case, tmp_path / "run.h5", epochs=1, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_too_small_a_disk_is_refused_before_anything_is_trained_or_written(
    dense_case: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("gradevo.runfile.disk.shutil.disk_usage", lambda folder: usage)
    model, x, y = dense_case
    before = model.get_weights()
    with pytest.raises(
        GradevoError, match=r"run\.h5: expected room for a record of .* found 1.00 kB of free"
    ):
        record(model, x, y, tmp_path / "run.h5", epochs=50)
    assert list(tmp_path.iterdir()) == []
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
