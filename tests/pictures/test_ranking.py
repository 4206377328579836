"""Which of many are shown: by medians and courses that one can compute by hand."""

import numpy as np
import pytest

from gradevo.pictures.ranking import ranked

NAN = np.nan

CURVES = {
    "falls": [100.0, 10.0, 1.0],  # median 10; in decades 1, 0, −1 from it
    "high": [1e6, 1e6, 1e6],
    "flat": [20.0, 20.0, 20.0],
    "low": [1e-3, 1e-3, 1e-3],
    "rises": [3.0, 30.0, 3000.0],  # −1, 0, 2: furthest from the usual course, which is flat
    "dead": [0.0, 0.0, 0.0],
    "none": [NAN, NAN, NAN],
    "gap": [NAN, 50.0, 50.0],
    "higher": [1e7, 1e7, np.inf],
}


def groups(curves, each):
    return [group.names for group in ranked(curves, each, "epochs")]


def arrays(curves):
    return {name: np.array(values) for name, values in curves.items()}


def test_largest_smallest_and_most_unusual_are_three_groups():
    assert groups(arrays(CURVES), 2) == [("higher", "high"), ("dead", "low"), ("rises", "falls")]


def test_the_words_say_by_which_rule():
    headings = [group.heading for group in ranked(arrays(CURVES), 1, "steps")]
    assert headings[0] == "the largest, by their median over the steps"
    assert headings[1] == "the smallest, by their median over the steps"
    assert headings[2].startswith("the most unusual of the others: courses, relative to their median")


def test_every_name_with_a_value_is_in_one_group_where_all_fit():
    found = groups(arrays(CURVES), 4)
    assert [len(names) for names in found] == [4, 4]
    assert sorted(name for names in found for name in names) == sorted(set(CURVES) - {"none"})


def test_a_level_alone_is_not_unusual():
    """Only the course counts: ten times the values of all others are nothing unusual."""
    curves = {str(place): np.array([1.0, 2.0, 3.0]) * 10.0**place for place in range(4)}
    curves["turned"] = np.array([3.0, 2.0, 1.0])
    assert groups({**curves, "top": np.full(3, 1e9), "bottom": np.full(3, 1e-9)}, 1)[2] == ("turned",)


def test_of_equal_ones_the_first_are_taken():
    assert groups({name: np.ones(3) for name in "abcdefg"}, 2) == [("a", "b"), ("c", "d"), ("e", "f")]


@pytest.mark.parametrize("values", [np.full(3, NAN), np.empty(0)])
def test_without_any_value_the_first_names_are_taken_and_that_is_said(values):
    (group,) = ranked(dict.fromkeys("abc", values), 2, "epochs")
    assert group.names == ("a", "b")
    assert group.heading == "the first ones: none has a value"
