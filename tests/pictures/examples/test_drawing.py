import pytest

from gradevo.pictures.examples.drawing import film_figure, fine_ticks


@pytest.mark.parametrize(
    ("low", "high", "least"), [(0.21, 0.38, 2), (0.02, 0.9, 4), (1e-4, 1, 3), (1e-9, 1, 3)]
)
def test_logarithmic_axes_have_numbers(low, high, least):
    axes = film_figure(9.6, 4.72, 150).add_subplot()
    axes.set(yscale="log", ylim=(low, high))
    fine_ticks(axes.yaxis, low, high)
    shown = [tick for tick in axes.get_yticks() if low <= tick <= high]
    assert least <= len(shown) <= 12
