"""How long frames stay."""

import pytest

from gradevo.pictures.film.pace import centiseconds


@pytest.mark.parametrize(("epochs", "pace"), [(1, 100), (10, 100), (20, 100), (100, 20), (500, 4), (5000, 2)])
def test_long_animations_play_faster(epochs: int, pace: int) -> None:
    assert centiseconds(epochs) == pace
