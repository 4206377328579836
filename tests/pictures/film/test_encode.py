"""How long frames stay."""

import pytest

from gradevo.pictures.film.encode import pace


@pytest.mark.parametrize(
    ("epochs", "stays"), [(1, 100), (10, 100), (20, 100), (100, 20), (500, 4), (5000, 2)]
)
def test_long_animations_play_faster(epochs: int, stays: int) -> None:
    assert pace(epochs) == stays
