"""Which batches become steps, in numbers and words."""

from typing import Any

import pytest

from gradevo.runfile.selection import Selection


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [[0, 1, 2, 3, 4]] * 3),
        (Selection(2), [[0, 2, 4]] * 3),
        (Selection(1, (2,)), [[0], [0, 1, 2, 3, 4], [0]]),
        (Selection(3, (3, 1)), [[0, 3], [0], [0, 3]]),
        (Selection(1, (9,)), [[0], [0], [0]]),
    ],
)
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_batches_kept_of_three_epochs_in_blocks(
    selection: Selection, expected: list[list[int]], length: int
) -> None:
    for epoch in (1, 2, 3):
        kept: list[int] = []
        for first in range(0, 5, length):
            kept += range(first, min(first + length, 5))[selection.kept(epoch, first)]
        assert kept == expected[epoch - 1]
    assert selection.steps(5, [1, 2, 3]) == sum(map(len, expected))


@pytest.mark.parametrize(
    ("selection", "left_out", "words"),
    [
        (Selection(), False, ""),
        (Selection(10), True, "1 of 10 steps recorded"),
        (Selection(1, (10, 1, 5)), True, "steps of epochs 1, 5, 10 recorded, of others the first"),
        (Selection(1, (7,)), True, "steps of epoch 7 recorded, of others the first"),
        (Selection(2, (1, 2, 3)), True, "1 of 2 steps of epochs 1–3 recorded, of others the first"),
        (
            Selection(1, tuple(range(1, 92, 10))),
            True,
            "steps of 10 epochs from 1 to 91 recorded, of others the first",
        ),
    ],
)
def test_words(selection: Selection, left_out: bool, words: str) -> None:
    assert (bool(selection), selection.words) == (left_out, words)


@pytest.mark.parametrize(
    ("selection", "attributes"),
    [
        (Selection(), {"record_every": 1}),
        (Selection(3), {"record_every": 3}),
        (Selection(1, (5, 1, 5)), {"record_every": 1, "record_epochs": "[1, 5]"}),
    ],
)
def test_in_files_epochs_stand_only_where_they_were_chosen(
    selection: Selection, attributes: dict[str, Any]
) -> None:
    assert selection.attributes == attributes
    assert Selection.read(attributes) == selection
