"""Labels or numbers: what targets are taken for, and what they are checked against."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Entry
from gradevo.datasets.targets import understand
from gradevo.errors import GradevoError

ORIGIN = Origin("toy", "toy.csv", "mend it")


def targets(train, test, **entry):
    return understand(np.array(train), np.array(test), Entry(title="Toy", **entry), ORIGIN)


@pytest.mark.parametrize(
    ("train", "test", "entry", "labels", "indices"),
    [
        ([5, 1, 3], [3], {}, ("1", "3", "5"), [2, 0, 1, 1]),
        ([5.0, 1.0, 10.0], [10.0], {}, ("1", "5", "10"), [1, 0, 2, 2]),
        (["b", "a", "C"], ["a"], {}, ("C", "a", "b"), [2, 1, 0, 1]),
        ([1, 2], [2], {"task": "classification"}, ("1", "2"), [0, 1, 1]),
        ([1, 2], [2], {"classes": 2}, ("1", "2"), [0, 1, 1]),
        ([1, 2], [2], {"classes": 4}, ("0", "1", "2", "3"), [1, 2, 2]),
        ([0, 1], [2], {"classes": 3}, ("0", "1", "2"), [0, 1, 2]),
        ([-1, 1], [1], {"labels": [1, -1]}, ("1", "-1"), [1, 0, 0]),
        (["no", "no"], ["yes"], {"labels": ["no", "yes"]}, ("no", "yes"), [0, 0, 1]),
        (["1", "2"], ["2"], {"labels": [2, 1]}, ("2", "1"), [1, 0, 0]),
        (["a", "b"], ["b"], {"classes": 2}, ("a", "b"), [0, 1, 1]),
        (np.array([3, 0], dtype=np.uint8), np.array([3.0]), {}, ("0", "3"), [1, 0, 1]),
    ],
)
def test_classes(train, test, entry, labels, indices):
    found = targets(train, test, **entry)
    assert (found.task, found.labels) == ("classification", labels)
    assert [*found.train.tolist(), *found.test.tolist()] == indices
    assert found.train.dtype == found.test.dtype == np.int64


@pytest.mark.parametrize(
    ("train", "test", "entry"),
    [
        ([1.5, 2.0], [3.0], {}),
        ([1.0, 2.0], [3.5], {}),
        ([1, 2], [7], {"task": "regression"}),
        ([1.0, 1.0], [1.0], {"task": "regression"}),
    ],
)
def test_numbers_to_predict(train, test, entry):
    found = targets(train, test, **entry)
    assert (found.task, found.labels) == ("regression", None)
    assert (found.train.tolist(), found.test.tolist()) == (train, test)


@pytest.mark.parametrize(
    ("train", "test", "entry", "expected", "found"),
    [
        ([1, 1], [1], {}, "at least two classes in y_train", "one: 1"),
        (["a", "a"], ["a"], {}, "at least two classes in y_train", "one: a"),
        ([1, 2], [3, 1], {}, "every class of the test part in the training part too", "3"),
        ([1, 2], [3, 1], {}, "numbers to predict? then say `task: regression`)", "3"),
        (["a", "b"], ["a", "c", "d"], {}, "every class of the test part in the training part too", "c, d"),
        ([1.5, 2], [1], {"task": "classification"}, "whole numbers or texts as labels of classes", "1.5"),
        ([1.5, 2], [1], {"classes": 2}, "labels of classes", "1.5, which makes the targets a regression's"),
        (
            [1.5, 2],
            [1],
            {"labels": [1, 2]},
            "labels of classes",
            "1.5, which makes the targets a regression's",
        ),
        ([1.5, 2], ["b"], {}, "whole numbers or texts as labels of classes", "1.5"),
        (["a", "b"], ["b"], {"task": "regression"}, "numbers as the targets of a regression", "'a'"),
        ([1.0, 2.0], ["b"], {"task": "regression"}, "numbers as the targets of a regression", "'b'"),
        (
            [1, 2, 3],
            [1],
            {"classes": 2},
            "labels from 0 to 1 or 2 different others in y_train",
            "2, 3 among 3",
        ),
        (["a", "b"], ["b"], {"classes": 3}, "labels from 0 to 2 or 3 different others", "a, b among 2"),
        ([1, 2], [3], {"labels": [1, 2]}, "the labels 1, 2 in y_test", "3"),
        ([1, 3], [2], {"labels": [1, 2]}, "the labels 1, 2 in y_train", "3"),
        ([1, np.nan], [2], {}, "a finite target in every row of y_train", "nan"),
        ([1.5, 2], [np.inf], {}, "a finite target in every row of y_test", "inf"),
        (range(12), range(20, 35), {}, "every class", "20, 21, 22, 23, 24, 25, 26, 27, 28, 29 and 5 more"),
    ],
)
def test_what_is_wrong(train, test, entry, expected, found):
    with pytest.raises(GradevoError) as caught:
        targets(train, test, **entry)
    message = str(caught.value)
    assert message.startswith("toy: toy.csv: expected ")
    assert expected in message
    assert f", found {found};" in message


@given(st.lists(st.integers(-(2**40), 2**40), min_size=2).filter(lambda y: len(set(y)) > 1), st.data())
def test_the_labels_give_every_target_back(train, data):
    test = data.draw(st.lists(st.sampled_from(train)))
    found = targets(train, np.array(test, dtype=np.int64))
    assert [int(found.labels[index]) for index in found.train] == train
    assert [int(found.labels[index]) for index in found.test] == test
    assert sorted(map(int, found.labels)) == list(map(int, found.labels))
