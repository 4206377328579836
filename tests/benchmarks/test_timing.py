"""Rounds and memory; the table's arithmetic and layout, on times that one can divide by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from analysis.benchmarks.timing import (
    Ratio,
    Taken,
    aligned,
    interleave,
    pairwise,
    peak_megabytes,
    render,
    rows,
)


def test_ratios_are_taken_within_rounds() -> None:
    # The medians' ratio would be 8 / 2 = 4.
    assert pairwise([8.0, 9.0, 4.0], [1.0, 3.0, 2.0]) == Ratio(median=3.0, smallest=2.0, largest=8.0)


def test_ratio_of_an_even_number_of_rounds_is_between_the_middle_ones() -> None:
    assert pairwise([2.0, 4.0], [1.0, 1.0]) == Ratio(median=3.0, smallest=2.0, largest=4.0)


def test_unequal_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        pairwise([1.0], [1.0, 2.0])


def test_table_states_both_ratios_memory_and_which_hold() -> None:
    taken = {"gradevo": [Taken(2.0, 1.0, 700.4)], "article": [Taken(10.0, 8.0, 1234.5)]}
    text = render(rows("training iris", taken, {"article": 6.0}, steps=100)).splitlines()
    assert text[0].split() == [
        *("case", "contender", "seconds", "ms/step", "MB", "ratio,", "whole"),
        *("ratio,", "later", "epochs", "target", "holds"),
    ]
    assert text[2].split() == ["training", "iris", "gradevo", "2.00", "10.00", "700"]
    assert text[3].split() == [
        *("training", "iris", "article", "10.00", "80.00", "1234"),
        *("5.00", "(5.00", "to", "5.00)", "8.00", "(8.00", "to", "8.00)", "≥", "6", "no,", "yes"),
    ]


def test_memory_is_the_median_of_the_rounds() -> None:
    taken = [Taken(1.0, 1.0, megabytes) for megabytes in (900.0, 100.0, 300.0)]
    assert render(rows("case", {"gradevo": taken}, {}, 1)).splitlines()[2].split()[-1] == "300"


def test_columns_that_a_section_has_not_are_left_out() -> None:
    taken = {"gradevo": [Taken(2.0)], "reading": [Taken(1.0)]}
    text = render(rows("statistics", taken, {"reading": 0.5})).splitlines()
    assert text[0].split() == ["case", "contender", "seconds", "ratio,", "whole", "target", "holds"]
    assert text[3].split() == [
        "statistics",
        "reading",
        "1.00",
        "0.50",
        "(0.50",
        "to",
        "0.50)",
        "≥",
        "0.5",
        "yes",
    ]


@pytest.mark.parametrize(("seconds", "holds"), [([29.0, 30.0, 99.0], "yes"), ([29.0, 30.1, 31.0], "no")])
def test_limit_in_seconds_is_held_by_the_median(seconds: list[float], holds: str) -> None:
    taken = [Taken(second) for second in seconds]
    text = render(rows("film", {"gradevo": taken}, {}, limit=30.0)).splitlines()
    assert text[2].split() == ["film", "gradevo", f"{seconds[1]:.2f}", "≤", "30", "s", holds]


def test_numbers_stand_right_and_words_left() -> None:
    assert aligned([("n", "word"), ("1", "a"), ("10", "bcdefg")], ["n"]).splitlines() == [
        " n  word",
        "----------",
        " 1  a",
        "10  bcdefg",
    ]


def test_peak_counts_what_was_held_and_given_back() -> None:
    block = np.ones(400_000_000, np.uint8)
    del block
    assert 400 < peak_megabytes() < 40_000


def test_peak_of_a_child_does_not_contain_its_parents() -> None:
    block = np.ones(400_000_000, np.uint8)
    code = "from analysis.benchmarks.timing import peak_megabytes; print(peak_megabytes())"
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True, text=True)
    assert 1 < float(child.stdout) < 200
    assert len(block)


def test_rounds_alternate_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def contender(name: str) -> Taken:
        order.append(name)
        return Taken(float(len(order)))

    taken = interleave({"a": lambda: contender("a"), "b": lambda: contender("b")}, 3, "case")
    assert "".join(order) == "abbaab"
    assert [one.whole for one in taken["b"]] == [2.0, 3.0, 6.0]
    assert "case, round 3/3: b 6.00 s" in capsys.readouterr().err
