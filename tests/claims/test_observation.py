"""Changes in words."""

import numpy as np
import pytest

from gradevo.claims.observation import Series, change


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (1.0, 2e-6, "falls to 2.0e-06 of its first tenth"),
        (1.0, 0.0123, "falls to 1.2 % of its first tenth"),
        (1.0, 0.5, "falls to 50 % of its first tenth"),
        (2.0, 3.0, "rises to 150 % of its first tenth"),
        (1.0, 25.0, "rises to 25 times its first tenth"),
        (1.0, -0.5, "falls from 1 to -0.5"),
        (0.0, 4.0, "rises from 0 to 4"),
    ],
)
def test_first_tenth_and_last(first: float, last: float, words: str) -> None:
    series = Series(np.array([first, first, *np.full(16, 77.0), last, last]))
    assert change([series]) == words


def test_median_over_the_seeds() -> None:
    series = [Series(np.array([1.0, last])) for last in (0.2, 0.3, 0.9)]
    assert change(series) == "falls to 30 % of its first tenth"
    assert change([Series(one.values, one.values[::-1]) for one in series]) == (
        "falls to 30 % of its first tenth while the loss rises to 333 % of its first tenth"
    )
