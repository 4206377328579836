"""Numbers to text."""

import pytest

from gradevo.numbers import epoch_ranges, in_bytes


def test_bytes_have_three_digits() -> None:
    sizes = (
        0,
        999,
        1000,
        310_200_000,
        999_400_000,
        999_600_000,
        4_160_000_000,
        22_648_084_800,
        123e9,
        1.234e12,
    )
    expected = "0 B, 999 B, 1.00 kB, 310 MB, 999 MB, 1.00 GB, 4.16 GB, 22.6 GB, 123 GB, 1.23 TB"
    assert ", ".join(in_bytes(int(size)) for size in sizes) == expected


@pytest.mark.parametrize(
    ("epochs", "words"),
    [
        ((), "no epoch"),
        ((4,), "epoch 4"),
        ((1, 2), "epochs 1–2"),
        ((3, 4, 5, 6, 20), "epochs 3–6, 20"),
        ((1, 3, 5), "epochs 1, 3, 5"),
    ],
)
def test_epochs_are_merged_to_ranges(epochs: tuple[int, ...], words: str) -> None:
    assert epoch_ranges(epochs) == words
