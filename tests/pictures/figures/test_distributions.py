"""Distributions of elements: panels, colours and lines of counts that were written by hand."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.pictures.figures import distributions
from gradevo.pictures.figures.distributions import draw
from gradevo.pictures.style.house import ORANGE, VERMILION
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics


@pytest.fixture
def figure_of(tmp_path):
    def drawn(sizes, zeros=None, epochs=2):
        """sizes: tensor -> biased exponent -> count of every epoch."""
        exponents, none = {}, {}
        for tensor, counts in sizes.items():
            exponents[tensor] = np.zeros((epochs, 2, 256), np.int64)
            for place, count in counts.items():
                exponents[tensor][:, 0, place] = count
            none[tensor] = np.full(epochs, (zeros or {}).get(tensor, 0))
            exponents[tensor][:, 1, 0] += none[tensor]
        path = tmp_path / "statistics.h5"
        write_statistics(path, dict.fromkeys(sizes, (8,)), epochs, exponents=exponents, zeros=none)
        with Statistics(path) as run:
            return draw(run)

    return drawn


def panels(figure):
    """Name of the tensor -> its panel."""
    return {
        axes.child_axes[0].get_title("left"): axes
        for axes in figure.axes
        if axes.child_axes and axes.collections
    }


def test_a_panel_shows_shares_quantiles_and_zeros(figure_of):
    figure = figure_of({"a": {127: 3, 120: 1}, "b": {110: 4}}, zeros={"a": 4})
    shown = panels(figure)
    assert list(shown) == ["a", "b"]
    colors = shown["a"].collections[0].get_array()
    assert colors.shape == (255, 2)
    assert_allclose([colors[127], colors[120]], [[3 / 8] * 2, [1 / 8] * 2])
    assert colors.mask.sum() == 253 * 2  # nothing is no colour
    lines = [line.get_ydata() for line in shown["a"].lines if to_hex(line.get_color()) == ORANGE]
    assert_allclose(lines, [[-6.8] * 2, [1 / 3] * 2, [14 / 15] * 2])
    strip = shown["a"].child_axes[0].patches[0]
    assert_array_equal(strip.get_data().values, [0.5, 0.5])


def test_limits_of_formats_are_marked_where_the_axis_has_them(figure_of):
    figure = figure_of({"a": {127: 1, 100: 1}})
    (axes,) = panels(figure).values()
    marked = [line.get_ydata()[0] for line in axes.lines if to_hex(line.get_color()) == VERMILION]
    assert sorted(marked) == [-25, -17, -10]
    assert [text.get_text() for text in axes.texts] == ["0 in e4m3", "0 in e5m2", "0 in float16"]


def test_of_many_tensors_those_with_the_smallest_elements_are_shown(figure_of, monkeypatch):
    monkeypatch.setattr(distributions, "MOST_TENSORS", 2)
    figure = figure_of({"big": {140: 1}, "small": {100: 1}, "middle": {120: 1}})
    assert list(panels(figure)) == ["small", "middle"]
    assert figure.texts[1].get_text().endswith("the 2 of 3 tensors with the smallest elements")


def test_many_epochs_are_counted_together(figure_of):
    figure = figure_of({"a": {127: 1}}, epochs=301)
    (axes,) = panels(figure).values()
    assert axes.collections[0].get_array().shape == (255, 101)
    assert "3 epochs together" in figure.texts[1].get_text()
    assert axes.get_xlim() == (0.5, 301.5)


def test_gradients_that_are_all_zero_have_zeros_and_no_lines(figure_of):
    (axes,) = panels(figure_of({"a": {}}, zeros={"a": 5})).values()
    assert axes.collections[0].get_array().mask.all()
    assert axes.child_axes[0].patches[0].get_data().values.tolist() == [1, 1]
