"""Records of less than everything: steps of some batches or epochs only, or gradients rounded."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gradevo.runfile.reader import Run
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.selection import Selection
from gradevo.runfile.writer import RunWriter

Array = np.ndarray[Any, Any]

TENSORS = {"kernel": (2, 2), "bias": ()}
SIZES = np.array([4, 4, 4, 4, 1])


def plan(epochs: int = 2, **changes: Any) -> Plan:
    """Five batches an epoch."""
    attributes = {"experiment": "{}", "data": "{}", "seed": 1, "data_label": "a copy", "fingerprint": "f"}
    return Plan(TENSORS, epochs, 5, {"train": ["loss"]}, attributes=attributes, **changes)


def gradients(epoch: int) -> Array:
    """(5, 5): of every batch a row, pseudo-random."""
    return np.random.default_rng(epoch).normal(size=(5, 5)).astype("float32")


def write_epoch(writer: RunWriter, epoch: int, cuts: tuple[int, ...] = (), bad: int | None = None) -> None:
    """All batches of an epoch, in blocks that end before ``cuts``; the loss of the batch ``bad`` is NaN."""
    losses = np.where(np.arange(5) == bad, np.nan, np.arange(5.0))
    for start, stop in zip((0, *cuts), (*cuts, 5), strict=True):
        values = {"steps/loss": losses[start:stop], "steps/batch_size": SIZES[start:stop]}
        writer.write_steps(gradients(epoch)[start:stop], values)
    weights = [np.zeros(shape, "float32") for shape in TENSORS.values()]
    writer.complete_epoch(weights, {"train": {"loss": epoch}}, [])


def write(path: Path, epochs: int = 2, cuts: tuple[int, ...] = (), **changes: Any) -> Path:
    with RunWriter(path, plan(epochs, **changes)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        for epoch in range(1, epochs + 1):
            write_epoch(writer, epoch, cuts)
        return writer.finish()


def contents(path: Path) -> dict[str, Any]:
    """All attributes and datasets of a file, as bytes where they are arrays."""
    with h5py.File(path) as file:
        found: dict[str, Any] = dict(file.attrs)
        file.visititems(
            lambda name, item: (
                found.update({name: item[()].tobytes()})
                if isinstance(item, h5py.Dataset) and name != "tensors"
                else None
            )
        )
    return found


def test_every_second_step_is_kept_anew_in_every_epoch(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5", record_every=2)) as run:
        assert (run.selection, run.timeline.per_epoch, run.steps) == (Selection(2), 3, 6)
        assert run.step("batch").tolist() == [0, 2, 4] * 2
        assert run.step("batch_size").tolist() == [4, 4, 1] * 2
        assert run.step("epoch").tolist() == [1] * 3 + [2] * 3
        assert run.step("loss").tolist() == [0, 2, 4] * 2
        expected = np.concatenate([gradients(1)[::2], gradients(2)[::2]])
        np.testing.assert_array_equal(run.read_gradients("kernel", 0, 6).reshape(6, 4), expected[:, :4])
        np.testing.assert_array_equal(run.read_gradients("bias", 0, 6), expected[:, 4])
        assert run.remarks == "a copy · 1 of 2 steps recorded"


def test_the_sums_are_of_all_batches(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5", record_every=2)) as run:
        for epoch in (1, 2):
            total = np.zeros(5)
            for gradient in gradients(epoch):
                total += gradient
            np.testing.assert_array_equal(run.epoch_sum("kernel", epoch).ravel(), total[:4])
            assert run.epoch_sum("bias", epoch) == total[4]
        with pytest.raises(IndexError, match="epoch 3"):
            run.epoch_sum("bias", 3)


@pytest.mark.parametrize("cuts", [(1,), (1, 2, 3, 4), (3,), (2, 4)])
def test_blocks_may_end_anywhere(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    whole = write(tmp_path / "whole.h5", record_every=3)
    cut = write(tmp_path / "cut.h5", cuts=cuts, record_every=3)
    assert whole.read_bytes() == cut.read_bytes()


def test_more_than_an_epoch_between_records_keeps_each_epochs_first_step(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5", record_every=100)) as run:
        assert run.step("batch").tolist() == [0, 0]


def test_steps_of_some_epochs_are_kept_and_the_first_of_others(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5", 4, (2, 4), record_epochs={4, 2})) as run:
        assert run.attributes["record_epochs"] == "[2, 4]"
        assert (run.selection.epochs, run.steps) == ((2, 4), 12)
        assert run.timeline.lengths.tolist() == [1, 5, 1, 5]
        assert run.step("epoch").tolist() == [1] + [2] * 5 + [3] + [4] * 5
        assert run.step("batch").tolist() == [0, 0, 1, 2, 3, 4] * 2
        assert run.step("batch_size").tolist() == [4, 4, 4, 4, 4, 1] * 2
        every = [gradients(epoch) for epoch in (1, 2, 3, 4)]
        expected = np.concatenate([every[0][:1], every[1], every[2][:1], every[3]])
        np.testing.assert_array_equal(run.read_gradients("kernel", 0, 12).reshape(12, 4), expected[:, :4])
        np.testing.assert_array_equal(run.read_gradients("bias", 0, 12), expected[:, 4])
        for epoch, of in enumerate(every, start=1):
            total = np.cumsum(of, axis=0, dtype=np.float64)[-1]
            np.testing.assert_array_equal(run.epoch_sum("kernel", epoch).ravel(), total[:4])
            assert run.epoch_sum("bias", epoch) == total[4]
        assert run.remarks == "a copy · steps of epochs 2, 4 recorded, of others the first"


def test_of_some_epochs_every_second_step_is_kept(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5", 3, (3,), record_every=2, record_epochs=[2])) as run:
        assert run.timeline.lengths.tolist() == [1, 3, 1]
        assert run.step("batch").tolist() == [0, 0, 2, 4, 0]


def test_a_record_of_some_epochs_takes_no_more_room_than_its_rows(tmp_path: Path) -> None:
    """A chunk of several rows would be written anew with every epoch of one step."""
    rows = np.random.default_rng(1).normal(size=(200, 2, 256)).astype("float32")
    sizes = {}
    for name, less in {"one": {"record_every": 2}, "first": {"record_epochs": [1]}}.items():
        path = tmp_path / f"{name}.h5"
        planned = Plan({"kernel": (256,)}, 200, 2, {}, attributes=plan().attributes, **less)
        with RunWriter(path, planned) as writer:
            writer.write_initial_weights([rows[0, 0]])
            for gradients_of_epoch in rows:
                writer.write_steps(gradients_of_epoch, {})
                writer.complete_epoch([gradients_of_epoch[0]], {})
            writer.finish()
        sizes[name] = path.stat().st_size
    assert sizes["first"] < 1.05 * sizes["one"]


def test_every_step_needs_no_sums(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5")) as run:
        assert (run.selection, run.keep_bits, run.remarks) == (Selection(), None, "a copy")
        with pytest.raises(KeyError):
            run.epoch_sum("bias", 1)


def test_rounded_gradients_are_near_and_say_so(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5", keep_bits=7)) as run:
        assert run.keep_bits == 7
        assert run.remarks == "a copy · gradients rounded to 7 bits"
        recorded = run.read_gradients("kernel", 0, 5).reshape(5, 4)
        exact = gradients(1)[:, :4]
        assert (recorded != exact).any()
        np.testing.assert_allclose(recorded, exact, rtol=2.0**-8)
        assert not (recorded.view(np.uint32) & 0xFFFF).any()


def test_a_stopped_run_goes_on_with_its_sums(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    expected = write(tmp_path / "whole.h5", epochs=3, record_every=2)
    with RunWriter(path, plan(3, record_every=2)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        write_epoch(writer, 1)
        writer.write_steps(gradients(2)[:3], {"steps/loss": np.zeros(3)})
    writer, resumed = resume(path, plan(3, record_every=2))
    assert resumed is not None
    assert resumed.epochs == 1
    with writer:
        write_epoch(writer, 2)
        write_epoch(writer, 3)
        writer.finish()
    with h5py.File(path) as one, h5py.File(expected) as other:
        for name in ("gradients/kernel", "gradients/bias", "epoch_sums/kernel", "epoch_sums/bias"):
            np.testing.assert_array_equal(one[name][:], other[name][:])


@pytest.mark.parametrize("cut", [1, 3])
def test_a_stopped_run_goes_on_with_the_epochs_chosen(tmp_path: Path, cut: int) -> None:
    """Stopped in an epoch that was chosen, or not."""
    path, less = tmp_path / "run.h5", {"record_every": 2, "record_epochs": (2, 4)}
    expected = write(tmp_path / "whole.h5", 4, **less)
    with RunWriter(path, plan(4, **less)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        for epoch in range(1, cut + 1):
            write_epoch(writer, epoch)
        writer.write_steps(gradients(cut + 1)[:3], {"steps/loss": np.zeros(3)})
    writer, resumed = resume(path, plan(4, **less))
    assert resumed is not None
    assert resumed.epochs == cut
    with writer:
        for epoch in range(cut + 1, 5):
            write_epoch(writer, epoch)
        writer.finish()
    assert contents(path) == contents(expected)


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        ({}, {"keep_bits": 7}),
        ({}, {"record_every": 3}),
        ({}, {"record_every": 2, "record_epochs": (1,)}),
        ({"record_epochs": (1,)}, {"record_every": 2}),
        ({"record_epochs": (1,)}, {"record_every": 2, "record_epochs": (1, 2)}),
    ],
)
def test_a_record_of_another_kind_is_not_continued(
    tmp_path: Path, before: dict[str, Any], changes: dict[str, Any]
) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan(record_every=2, **before)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        write_epoch(writer, 1)
    assert partial_path(path).exists()
    writer, resumed = resume(path, plan(**changes))
    writer.close()
    assert resumed is None
    assert path.with_name("run.abandoned.h5").exists()


@pytest.mark.parametrize(("batch", "step"), [(0, 0), (1, 1), (2, 1), (4, 2), (5, 3), (6, 4), (9, 5)])
def test_a_bad_batch_between_two_steps_is_named_by_the_next(tmp_path: Path, batch: int, step: int) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan(record_every=2)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        for epoch in (1, 2):
            write_epoch(writer, epoch, bad=batch - 5 * (epoch - 1))
        writer.finish()
    with Run(path) as run:
        assert (run.first_nonfinite_step, run.first_nonfinite_epoch) == (step, batch // 5 + 1)


@pytest.mark.parametrize(("batch", "step"), [(0, 0), (1, 1), (4, 1), (5, 1), (6, 2), (9, 5), (11, 7)])
def test_a_bad_batch_of_an_epoch_that_was_not_chosen_is_named_by_the_next(
    tmp_path: Path, batch: int, step: int
) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan(3, record_epochs=[2])) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        for epoch in (1, 2, 3):
            write_epoch(writer, epoch, cuts=(1,), bad=batch - 5 * (epoch - 1))
        writer.finish()
    with Run(path) as run:
        assert (run.first_nonfinite_step, run.first_nonfinite_epoch) == (step, batch // 5 + 1)


@pytest.mark.parametrize(("batch", "kept"), [(4, True), (5, False)])
def test_a_mark_is_kept_or_lost_with_its_epoch(tmp_path: Path, batch: int, kept: bool) -> None:
    """Batch 4 ends the epoch that is kept and is not recorded, batch 5 is of the one that is lost."""
    path = tmp_path / "run.h5"
    with RunWriter(path, plan(record_every=3)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        write_epoch(writer, 1, bad=batch)
        writer.write_steps(gradients(2)[:1], {"steps/loss": np.full(1, np.nan if batch == 5 else 1)})
        assert writer.first_nonfinite == (2, 1 + batch // 5)
    writer, resumed = resume(path, plan(record_every=3))
    with writer:
        assert resumed is not None
        assert writer.first_nonfinite == ((2, 1) if kept else None)


def test_infinite_gradients_are_summed_without_a_word(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "run.h5", plan(record_every=2)) as writer:
        values = np.ones((5, 5), "float32")
        values[0], values[1] = np.inf, -np.inf
        writer.write_steps(values, {})


def test_a_run_stopped_between_two_steps_names_what_would_have_been_next(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan(record_every=2)) as writer:
        writer.write_initial_weights([np.zeros(shape, "float32") for shape in TENSORS.values()])
        write_epoch(writer, 1)
        writer.write_steps(gradients(2)[:2], {"steps/loss": np.array([0, np.inf])})
        writer.finish()
    with Run(path) as run:
        assert (run.epochs, run.steps, run.first_nonfinite_step, run.first_nonfinite_epoch) == (1, 4, 4, 2)
        assert run.epoch_sum("bias", 1) == pytest.approx(float(gradients(1)[:, 4].sum()), rel=1e-6)
