import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from numpy.testing import assert_array_equal

from gradevo.bands import round_size
from gradevo.pictures.figures import elements
from gradevo.pictures.style.house import BLUE, ORANGE


def test_a_panel_shows_a_layers_tensors_solid_and_dashed(toy):
    run = toy()
    figure = elements.draw([run])
    assert [axes.get_title() or axes.get_title("left") for axes in figure.axes] == ["dense", "dense_1"]
    for axes, layer in zip(figure.axes, ("dense", "dense_1"), strict=True):
        expected = [
            (color, style, run.epoch(statistic, f"{layer}/{role}"))
            for role, color in (("kernel", BLUE), ("bias", ORANGE))
            for statistic, style in (("highest", "-"), ("highest_acc", "--"))
        ]
        for line, (color, style, values) in zip(axes.lines, expected, strict=True):
            assert (to_hex(line.get_color()), line.get_linestyle()) == (color, style)
            assert_array_equal(line.get_ydata(), values)
        assert axes.get_ylim()[0] == 0
    assert figure.get_supylabel() == "share of largest |A|"


def test_the_legend_pairs_all_solid_and_all_dashed_lines_and_names_the_roles(toy):
    figure = elements.draw([toy()])
    legend = figure.legends[0]
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["gradient", "accumulated gradient", "kernel", "bias"]
    lines = [(to_hex(line.get_color()), line.get_linestyle()) for line in legend.findobj(Line2D)]
    assert lines[:4] == [(BLUE, "-"), (ORANGE, "-"), (BLUE, "--"), (ORANGE, "--")]
    squares = [line for line in legend.findobj(Line2D) if line.get_marker() == "s"]
    assert [to_hex(line.get_color()) for line in squares] == [BLUE, ORANGE]


def test_many_epochs_become_median_and_range_of_bins(toy):
    run = toy(epochs=500)
    figure = elements.draw([run])  # two panels, each about three inches wide
    assert figure.texts[1].get_text().endswith("element · median and range of 5 epochs")
    line, band = figure.axes[0].lines[0], figure.axes[0].collections[0]
    bins = run.epoch("highest", "dense/kernel").reshape(-1, 5)
    assert_array_equal(line.get_xdata()[:2], [3.0, 8.0])
    assert_array_equal(line.get_ydata(), np.median(bins, axis=1))
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {(3.0, bins[0].min()), (3.0, bins[0].max())} <= corners


@pytest.mark.parametrize(
    ("epochs", "inches", "size"),
    [(15, 1.1, 1), (70, 1, 1), (71, 1, 2), (500, 1.4, 10), (500, 2.95, 5), (9000, 1, 200)],
)
def test_bins_of_epochs_are_round(epochs, inches, size):
    assert round_size(epochs, elements.POINTS_PER_INCH * inches) == size


def test_narrow_panels_have_no_markers_on_fifteen_epochs(toy, cifar10):
    figure = elements.draw([toy(shapes=cifar10, epochs=15)])
    assert {line.get_marker() for axes in figure.axes for line in axes.lines} == {"None"}


def test_thirty_tensors_get_fifteen_panels(toy, deep):
    figure = elements.draw([toy(shapes=deep)])
    assert len(figure.axes) == 15
    assert all(len(axes.lines) == 4 for axes in figure.axes)
    assert figure.get_figwidth() == 7


@pytest.mark.parametrize("layers", [31, 400])
def test_of_a_deep_network_ranked_layers_are_shown_on_a_page(toy, layers):
    figure = elements.draw([toy(shapes={f"layer_{place}/kernel": (2,) for place in range(layers)})])
    assert sum(bool(axes.get_title("left")) for axes in figure.axes) == 15
    assert f"15 of {layers} layers" in figure.texts[1].get_text()
    assert figure.get_figheight() * 300 < 4000


def test_a_legend_of_many_roles_stays_on_the_page(toy, check_readable):
    roles = ("embeddings", "gamma", "beta", "kernel", "bias", "recurrent_kernel")
    figure = elements.draw([toy(shapes={f"layer/{name}": (2,) for name in roles})])
    figure.draw_without_rendering()
    texts = figure.legends[0].get_texts()
    assert len(texts) == 8
    check_readable(figure, {text: text.get_window_extent() for text in texts})
