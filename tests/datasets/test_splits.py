"""The rows of Keras' own split functions; the numbers were recorded from Keras 3.15.1."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradevo.datasets.dataset import Dataset
from gradevo.datasets.splits import numpy_order, split, training_and_validation
from gradevo.errors import GradevoError


def test_all_rows_of_a_small_split():
    left, right = split(20, 0.9, 13)
    assert left.tolist() == [19, 6, 15, 16, 0, 18, 17, 14, 1, 12, 2, 11, 10, 3, 13, 4, 7, 5]
    assert right.tolist() == [9, 8]
    assert left.dtype == right.dtype == np.int64


@pytest.mark.parametrize(
    ("n", "seed", "sizes", "first_left", "first_right"),
    [
        (135, 13, (122, 13), [13, 30, 38, 5, 69], [95, 27, 108]),
        (135, 7, (122, 13), [25, 89, 103, 79, 102], [11, 4, 27]),
        (150, 13, (135, 15), [89, 121, 39, 42, 53], [32, 110, 7]),
        (404, 13, (364, 40), [181, 226, 213, 203, 107], [343, 219, 288]),
        (3601, 13, (3241, 360), [2721, 2594, 1641, 2738, 738], [1587, 1661, 1263]),
        (5000, 13, (4500, 500), [3134, 2649, 594, 3886, 4310], [3084, 1263, 1706]),
        (60000, 13, (54000, 6000), [31699, 58250, 22187, 9811, 55549], [57862, 5768, 446]),
    ],
)
def test_first_rows_of_large_splits(n, seed, sizes, first_left, first_right):
    left, right = split(n, 0.9, seed)
    assert (len(left), len(right)) == sizes
    assert left[:5].tolist() == first_left
    assert right[:3].tolist() == first_right


@given(st.integers(2, 300), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_every_row_goes_to_exactly_one_side(n, fraction, seed):
    if not 0 < round(fraction * n) < n:
        with pytest.raises(GradevoError, match="at least one row on each side"):
            split(n, fraction, seed)
        return
    left, right = split(n, fraction, seed)
    assert len(left) == round(fraction * n)
    assert sorted([*left, *right]) == list(range(n))


def test_half_a_row_is_rounded_to_even():
    assert len(split(5, 0.5, 13)[0]) == 2
    assert len(split(7, 0.5, 13)[0]) == 4


@pytest.mark.parametrize(("n", "fraction"), [(0, 0.9), (1, 0.9), (4, 0.9), (4, 1.5), (4, -1.0)])
def test_an_empty_side_is_an_error(n, fraction):
    with pytest.raises(GradevoError, match=f"split: {n} rows split at the fraction"):
        split(n, fraction, 13)


def test_numpy_order_is_the_one_of_boston_housing():
    order = numpy_order(506, 113)
    assert order[:6].tolist() == [22, 202, 368, 335, 461, 323]
    assert sorted(order) == list(range(506))


def test_validation_rows_come_from_the_training_rows_alone():
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    dataset = Dataset(
        name="toy", title="Toy", task="regression", labels=None,
        x_train=x, y_train=x[:, 0], x_test=-x, y_test=-x[:, 0], provenance={},
    )  # fmt: skip
    (x_training, y_training), (x_validation, y_validation) = training_and_validation(dataset, 13)
    np.testing.assert_array_equal(x_validation, [[18, 19], [16, 17]])
    np.testing.assert_array_equal(y_validation, [18, 16])
    assert x_training[:3, 0].tolist() == [38, 12, 30]
    assert y_training.shape == (18,)
    assert x_training.dtype == y_training.dtype == np.float32
    weighted = replace(dataset, w_train=x[:, 1])
    (_, _, training), (_, _, validation) = training_and_validation(weighted, 13)
    assert (validation.tolist(), training[:3].tolist()) == ([19, 17], [39, 13, 31])
    assert training_and_validation(weighted, 13, 0)[0][2].tolist() == x[:, 1].tolist()
