"""Room for the record is looked for before training."""

import errno
import os
import resource
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradevo import GradevoError
from gradevo.errors import DiskFull, NotWritten
from gradevo.runfile.disk import check_space, not_written
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import Plan, partial_path
from gradevo.runfile.writer import RunWriter

# The article's cifar100: 45,000 images in batches of 1024, 15 epochs.
CIFAR100 = Plan({"all": (8_578_820,)}, 15, 44, {"train": ["loss"]})
BYTES = CIFAR100.bytes(660, 15)
WEIGHTS = 16 * 4 * 8_578_820
STEP = 4 * 8 + 4  # number, epoch, batch and batch size of a step, its loss
EPOCHS = 15 * 3 * 8 + 16 * 8  # number, last step and checksum of each; numbers of the weights' rows
COUNTS = 4 * 8  # complete epochs, the first non-finite step and its epoch, whether the run is complete


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the free bytes of every disk."""

    def set_free(size: int) -> None:
        usage = type(shutil.disk_usage("/"))(10**15, 10**15 - size, size)
        monkeypatch.setattr("gradevo.runfile.disk.shutil.disk_usage", lambda folder: usage)

    return set_free


def test_sizes_by_hand() -> None:
    gradients = 15 * 44 * 4 * 8_578_820
    assert gradients == 22_648_084_800  # the 22.6 GB of the article's protocol
    losses = 15 * 8
    assert gradients + WEIGHTS + 660 * STEP + losses + EPOCHS + COUNTS == BYTES

    rounded = Plan(CIFAR100.tensors, 15, 44, {}, keep_bits=7)
    assert (
        rounded.bytes(660, 15) == gradients // 2 + WEIGHTS + 660 * STEP + EPOCHS + COUNTS
    )  # 16 of 32 bits: sign, exponent, 7 of 23

    thinned = Plan(CIFAR100.tensors, 15, 44, {}, record_every=10)
    sums = 15 * 8 * 8_578_820
    assert thinned.steps_per_epoch == 5
    assert thinned.steps == 75
    assert thinned.bytes(75, 15) == 75 * 4 * 8_578_820 + WEIGHTS + sums + 75 * STEP + EPOCHS + COUNTS

    some = Plan(CIFAR100.tensors, 15, 44, {}, record_epochs=[1, 15])
    assert some.steps == 44 + 13 + 44
    assert some.bytes(101, 15) == 101 * 4 * 8_578_820 + WEIGHTS + sums + 101 * STEP + EPOCHS + COUNTS
    both = Plan(CIFAR100.tensors, 15, 44, {}, record_every=10, record_epochs=[1, 15, 16])
    assert both.steps == 5 + 13 + 5


def test_enough_is_enough(tmp_path: Path, free: Any) -> None:
    free(BYTES)
    check_space(tmp_path / "not/yet/there/run.h5", CIFAR100)


def test_of_a_record_of_some_epochs_only_these_are_counted(tmp_path: Path, free: Any) -> None:
    some = Plan(CIFAR100.tensors, 15, 44, {}, record_epochs=[3])
    free(some.bytes(58, 15))
    check_space(tmp_path / "run.h5", some)
    free(some.bytes(58, 15) - 1)
    with pytest.raises(GradevoError, match=r"room for a record of 3\.57 GB \(58 steps"):
        check_space(tmp_path / "run.h5", some)


def test_of_a_run_of_unknown_length_nothing_is_asked(tmp_path: Path, free: Any) -> None:
    free(0)
    check_space(tmp_path / "run.h5", Plan(CIFAR100.tensors))


def test_too_little_is_refused_with_figures_and_remedies(tmp_path: Path, free: Any) -> None:
    free(5_100_000_000)
    with pytest.raises(GradevoError) as refused:
        check_space(tmp_path / "run.h5", CIFAR100)
    message = str(refused.value)
    assert "\n" not in message
    for part in (
        str(tmp_path / "run.h5"),
        "room for a record of 23.2 GB (660 steps of 8,578,820 parameters), which needs 23.2 GB",
        "found 5.10 GB of free disk",
        "the results folder may be a link",
        "keep_bits: 7 needs 11.9 GB",
        "record_every: 10 needs 4.15 GB",
        "record_epochs: [1, 15] needs 5.04 GB",
    ):
        assert part in message


def test_a_part_that_is_there_needs_room_for_its_copy_and_then_for_the_rest(
    tmp_path: Path, free: Any
) -> None:
    path = tmp_path / "run.h5"
    with partial_path(path).open("wb") as file:
        file.truncate(20_000_000_000)  # sparse: it takes no room here
    free(20_000_000_000)
    check_space(path, CIFAR100)
    free(19_999_999_999)
    with pytest.raises(GradevoError) as refused:
        check_space(path, CIFAR100)
    message = str(refused.value)
    assert "the rest of a record of 23.2 GB" in message
    assert "which needs 20.0 GB, found 20.0 GB" in message
    assert "run.partial.h5 to another disk" in message
    assert "keep_bits" not in message  # it would start anew


def test_only_what_makes_it_smaller_is_proposed(tmp_path: Path, free: Any) -> None:
    free(0)
    small = Plan(CIFAR100.tensors, 15, 44, {}, keep_bits=7, record_every=44)
    with pytest.raises(GradevoError) as refused:
        check_space(tmp_path / "run.h5", small)
    assert "keep_bits" not in str(refused.value)
    assert "record_every" not in str(refused.value)
    assert "record_epochs" not in str(refused.value)


def gradients(epoch: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(epoch).normal(size=(3, 400)).astype("float32")


def fill_the_disk(path: Path, plan: Plan, largest_file: int) -> int:
    """Write epochs in a process of its own until the file may not grow; returns the process's exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking a process with threads
        process = os.fork()
    if process == 0:
        _, unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, unlimited))
        truncate = os.ftruncate

        def without_limit(file: int, size: int) -> None:
            """A full disk, unlike this limit, lets a file have a hole at its end."""
            resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
            truncate(file, size)

        os.ftruncate = without_limit  # type: ignore[assignment]
        try:
            with RunWriter(path, plan) as writer:
                writer.write_initial_weights([np.zeros(400, "float32")])
                for epoch in range(1, 41):
                    writer.write_steps(gradients(epoch), {"steps/loss": np.zeros(3)})
                    writer.complete_epoch([np.full(400, epoch, "float32")], {"train": {"loss": epoch}}, [])
        except DiskFull:
            os._exit(7)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("largest_file", [60_001, 75_000, 90_123, 130_000])
def test_a_disk_that_fills_up_keeps_the_complete_epochs(tmp_path: Path, largest_file: int) -> None:
    path = tmp_path / "run.h5"
    attributes = {"experiment": "{}", "data": "{}", "seed": 1, "data_label": ""}
    plan = Plan({"kernel": (400,)}, 40, 3, {"train": ["loss"]}, attributes=attributes)
    assert fill_the_disk(path, plan, largest_file) == 7
    writer, resumed = resume(path, plan)
    with writer:
        assert resumed is not None
        assert 0 < resumed.epochs < 40
        np.testing.assert_array_equal(resumed.weights[0], np.full(400, resumed.epochs, "float32"))
        recorded = writer._file["gradients/kernel"][: 3 * resumed.epochs]
    expected = np.concatenate([gradients(epoch) for epoch in range(1, resumed.epochs + 1)])
    np.testing.assert_array_equal(recorded, expected)


def test_what_an_error_says_of_a_record(tmp_path: Path) -> None:
    """HDF5's errors have the system's number in their text."""
    path = tmp_path / "run.h5"
    for error in (OSError(errno.ENOSPC, "x"), RuntimeError("(errno = 122, x)"), OSError("errno = 27")):
        assert isinstance(not_written(path, error), DiskFull)
    for error, words in (
        (PermissionError(errno.EACCES, "x"), "Permission denied"),
        (OSError("Can't write data (file write failed: errno = 5, buf = 0)"), "Input/output error"),
    ):
        told = not_written(path, error)
        assert type(told) is NotWritten
        assert f"the system cannot ({words})" in str(told)
        assert "goes on after the last complete epoch" in str(told)
    assert not_written(path, RuntimeError("x")) is None
