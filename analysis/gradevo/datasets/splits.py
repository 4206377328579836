"""Shuffles and splits that give the rows of Keras' own functions, without Keras."""

import random
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gradevo.datasets.dataset import Array, Dataset
from gradevo.errors import GradevoError

Rows = NDArray[np.int64]


def python_order(n: int, seed: int) -> Rows:
    """Return 0..n-1 in the order into which keras.utils.split_dataset shuffles n rows, (n,) int64."""
    order = list(range(n))
    random.Random(seed).shuffle(order)
    return np.array(order, dtype=np.int64)


def numpy_order(n: int, seed: int) -> Rows:
    """Return 0..n-1 in the order into which keras.datasets.boston_housing shuffles n rows, (n,) int64."""
    order = np.arange(n, dtype=np.int64)
    np.random.RandomState(seed).shuffle(order)  # newer generators give other rows
    return order


ORDERS: Mapping[Literal["python", "numpy"], Callable[[int, int], Rows]] = {
    "python": python_order,
    "numpy": numpy_order,
}


def split(n: int, left_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Split n rows as keras.utils.split_dataset(…, left_size=left_fraction, shuffle=True, seed=seed) does.

    Returns the indices of the left and of the right rows, int64, in Keras' order. There are
    round(left_fraction * n) left ones, a half being rounded to even. Raises GradevoError if one side would be
    empty.
    """
    left = round(left_fraction * n)
    if not 0 < left < n:
        raise GradevoError(
            f"split: {n} rows split at the fraction {left_fraction}: expected at least one row on each side, "
            f"found {left} and {n - left}; take more rows or another fraction"
        )
    order = python_order(n, seed)
    return order[:left], order[left:]


def training_and_validation(
    dataset: Dataset, seed: int, share: float = 0.1
) -> tuple[tuple[Array, ...], tuple[Array, ...] | None]:
    """Split off a share of the training rows by an experiment's seed; the article splits 90/10.

    Returns ((x, y) of training, (x, y) of validation), types and row shapes as in the dataset; (x, y, w) of
    both where it has weights. A share of 0 leaves the training rows in the dataset's order, and no
    validation. The test rows are not touched. Raises GradevoError if there are too few rows.
    """
    weights = () if dataset.w_train is None else (dataset.w_train,)
    arrays = (dataset.x_train, dataset.y_train, *weights)
    if not share:
        return arrays, None
    training, validation = split(len(dataset.x_train), 1 - share, seed)
    return tuple(array[training] for array in arrays), tuple(array[validation] for array in arrays)
