"""What is a number, and when targets that were written down are numbers."""

import numpy as np
import pytest

from gradevo.datasets.origin import Origin
from gradevo.datasets.written import is_number, numbers
from gradevo.errors import GradevoError

ORIGIN = Origin("toy", "toy.csv", "mend it")


def read(train, test, task=None):
    parts = {
        "train": (np.zeros((len(train), 1)), np.array(train)),
        "test": (np.zeros((1, 1)), np.array(test)),
    }
    found = numbers(parts, task, ORIGIN)
    assert found["train"][0] is parts["train"][0]
    return [y.tolist() for _, y in found.values()]


@pytest.mark.parametrize("text", ["1", "-1.5", "1e-3", ".5", "inf", " 7 "])
def test_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "x", "1_1", "1,5", "0x1", "1e"])
def test_no_numbers(text):
    assert not is_number(text)


def test_targets_are_numbers_if_all_are():
    assert read(["007", "8"], ["8"]) == [[7.0, 8.0], [8.0]]
    assert read(["007", "b"], ["8"]) == [["007", "b"], ["8"]]
    assert read(["007", "7"], ["b"]) == [["007", "7"], ["b"]]
    assert read([7, 8], [8]) == [[7, 8], [8]]


def test_to_the_last_bit():
    assert read(["0.1", "1e-320"], ["123456789.123456789"]) == [[0.1, 1e-320], [123456789.123456789]]


@pytest.mark.parametrize("task", [None, "classification"])
def test_two_ways_to_write_one_label(task):
    with pytest.raises(
        GradevoError,
        match=r"toy: toy.csv: expected each label to be written in one way \(are the targets numbers to "
        r"predict\? then say `task: regression`\), found 07 and 7, which are one number; mend it",
    ):
        read(["7", "8"], ["07"], task)


def test_numbers_to_predict_may_be_written_in_any_way():
    assert read(["7", "8"], ["07"], "regression") == [[7, 8], [7]]
    assert read(["7", "8.5"], ["07"]) == [[7, 8.5], [7]]
