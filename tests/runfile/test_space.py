"""Room for the record is looked for before training."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from gradevo import GradevoError
from gradevo.runfile import Plan, check_space
from gradevo.runfile.space import in_bytes

# The article's cifar100: 45,000 images in batches of 1024, 15 epochs.
CIFAR100 = Plan({"all": (8_578_820,)}, 15, [1024] * 43 + [968], {"train": ["loss"]})
WEIGHTS = 16 * 4 * 8_578_820


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the free bytes of every disk."""

    def set_free(size: int) -> None:
        usage = type(shutil.disk_usage("/"))(10**15, 10**15 - size, size)
        monkeypatch.setattr("gradevo.runfile.space.shutil.disk_usage", lambda folder: usage)

    return set_free


def test_sizes_by_hand() -> None:
    gradients = 15 * 44 * 4 * 8_578_820
    assert gradients == 22_648_084_800  # the 22.6 GB of the article's protocol
    assert CIFAR100.bytes == gradients + WEIGHTS

    rounded = Plan(CIFAR100.tensors, 15, CIFAR100.batch_sizes, {}, keep_bits=7)
    assert rounded.bytes == gradients // 2 + WEIGHTS  # 16 of 32 bits: sign, exponent, 7 of 23

    thinned = Plan(CIFAR100.tensors, 15, CIFAR100.batch_sizes, {}, record_every=10)
    sums = 15 * 8 * 8_578_820
    assert thinned.steps_per_epoch == 5
    assert thinned.bytes == 15 * 5 * 4 * 8_578_820 + WEIGHTS + sums


def test_enough_is_enough(tmp_path: Path, free: Any) -> None:
    free(CIFAR100.bytes)
    check_space(tmp_path / "not/yet/there/run.h5", CIFAR100)


def test_too_little_is_refused_with_figures_and_remedies(tmp_path: Path, free: Any) -> None:
    free(5_100_000_000)
    with pytest.raises(GradevoError) as refused:
        check_space(tmp_path / "run.h5", CIFAR100)
    message = str(refused.value)
    assert "\n" not in message
    for part in (
        str(tmp_path / "run.h5"),
        "room for a record of 23.2 GB (660 steps of 8,578,820 parameters), found 5.10 GB of free disk",
        "the results folder may be a link",
        "keep_bits: 7 needs 11.9 GB",
        "record_every: 10 needs 4.15 GB",
    ):
        assert part in message


def test_sizes_for_people() -> None:
    sizes = (0, 999, 1000, 310_200_000, 999_400_000, 999_600_000, 4_160_000_000, 22_648_084_800, 123e9)
    expected = "0 B, 999 B, 1.00 kB, 310 MB, 999 MB, 1.00 GB, 4.16 GB, 22.6 GB, 123 GB"
    assert ", ".join(in_bytes(int(size)) for size in sizes) == expected
