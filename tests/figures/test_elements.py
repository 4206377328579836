from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from numpy.testing import assert_array_equal

from gradevo.figures import elements
from gradevo.figures.style import BLUE, ORANGE


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
    assert [color for color, _ in lines[4:]] == [BLUE, ORANGE]


def test_thirty_tensors_get_fifteen_panels(toy, deep):
    figure = elements.draw([toy(shapes=deep)])
    assert len(figure.axes) == 15
    assert all(len(axes.lines) == 4 for axes in figure.axes)
    assert figure.get_figwidth() == 7
