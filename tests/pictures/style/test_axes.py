import numpy as np
import pytest

from gradevo.numbers import number
from gradevo.pictures.style.axes import epoch_ticks, from_zero, logarithmic
from gradevo.pictures.style.frame import new_figure


def test_an_axis_from_zero_leaves_room_above():
    axes = new_figure(2, 2).add_subplot()
    axes.plot([1, 2], [0.64, 0.66])
    from_zero(axes)
    low, high = axes.get_ylim()
    assert low == 0
    assert 0.68 < high < 0.72


@pytest.mark.parametrize(
    ("epochs", "most", "ticks"),
    [
        (1, 12, [1]),
        (4, 6, [1, 2, 3, 4]),
        (12, 12, list(range(1, 13))),
        (15, 6, [1, 5, 10, 15]),
        (100, 6, [1, 20, 40, 60, 80, 100]),
        (100, 10, [1, *range(10, 101, 10)]),
        (500, 5, [1, 100, 200, 300, 400, 500]),
    ],
)
def test_ticks_stand_at_whole_round_epochs(epochs, most, ticks):
    assert epoch_ticks(epochs, most) == ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.02, "0.02"),
        (500, "500"),
        (999.6, "1000"),
        (5e3, "5000"),
        (2e4, "2×10⁴"),
        (3.4e-8, "3×10⁻⁸"),
    ],
)
def test_numbers_take_few_characters(value, text):
    assert number(value) == text


def test_logarithmic_limits_hold_all_positive_values():
    axes = new_figure(2, 2).add_subplot()
    logarithmic(axes, np.array([0.0, -1.0, np.nan, 1e-3, 1e5, np.inf]))
    low, high = axes.get_ylim()
    assert low < 1e-3 < 1e5 < high
