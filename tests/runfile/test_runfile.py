"""What the writer writes is what the reader reads, and what HDF5 tools see."""

import errno
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradevo import GradevoError
from gradevo.errors import DiskFull
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.runfile.hdf5 import Growing
from gradevo.runfile.lock import exclusive
from gradevo.runfile.reader import Run
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import (
    CHUNK_BYTES,
    SMALL_CHUNK_BYTES,
    Plan,
    partial_path,
    rows_per_chunk,
    tensor_paths,
)
from gradevo.runfile.writer import RunWriter

Array = np.ndarray[Any, Any]

TENSORS = {"dense/kernel": (2, 3), "dense/bias": (3,), "scale": ()}
SIZES = np.array([4, 4, 1])
ATTRIBUTES = {"experiment": json.dumps({"name": "x"}), "seed": 13, "data_label": "a copy", "fingerprint": "f"}


def plan(epochs: int | None = 3, **changes: Any) -> Plan:
    """Three tensors, three steps an epoch, the last batch partial, one state variable."""
    arguments: dict[str, Any] = {
        "tensors": TENSORS,
        "epochs": epochs,
        "batches": 3,
        "metrics": {"train": ["loss", "accuracy"], "validation": ["loss", "accuracy"]},
        "state": [((2,), "uint32")],
        "attributes": ATTRIBUTES,
    }
    return Plan(**{**arguments, **changes})


def weights(epoch: int) -> list[Array]:
    return [np.full(shape, epoch, "float32") for shape in TENSORS.values()]


def gradients(epoch: int, steps: int = 3) -> Array:
    """Step s of epoch e holds 100 e + 10 s + the element's index / 10."""
    step = 100 * epoch + 10 * np.arange(steps)
    return (step[:, None] + np.arange(10) / 10).astype("float32")


def write_epoch(writer: RunWriter, epoch: int) -> None:
    writer.write_steps(gradients(epoch), {"steps/loss": np.arange(3) + epoch, "steps/batch_size": SIZES})
    metrics = {split: {"loss": epoch / 2, "accuracy": epoch / 4} for split in ("train", "validation")}
    writer.complete_epoch(weights(epoch), metrics, [np.array([epoch, 7], "uint32")])


def write(path: Path, epochs: int = 3) -> Path:
    with RunWriter(path, plan(epochs)) as writer:
        writer.write_initial_weights(weights(0))
        for epoch in range(1, epochs + 1):
            write_epoch(writer, epoch)
        return writer.finish()


def killed(path: Path, epochs: int, **changes: Any) -> Path:
    """A partial file as a killed process leaves it: so many epochs, one step more, never closed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking a process with threads
        process = os.fork()
    if process == 0:
        writer = RunWriter(path, plan(**changes))
        writer.write_initial_weights(weights(0))
        for epoch in range(1, epochs + 1):
            write_epoch(writer, epoch)
        writer.write_steps(gradients(epochs + 1, steps=1), {"steps/loss": np.zeros(1)})
        os._exit(0)
    os.waitpid(process, 0)
    return partial_path(path)


def test_everything_written_is_read(tmp_path: Path) -> None:
    with Run(write(tmp_path / "run.h5")) as run:
        assert run.tensors == tuple(TENSORS)
        assert (run.epochs, run.steps, run.timeline.per_epoch, run.epochs_planned) == (3, 9, 3, 3)
        assert (run.experiment.settings, run.seed, run.data_label) == ({"name": "x"}, 13, "a copy")
        assert run.first_nonfinite_step is None
        assert run.step("epoch").tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
        assert run.step("batch_size").tolist() == [4, 4, 1] * 3
        assert run.step("loss").tolist() == [1, 2, 3, 2, 3, 4, 3, 4, 5]
        assert run.metrics("train")["loss"].tolist() == [0.5, 1, 1.5]
        assert run.metrics("validation")["accuracy"].tolist() == [0.25, 0.5, 0.75]
        assert run.shape("dense/kernel") == (2, 3)
        assert run.shape("scale") == ()
        for epoch in range(4):
            np.testing.assert_array_equal(run.weights("dense/bias", epoch), [epoch] * 3)
            np.testing.assert_array_equal(run.read_weights("dense/bias", epoch, epoch + 1), [[epoch] * 3])
        expected = np.concatenate([gradients(epoch) for epoch in (1, 2, 3)])
        np.testing.assert_array_equal(
            run.read_gradients("dense/kernel", 0, 9), expected[:, :6].reshape(9, 2, 3)
        )
        np.testing.assert_array_equal(run.read_gradients("dense/bias", 2, 5), expected[2:5, 6:9])
        np.testing.assert_array_equal(run.read_gradients("scale", 8, 99), expected[8:, 9])


def test_a_small_cache_reads_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "run.h5")
    with Run(path) as run, Run(path, cache_bytes=0) as other:
        for tensor in run.tensors:
            expected = run.read_gradients(tensor, 1, 8)
            np.testing.assert_array_equal(other.read_gradients(tensor, 1, 8), expected)
            np.testing.assert_array_equal(other.weights(tensor, 2), run.weights(tensor, 2))


def test_the_file_reads_without_gradevo(tmp_path: Path) -> None:
    with h5py.File(write(tmp_path / "run.h5"), "r") as file:
        assert dict(file.attrs)["format"] == "gradevo-run"
        assert file["gradients/dense/kernel"].shape == (9, 2, 3)
        assert file["gradients/dense/kernel"].dtype == np.float32
        assert file["weights/dense/kernel"].shape == (4, 2, 3)
        assert file["epochs_complete"][()] == 3


def test_the_same_calls_give_the_same_bytes_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = write(tmp_path / "one.h5").read_bytes()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.sleep(1.01 - time.time() % 1)  # time stamps in HDF5 count seconds
    assert write(tmp_path / "two.h5").read_bytes() == one


def test_a_growing_file_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan()) as writer:
        writer.write_initial_weights(weights(0))
        write_epoch(writer, 1)
        writer.write_steps(gradients(2, steps=2), {"steps/loss": np.zeros(2)})
        with Run(partial_path(path)) as run:
            assert (run.epochs, run.steps) == (1, 3)
            assert run.read_gradients("scale", 0, 9).tolist() == gradients(1)[:, 9].tolist()
            with pytest.raises(IndexError, match="rows 0 to 1"):
                run.weights("scale", 2)
    assert partial_path(path).exists()
    assert not path.exists()


def write_unequal(path: Path, epochs: int = 4, known: int = 4, kill: bool = False) -> Path:
    """Epochs of 3, 1, 2, … steps; validation from the second epoch on, a number of steps from the third."""
    lengths = [3, 1, 2, 5][:epochs]
    open_ended = plan(epochs=None, batches=None, metrics={}, state=[])
    with RunWriter(path, open_ended) as writer:
        writer.write_initial_weights(weights(0))
        for epoch, length in enumerate(lengths, start=1):
            values = {"steps/loss": np.full(length, epoch / 2)}
            if epoch >= 3:
                values["steps/learning_rate"] = np.arange(length) / 8
            writer.write_steps(gradients(epoch, length), values)
            metrics = {"train": {"loss": float(epoch)}}
            if epoch % 2 == 0:
                metrics["validation"] = {"loss": epoch / 4}
            writer.complete_epoch(weights(epoch), metrics)
        return writer.finish() if not kill else partial_path(path)


def test_epochs_of_other_lengths_and_what_comes_later(tmp_path: Path) -> None:
    with Run(write_unequal(tmp_path / "run.h5")) as run:
        assert (run.epochs, run.steps, run.epochs_planned, run.stopped) == (4, 11, None, False)
        assert run.timeline.lengths.tolist() == [3, 1, 2, 5]
        assert run.step("epoch").tolist() == [1, 1, 1, 2, 3, 3, 4, 4, 4, 4, 4]
        assert run.step("batch").tolist() == [0, 1, 2, 0, 0, 1, 0, 1, 2, 3, 4]
        assert run.step("batch_size").tolist() == [-1] * 11
        expected = [gradients(epoch, length)[:, 9] for epoch, length in enumerate([3, 1, 2, 5], start=1)]
        assert run.read_gradients("scale", 0, 11).tolist() == np.concatenate(expected).tolist()
        np.testing.assert_array_equal(run.metrics("validation")["loss"], [np.nan, 0.5, np.nan, 1])
        rates = [np.nan] * 4 + [0, 1 / 8, 0, 1 / 8, 2 / 8, 3 / 8, 4 / 8]
        np.testing.assert_array_equal(run.step("learning_rate"), rates)


def test_a_run_of_unknown_length_is_the_same_bytes_again(tmp_path: Path) -> None:
    one = write_unequal(tmp_path / "one.h5").read_bytes()
    assert write_unequal(tmp_path / "two.h5").read_bytes() == one


def test_what_came_later_survives_resuming(tmp_path: Path) -> None:
    write_unequal(tmp_path / "run.h5", epochs=3, kill=True)
    writer, resumed = resume(tmp_path / "run.h5", plan(epochs=None, batches=None, metrics={}, state=[]))
    assert resumed is not None
    with writer:
        assert (resumed.epochs, resumed.loss) == (3, 3.0)
        values = {"steps/loss": np.full(5, 2.0), "steps/learning_rate": np.arange(5) / 8}
        writer.write_steps(gradients(4, 5), values)
        writer.complete_epoch(weights(4), {"train": {"loss": 4.0}, "validation": {"loss": 1.0}})
        writer.finish()
    with Run(tmp_path / "run.h5") as run, Run(write_unequal(tmp_path / "whole.h5")) as whole:
        for name in ("epoch", "batch", "loss", "learning_rate"):
            np.testing.assert_array_equal(run.step(name), whole.step(name))
        for split in ("train", "validation"):
            np.testing.assert_array_equal(run.metrics(split)["loss"], whole.metrics(split)["loss"])


def test_a_run_goes_on_with_the_weights_that_it_ended_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "run.h5"
    for kept in ("run.abandoned.h5", "run.abandoned-2.h5"):
        killed(path, epochs=2)
        writer, resumed = resume(path, plan(), weights(7))
        writer.close()
        assert resumed is None
        assert "of other weights than the model's" in caplog.text
        with Run(tmp_path / kept) as run:
            assert run.epochs == 2
    killed(path, epochs=2)
    writer, resumed = resume(path, plan(), weights(2))
    writer.close()
    assert resumed is not None


@given(names=st.lists(st.lists(st.sampled_from(["a", "b", "a_2", ".", ".."]), min_size=1, max_size=3)))
def test_any_names_stand_side_by_side(
    tmp_path_factory: pytest.TempPathFactory, names: list[list[str]]
) -> None:
    paths = tensor_paths("/".join(parts) for parts in names)
    assert len(set(paths)) == len(names)
    with h5py.File(tmp_path_factory.mktemp("names") / "x.h5", "w") as file:
        for path in paths:
            file[path] = 1  # which HDF5 refuses for what is a folder, too
    assert paths == tensor_paths("/".join(parts) for parts in names)


def test_a_killed_file_keeps_its_complete_epochs(tmp_path: Path) -> None:
    with Run(killed(tmp_path / "run.h5", epochs=2)) as run:
        assert (run.epochs, run.steps) == (2, 6)
        assert run.step("loss").tolist() == [1, 2, 3, 2, 3, 4]
        np.testing.assert_array_equal(
            run.read_gradients("dense/bias", 0, 99),
            np.concatenate([gradients(1), gradients(2)])[:, 6:9],
        )


def test_resuming_goes_on_after_the_last_complete_epoch(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    killed(path, epochs=2)
    writer, resumed = resume(path, plan())
    with writer:
        assert resumed is not None
        assert resumed.epochs == writer.epochs_complete == 2
        np.testing.assert_array_equal(resumed.weights[0], np.full((2, 3), 2))
        assert resumed.state[0].tolist() == [2, 7]
        write_epoch(writer, 3)
        writer.finish()
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5"]
    write(tmp_path / "whole.h5")
    with Run(path) as run, Run(tmp_path / "whole.h5") as whole:
        for tensor in TENSORS:
            np.testing.assert_array_equal(
                run.read_gradients(tensor, 0, 9), whole.read_gradients(tensor, 0, 9)
            )
        assert run.step("loss").tolist() == whole.step("loss").tolist()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("nth", [1, 4])
def test_a_failure_while_copying_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, nth: int
) -> None:
    path = tmp_path / "run.h5"
    partial = killed(path, epochs=2)
    append, calls = Growing.append, []

    def fail(self: Growing, rows: Array) -> Array:
        calls.append(1)
        if len(calls) >= nth:
            raise OSError(f"file write failed: errno = {number}")
        return append(self, rows)

    monkeypatch.setattr(Growing, "append", fail)
    with pytest.raises(GradevoError, match=r"found (none left on the disk|that the system cannot)") as raised:
        resume(path, plan())
    assert isinstance(raised.value, DiskFull) == (number == errno.ENOSPC)
    assert list(tmp_path.iterdir()) == [partial]
    monkeypatch.undo()
    with Run(partial) as run:
        assert run.epochs == 2
    writer, resumed = resume(path, plan())
    writer.close()
    assert resumed is not None
    assert resumed.epochs == 2


@pytest.mark.parametrize("error", [FileNotFoundError(2, "no"), RuntimeError("mine"), KeyboardInterrupt()])
def test_an_error_of_the_callers_own_closes_the_file(tmp_path: Path, error: BaseException) -> None:
    """An ``on_epoch`` that fails, say: nothing stays open in its process."""
    writer = RunWriter(tmp_path / "run.h5", plan())

    def fail() -> None:
        with writer:
            raise error

    with pytest.raises(type(error)):
        fail()
    assert not writer._file


@pytest.mark.parametrize("percent", [20, 50, 95])
def test_a_partial_file_that_was_cut_short_is_kept_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, percent: int
) -> None:
    """By an interrupted copy, say: training starts anew, and what there was is not overwritten."""
    path = tmp_path / "run.h5"
    partial = killed(path, epochs=2)
    size = partial.stat().st_size * percent // 100
    os.truncate(partial, size)
    writer, resumed = resume(path, plan())
    writer.close()
    assert resumed is None
    assert (tmp_path / "run.abandoned.h5").stat().st_size == size
    assert "starting anew" in caplog.text


@pytest.mark.parametrize(
    "other",
    [{"epochs": 4}, {"attributes": {**ATTRIBUTES, "fingerprint": "another"}}, {"batches": 4}],
)
def test_another_run_starts_anew(tmp_path: Path, other: dict[str, Any]) -> None:
    path = tmp_path / "run.h5"
    killed(path, epochs=2)
    writer, resumed = resume(path, plan(**other))
    with writer:
        assert resumed is None
        assert writer.epochs_complete == 0
    with Run(tmp_path / "run.abandoned.h5") as run:
        assert run.epochs == 2


@pytest.mark.parametrize("content", [b"", b"no HDF5 at all", b"\x89HDF\r\n\x1a\n and then nothing"])
def test_an_unreadable_partial_file_starts_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.h5"
    partial_path(path).write_bytes(content)
    writer, resumed = resume(path, plan())
    with writer:
        assert resumed is None
    with pytest.raises(GradevoError, match="missing"):
        Run(tmp_path / "missing.h5")
    path.write_bytes(content)
    with pytest.raises(GradevoError, match="expected a run file"):
        Run(path)


def test_a_stopped_run_is_cut_to_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan()) as writer:
        writer.write_initial_weights(weights(0))
        write_epoch(writer, 1)
        writer.write_steps(gradients(2, steps=2), {"steps/loss": np.array([1, np.nan])})
        writer.finish()
    with Run(path) as run:
        assert (run.epochs, run.steps, run.first_nonfinite_step) == (1, 5, 4)
        assert run.read_gradients("scale", 0, 99).shape == (5,)
        assert len(run.step("epoch")) == 5
        assert len(run.metrics("train")["loss"]) == 1
    with h5py.File(path) as file:
        assert file["gradients/dense/kernel"].shape == (5, 2, 3)
        assert file["weights/dense/kernel"].shape == (2, 2, 3)


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_run_stopped_in_its_very_last_step_keeps_that_step(tmp_path: Path, epochs: int) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan(epochs)) as writer:
        writer.write_initial_weights(weights(0))
        for epoch in range(1, epochs):
            write_epoch(writer, epoch)
        last = 3 * epochs - 1
        writer.write_steps(gradients(epochs), {"steps/loss": np.array([1, 1, np.nan])})
        writer.finish()
    with Run(path) as run:
        assert (run.epochs, run.steps, run.first_nonfinite_step) == (epochs - 1, 3 * epochs, last)


def test_a_non_finite_step_survives_resuming(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunWriter(path, plan()) as writer:
        writer.write_initial_weights(weights(0))
        values = {"steps/loss": np.array([1, np.inf, np.nan])}
        writer.write_steps(gradients(1), values)
        metrics = {split: {"loss": 1.0, "accuracy": 1.0} for split in ("train", "validation")}
        writer.complete_epoch(weights(1), metrics, [np.zeros(2, "uint32")])
        writer.write_steps(gradients(2, steps=2), {"steps/loss": np.array([np.nan, 1])})
    writer, _ = resume(path, plan())
    with writer:
        assert writer.first_nonfinite == (1, 1)


def test_a_copy_left_by_a_killed_process_is_removed(tmp_path: Path) -> None:
    (tmp_path / "run.partial.h5").touch()
    (tmp_path / "run.partial-copy.h5").touch()
    resume(tmp_path / "run.h5", plan())[0].close()
    assert [file.name for file in tmp_path.iterdir()] == ["run.partial.h5"]


def test_one_recording_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with exclusive(path):
        with pytest.raises(GradevoError, match="found another one that is still open"), exclusive(path):
            pass
        assert [file.name for file in tmp_path.iterdir()] == ["run.lock"]
    with exclusive(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = 1
    with pytest.raises(GradevoError, match="expected format 'gradevo-run' version 4, found None"):
        Run(other)


def test_chunks_divide_the_epoch_where_they_can() -> None:
    assert rows_per_chunk(9, 128) == 9  # a whole epoch is small
    assert rows_per_chunk(102, 49_152) == 17  # the largest divisor of 102 within 1 MiB
    assert rows_per_chunk(211, 73_728) == 1  # 211 is prime and 211 rows are 15 MiB; one row is decent
    assert rows_per_chunk(44, 8 << 20) == 1  # a row is more than a chunk
    assert rows_per_chunk(50_021, 100) == CHUNK_BYTES // 100  # prime, and single rows would be tiny


def test_chunks_are_small_where_the_length_of_an_epoch_is_not_known() -> None:
    assert rows_per_chunk(None, 4) == 1024
    assert rows_per_chunk(None, 1024) == 64
    assert rows_per_chunk(None, 8 << 20) == 1


@settings(max_examples=200)
@given(steps=st.integers(1, 10_000), row_bytes=st.integers(0, 1 << 22))
def test_chunks_are_of_a_decent_size(steps: int, row_bytes: int) -> None:
    rows = rows_per_chunk(steps, row_bytes)
    assert 1 <= rows <= steps
    assert rows == 1 or rows * row_bytes <= CHUNK_BYTES
    assert rows == steps or rows * row_bytes >= SMALL_CHUNK_BYTES


@settings(max_examples=25)
@given(
    shapes=st.lists(st.lists(st.integers(1, 4), max_size=4).map(tuple), min_size=1, max_size=4),
    epochs=st.integers(1, 3),
    steps=st.integers(1, 4),
    blocks=st.integers(1, 4),
)
def test_any_shapes_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    shapes: list[tuple[int, ...]],
    epochs: int,
    steps: int,
    blocks: int,
) -> None:
    path = tmp_path_factory.mktemp("any") / "run.h5"
    tensors = {f"layer{i}/w": shape for i, shape in enumerate(shapes)}
    chosen = plan(epochs, tensors=tensors, batches=steps, metrics={}, state=[])
    values = np.random.default_rng(0).normal(size=(epochs * steps, chosen.parameters)).astype("float32")
    with RunWriter(path, chosen) as writer:
        writer.write_initial_weights([np.zeros(shape) for shape in shapes])
        for epoch in range(epochs):
            for first in range(0, steps, blocks):
                rows = values[epoch * steps + first : epoch * steps + min(first + blocks, steps)]
                writer.write_steps(rows, {})
            writer.complete_epoch([np.zeros(shape) for shape in shapes], {}, [])
        writer.finish()
    with Run(path) as run:
        read = [run.read_gradients(name, 0, run.steps).reshape(run.steps, -1) for name in run.tensors]
        np.testing.assert_array_equal(np.concatenate(read, axis=1), values)


GRAPH = LayerGraph(
    (
        Layer("input", "InputLayer"),
        Layer("gru", "GRU", ("dense/kernel",)),
        Layer("dense", "Dense", ("scale",)),
    ),
    (Edge("input", "gru"), Edge("gru", "dense")),
)


def test_activation_gradients_are_kept_step_by_step_and_survive_a_kill(tmp_path: Path) -> None:
    recorded = plan(graph=GRAPH, activation_gradients=True, through_time={"gru": 4}, record_every=2)
    edges = np.arange(18, dtype="float32").reshape(9, 2)
    times = np.arange(36, dtype="float32").reshape(9, 4)

    def write_epochs(writer: RunWriter, first: int, last: int) -> None:
        for epoch in range(first, last + 1):
            of_epoch = slice(3 * epoch - 3, 3 * epoch)
            of_steps = {"activation_gradients": edges[of_epoch], "through_time/gru": times[of_epoch]}
            writer.write_steps(gradients(epoch), of_steps)
            writer.complete_epoch(
                weights(epoch),
                {split: {"loss": 1.0, "accuracy": 1.0} for split in ("train", "validation")},
                [np.zeros(2, "uint32")],
            )

    path = tmp_path / "run.h5"
    writer = RunWriter(path, recorded)
    writer.write_initial_weights(weights(0))
    write_epochs(writer, 1, 2)
    writer.close()
    writer, resumed = resume(path, recorded)
    assert resumed is not None
    with writer:
        write_epochs(writer, 3, 3)
        writer.finish()
    with Run(path) as run:
        assert run.graph == GRAPH
        assert run.records_activation_gradients
        assert run.through_time == {"gru": 4}
        # Of three batches an epoch, the first and the third are recorded.
        kept = [0, 2, 3, 5, 6, 8]
        np.testing.assert_array_equal(run.activation_gradients(0, 99), edges[kept])
        np.testing.assert_array_equal(run.gradients_through_time("gru", 1, 3), times[[2, 3]])


def test_a_stopped_run_has_activation_gradients_of_its_steps_only(tmp_path: Path) -> None:
    recorded = plan(graph=GRAPH, activation_gradients=True, through_time={"gru": 4})
    with RunWriter(tmp_path / "run.h5", recorded) as writer:
        writer.write_initial_weights(weights(0))
        of_steps = {"activation_gradients": np.ones((2, 2)), "through_time/gru": np.ones((2, 4))}
        writer.write_steps(gradients(1, 2), of_steps)
        writer.finish()
    with Run(tmp_path / "run.h5") as run:
        assert run.activation_gradients(0, 9).shape == (2, 2)
        assert run.gradients_through_time("gru", 0, 9).shape == (2, 4)


def test_a_partial_file_without_activation_gradients_is_not_continued_with_them(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    writer = RunWriter(path, plan(graph=GRAPH))
    writer.write_initial_weights(weights(0))
    write_epoch(writer, 1)
    writer.close()
    writer, resumed = resume(path, plan(graph=GRAPH, activation_gradients=True))
    writer.close()
    assert resumed is None
    assert (tmp_path / "run.abandoned.h5").exists()


def test_a_file_that_grows_keeps_the_format_that_earlier_versions_of_hdf5_read(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "run.h5", plan()) as writer:
        writer.write_initial_weights(weights(0))
        assert writer._file.libver == ("v110", "v110")
        writer.write_steps(gradients(1), {"steps/temperature": np.ones(3)})  # a series that was not planned
        assert writer._file.libver == ("v110", "v110")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_while_a_series_is_added_keeps_its_complete_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = tmp_path / "run.h5"
    add = RunWriter._add

    def add_and_die(writer: RunWriter, added: Any) -> None:
        if moment == "after":
            add(writer, added)
        os._exit(0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking a process with threads
        process = os.fork()
    if process == 0:
        writer = RunWriter(path, plan())
        writer.write_initial_weights(weights(0))
        write_epoch(writer, 1)
        monkeypatch.setattr(RunWriter, "_add", add_and_die)
        writer.write_steps(gradients(2), {"steps/temperature": np.ones(3)})
        os._exit(1)
    assert os.waitpid(process, 0)[1] == 0
    with Run(partial_path(path)) as run:
        assert (run.epochs, run.steps) == (1, 3)
    writer, resumed = resume(path, plan())
    with writer:
        assert resumed is not None
        assert resumed.epochs == 1
        writer.write_steps(gradients(2), {"steps/temperature": np.ones(3)})
        writer.complete_epoch(weights(2), {}, [np.array([2, 7], "uint32")])
        writer.finish()
    assert [one.name for one in tmp_path.iterdir()] == ["run.h5"]
    with Run(path) as run:
        np.testing.assert_array_equal(run.step("temperature"), [np.nan] * 3 + [1] * 3)


def test_a_disk_that_is_full_when_a_series_is_added_leaves_the_complete_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    writer = RunWriter(tmp_path / "run.h5", plan())
    writer.write_initial_weights(weights(0))
    write_epoch(writer, 1)
    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(DiskFull, match="found none left on the disk"), writer:
        writer.write_steps(gradients(2), {"steps/temperature": np.ones(3)})
    with Run(tmp_path / "run.partial.h5") as run:
        assert (run.epochs, run.steps) == (1, 3)
