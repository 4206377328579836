import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.numbers import norm_text
from gradevo.pictures.layer_graph.routes import RADIUS
from gradevo.pictures.layer_graph.style import SMALLEST, THICK, THIN, Scale, scale_of

positive = st.floats(1e-12, 1e12)


def test_alike_values_give_a_scale_in_proportion():
    scale = scale_of(np.array([[0.5, 2.0], [np.nan, 0.0]]))
    assert not scale.logarithmic
    assert [scale.share(value) for value in (0, 0.5, 1, 2, 8)] == [0, 0.25, 0.5, 1, 1]


def test_values_of_several_magnitudes_give_a_logarithmic_scale():
    scale = scale_of(np.array([1e-4, 1.0]))
    assert scale.logarithmic
    assert [scale.share(value) for value in (0, 1e-5, 1e-4, 1e-2, 1, 10)] == pytest.approx(
        [0, 0, 0, 0.5, 1, 1]
    )


def test_a_logarithmic_scale_has_six_decades_at_most():
    assert scale_of(np.array([1e-30, 1.0])).low == pytest.approx(1e-6)


def test_a_scale_of_nothing_gives_nothing():
    for values in ([], [np.nan], [0.0]):
        scale = scale_of(np.array(values))
        assert scale.share(1.0) == scale.share(0.0) == 0
        assert scale.samples() == []


def test_infinity_is_largest_and_nan_smallest():
    scale = Scale(0.1, 1.0, False)
    assert (scale.share(math.inf), scale.share(math.nan)) == (1, 0)


@given(st.lists(positive, min_size=1), positive, positive)
def test_sizes_grow_with_the_value(values, one, other):
    scale = scale_of(np.array(values))
    one, other = sorted((one, other))
    assert SMALLEST <= scale.radius(one) <= scale.radius(other) <= RADIUS + 1e-12
    assert THIN <= scale.width(one) <= scale.width(other) <= THICK


@given(st.lists(positive, min_size=1))
def test_samples_are_on_the_scale(values):
    scale = scale_of(np.array(values))
    samples = scale.samples()
    assert 1 <= len(samples) <= 3
    assert samples == sorted(set(samples))
    assert scale.low * 0.09 <= samples[0]
    assert samples[-1] <= scale.high * 1.01


def test_samples_are_round():
    assert Scale(1e-4, 1.0, True).samples() == [1e-4, 1e-2, 1.0]
    assert Scale(0.02, 0.9, True).samples() == [0.02, 0.1, 0.5]
    assert Scale(0.3, 0.7, False).samples() == [0.1, 0.2, 0.5]


def test_area_is_in_proportion_to_the_share():
    scale = Scale(0.5, 2.0, False)
    areas = [scale.radius(value) ** 2 for value in (0.0, 1.0, 2.0)]
    assert areas[1] - areas[0] == pytest.approx(areas[2] - areas[1])


def test_norms_in_few_characters():
    assert [norm_text(value) for value in (0.0123, 0.0, math.inf, math.nan)] == [
        "0.0123",
        "0",
        "infinite",
        "no value",
    ]
