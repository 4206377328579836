"""What a killed process left is read as far as it is what was written."""

import errno
import logging
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xxhash

from gradevo import GradevoError, Run
from gradevo.errors import NotWritten
from gradevo.runfile.digest import intact
from gradevo.runfile.hdf5 import Growing
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.selection import Selection
from gradevo.runfile.writer import RunWriter

Array = np.ndarray[Any, Any]

STEPS = (3, 1, 4, 2)
STOPS = np.cumsum(STEPS)


def plan(**changes: Any) -> Plan:
    attributes = {
        "experiment": '{"name": "x"}',
        "data": "{}",
        "seed": 13,
        "data_label": "",
        "fingerprint": "f",
    }
    arguments = {
        "tensors": {"dense/kernel": (2, 3), "scale": ()},
        "record_every": 2,
        "metrics": {"train": ["loss"]},
        "state": [((2,), "uint32"), ((), "float32")],
        "attributes": attributes,
    }
    return Plan(**{**arguments, **changes})


def weights(epoch: int) -> list[Array]:
    return [np.full((2, 3), epoch, "f4"), np.full((), -epoch, "f4")]


def write(writer: RunWriter, first: int = 1, last: int = 4) -> None:
    """Epochs of 3, 1, 4 and 2 recorded steps; some series come later, and a gradient is not finite."""
    if first == 1:
        writer.write_initial_weights(weights(0))
    for epoch in range(first, last + 1):
        count = 2 * STEPS[epoch - 1] - 1
        gradients = np.random.default_rng(epoch).normal(size=(count, 7)).astype("f4")
        if epoch == 3:
            gradients[2, 0] = np.nan
        values = {"steps/loss": np.full(count, 1 / epoch), "steps/batch_size": np.full(count, 8)}
        half = count // 2
        if half:
            writer.write_steps(gradients[:half], {name: of[:half] for name, of in values.items()})
        if epoch >= 2:
            values["steps/rate"] = np.full(count, 0.1 * epoch)
        writer.write_steps(gradients[half:], {name: of[half:] for name, of in values.items()})
        metrics = {"train": {"loss": 1 / epoch}} | ({"validation": {"loss": 2.0}} if epoch >= 3 else {})
        writer.complete_epoch(weights(epoch), metrics, [np.array([epoch, 7], "u4"), np.float32(epoch)])


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A partial file of four epochs, closed."""
    with RunWriter(tmp_path / "run.h5", plan()) as writer:
        write(writer)
    return partial_path(tmp_path / "run.h5")


def naive(file: h5py.File) -> list[int]:
    """The checksums as the format describes them."""
    found = [0, 0, 0, 0]
    for epoch, (start, stop) in enumerate(zip([0, *STOPS], STOPS, strict=False)):
        rows = {}
        for path in ("step", "steps/epoch", "steps/batch", "steps/batch_size", "steps/loss", "steps/rate"):
            rows[path] = file[path][start:stop]
        for name in ("dense/kernel", "scale"):
            rows[f"gradients/{name}"] = file[f"gradients/{name}"][start:stop]
            rows[f"weights/{name}"] = file[f"weights/{name}"][epoch + (epoch > 0) : epoch + 2]
            rows[f"epoch_sums/{name}"] = file[f"epoch_sums/{name}"][epoch : epoch + 1]
        for path in ("epoch", "epoch_stop", "metrics/train/loss", "metrics/validation/loss"):
            rows[path] = file[path][epoch : epoch + 1]
        rows["epochs_trained"] = file["epochs_trained"][epoch + (epoch > 0) : epoch + 2]
        # The third epoch's third batch is its second recorded step.
        rows["first_nonfinite"] = np.array([[5, 3]] if epoch >= 2 else [[-1, -1]])
        for path, values in rows.items():
            found[epoch] ^= xxhash.xxh3_64_intdigest(path.encode() + values.tobytes())
    return found


def test_the_checksums_are_those_of_the_format(left: Path) -> None:
    with h5py.File(left) as file:
        assert list(file["epoch_digest"][:]) == naive(file)
        assert len(set(naive(file))) == 4
        assert intact(file) == (4, 4)


OF_STEPS = ("step", "steps/rate", "steps/loss", "gradients/dense/kernel")
OF_WEIGHTS = ("weights/scale", "epochs_trained")
OF_EPOCHS = ("epoch", "epoch_stop", "epoch_digest", "epoch_sums/scale")
METRICS = ("metrics/train/loss", "metrics/validation/loss")


@pytest.mark.parametrize("path", [*OF_STEPS, *OF_WEIGHTS, *OF_EPOCHS, *METRICS])
@pytest.mark.parametrize("epoch", [1, 3, 4])
def test_a_changed_number_ends_what_can_be_trusted(left: Path, path: str, epoch: int) -> None:
    """Of the last row of the epoch, one bit."""
    with h5py.File(left, "r+") as file:
        dataset = file[path]
        row = STOPS[epoch - 1] - 1 if path in OF_STEPS else epoch if path in OF_WEIGHTS else epoch - 1
        content = bytearray(np.ascontiguousarray(dataset[row]).tobytes())
        content[0] ^= 1
        dataset[row] = np.frombuffer(content, dataset.dtype).reshape(dataset.shape[1:])
        assert intact(file) == (epoch - 1, 4)
    with pytest.raises(GradevoError, match=f"4 complete epochs, found epoch {epoch} changed"):
        Run(left)


@pytest.mark.parametrize("told", [0, 2, 5, -1, 2**40])
def test_another_number_of_epochs_is_damage(left: Path, told: int) -> None:
    with h5py.File(left, "r+") as file:
        file["epochs_complete"][()] = told
    with pytest.raises(GradevoError, match="its number of epochs has changed"):
        Run(left)


def test_an_epoch_that_is_whole_but_was_not_counted_yet_counts(left: Path) -> None:
    with h5py.File(left, "r+") as file:
        file["epochs_complete"][()] = 3
    with Run(left) as run:
        assert (run.epochs, run.steps) == (4, 10)


def test_an_epoch_that_was_being_written_does_not_count(left: Path) -> None:
    with h5py.File(left, "r+") as file:
        file["epochs_complete"][()] = 3
        file["weights/scale"][4] = 17
    with Run(left) as run:
        assert (run.epochs, run.steps) == (3, 8)


@pytest.mark.parametrize("name", ["experiment", "graph", "seed", "data_label", "version"])
def test_a_changed_text_is_found(left: Path, name: str) -> None:
    with h5py.File(left, "r+") as file:
        value = file.attrs[name]
        file.attrs[name] = value.replace("{", "[", 1) + "x" if isinstance(value, str) else value ^ 1
    with pytest.raises(GradevoError, match=r"a text or number in its attributes has changed|expected format"):
        Run(left)


def test_the_tensors_names_are_texts_too(left: Path) -> None:
    with h5py.File(left, "r+") as file:
        file["tensors"][0] = "dense/kernal"
    with pytest.raises(GradevoError, match="a text or number in its attributes has changed"):
        Run(left)


def resumed(left: Path) -> int | None:
    """After which epoch a run goes on; what it is afterwards is what an undisturbed one is."""
    path = left.with_name("run.h5")
    writer, found = resume(path, plan())
    with writer:
        if found is not None:
            assert [float(of.ravel()[0]) for of in found.weights] == [found.epochs, -found.epochs]
            np.testing.assert_array_equal(found.state[0], [found.epochs, 7])
        write(writer, found.epochs + 1 if found else 1)
        writer.finish()
    with RunWriter(left.with_name("other.h5"), plan()) as other:
        write(other)
        other.finish()
    with h5py.File(path) as one, h5py.File(left.with_name("other.h5")) as two:
        assert list(one["epoch_digest"]) == list(two["epoch_digest"]) == naive(one)
        np.testing.assert_array_equal(one["gradients/dense/kernel"], two["gradients/dense/kernel"])
    return found and found.epochs


def test_training_goes_on_after_the_last_epoch_that_is_intact(
    left: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a power cut, which leaves zeros where the last epoch was to be."""
    with h5py.File(left, "r+") as file:
        file["gradients/dense/kernel"][8:] = 0
    assert resumed(left) == 3
    assert "epoch 4 has changed since it was written" in caplog.text
    with h5py.File(left.with_name("run.abandoned.h5")) as kept:
        assert kept["epochs_complete"][()] == 4


def test_a_checkpoint_that_has_changed_is_not_gone_on_from(left: Path) -> None:
    with h5py.File(left, "r+") as file:
        file["checkpoint/0/1"][()] = 3.5
    assert resumed(left) == 3


@pytest.mark.parametrize("slots", [(0, 1), ()])
def test_without_a_checkpoint_training_begins_anew_and_all_is_kept(
    left: Path, caplog: pytest.LogCaptureFixture, slots: tuple[int, ...]
) -> None:
    """Both are damaged, or belong to epochs behind the one that has changed."""
    caplog.set_level(logging.WARNING)
    with h5py.File(left, "r+") as file:
        for slot in slots:
            file[f"checkpoint/{slot}/0"][1] = 8
        if not slots:
            file["steps/loss"][3] = 17
    assert resumed(left) is None
    assert "they have changed since they were written" in caplog.text
    assert left.with_name("run.abandoned.h5").exists()


@pytest.mark.parametrize("told", [0, 2])
def test_a_file_whose_number_of_epochs_has_changed_is_kept(
    left: Path, caplog: pytest.LogCaptureFixture, told: int
) -> None:
    with h5py.File(left, "r+") as file:
        file["epochs_complete"][()] = told
    assert resumed(left) is None
    assert "some complete epochs" in caplog.text
    assert left.with_name("run.abandoned.h5").exists()


def test_a_file_that_cannot_be_opened_is_kept(left: Path, caplog: pytest.LogCaptureFixture) -> None:
    left.write_bytes(b"\0" * 48 + left.read_bytes()[48:])
    assert resumed(left) is None
    assert "cannot be opened" in caplog.text
    assert left.with_name("run.abandoned.h5").exists()


def test_a_file_that_was_put_aside_is_read_with_the_same_care(left: Path) -> None:
    with h5py.File(left, "r+") as file:
        file["steps/loss"][8] = 17
    assert resumed(left) == 3
    with pytest.raises(GradevoError, match="found epoch 4 changed"):
        Run(left.with_name("run.abandoned.h5"))


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_numbers_that_come_later_are_of_one_type_in_every_process(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "run.h5"
    small = plan(tensors={"w": (3,)}, record_every=1, state=[])
    for epoch in range(1, 5):
        writer, found = resume(path, small)
        assert (found.epochs if found else 0) == epoch - 1
        with writer:
            if found is None:
                writer.write_initial_weights([np.zeros(3, "f4")])
            writer.write_steps(np.ones((2, 3), "f4"), {"steps/rate": np.array([0.1, epoch]).astype(dtype)})
            writer.complete_epoch([np.full(3, epoch, "f4")], {"train": {"loss": 1.0}})
    with Run(partial_path(path)) as run:
        assert run.step("rate").tolist()[1::2] == np.array([1, 2, 3, 4]).astype(dtype).tolist()


def test_a_writer_that_was_left_says_so(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run.h5", plan())
    writer.write_initial_weights(weights(0))
    writer.leave()
    writer.close()
    for call in (writer.finish, lambda: writer.complete_epoch(weights(1), {})):
        with pytest.raises(NotWritten, match="found one of which a write has failed"):
            call()
    assert not (tmp_path / "run.h5").exists()


def test_an_interrupt_within_a_write_ends_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunWriter(tmp_path / "run.h5", plan()) as writer:
        write(writer, last=2)
        append, calls = Growing.append, []

        def interrupted(self: Growing, rows: Array) -> Array:
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return append(self, rows)

        monkeypatch.setattr(Growing, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.write_steps(np.ones((2, 7), "f4"), {"steps/loss": np.ones(2)})
        monkeypatch.undo()
        with pytest.raises(NotWritten):
            writer.complete_epoch(weights(3), {"train": {"loss": 1.0}})
    with Run(partial_path(tmp_path / "run.h5")) as run:
        assert run.epochs == 2
    assert resumed(partial_path(tmp_path / "run.h5")) == 2


def test_a_copy_that_cannot_be_renamed_loses_nothing(left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr("gradevo.runfile.writer.os.replace", denied)
    with pytest.raises(NotWritten, match="Permission denied"):
        resume(left.with_name("run.h5"), plan())
    monkeypatch.undo()
    assert resumed(left) == 4


def test_without_links_the_file_with_later_epochs_is_copied(
    left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that there is a partial file at any moment."""

    def unknown(*_: object) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr("os.link", unknown)
    with h5py.File(left, "r+") as file:
        file["steps/loss"][8] = 17
    seen = []
    copyfile = shutil.copyfile
    monkeypatch.setattr("shutil.copyfile", lambda *paths: seen.append(left.exists()) or copyfile(*paths))
    assert resumed(left) == 3
    assert seen[0]
    assert left.with_name("run.abandoned.h5").exists()


def test_what_the_epochs_counted_need_is_opened_after_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An epoch that ends while a reader opens the file."""
    with RunWriter(tmp_path / "run.h5", plan()) as writer:
        write(writer, last=3)
        read = Selection.read

        def meanwhile(attributes: Any) -> Selection:
            write(writer, 4, 4)
            return read(attributes)

        monkeypatch.setattr(Selection, "read", meanwhile)
        with Run(partial_path(tmp_path / "run.h5")) as run:
            assert run.epochs == 3
            assert len(run.read_gradients("scale", 0, run.steps)) == run.steps == 8
            assert run.weights("scale", 3) == -3
