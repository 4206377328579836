import numpy as np
import pytest

from gradevo.layers import Layer, LayerGraph
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import house_style
from gradevo.pictures.style.panels import (
    HEADING,
    Section,
    grid,
    panels,
    role_colors,
    section_panels,
    section_rows,
    sections,
    shown_roles,
    wrapped,
)


def test_tensors_are_grouped_by_layer_in_model_order():
    tensors = ("block/conv/kernel", "block/conv/bias", "dense/kernel", "scale", "dense/bias")
    assert LayerGraph().layers_of(tensors) == [
        Layer("block/conv", "", ("block/conv/kernel", "block/conv/bias")),
        Layer("dense", "", ("dense/kernel", "dense/bias")),
        Layer("scale", "", ("scale",)),
    ]


def test_a_recurrent_layers_tensors_are_those_of_its_node_and_shared_ones_of_the_first():
    graph = LayerGraph(
        (
            Layer("gru", "GRU", ("gru/gru_cell/kernel", "gru/gru_cell/bias")),
            Layer("again", "Dense", ("gru/gru_cell/bias", "again/w")),
        )
    )
    assert graph.layers_of(["gru/gru_cell/kernel", "gru/gru_cell/bias", "again/w", "other/w"]) == [
        Layer("gru", "GRU", ("gru/gru_cell/kernel", "gru/gru_cell/bias")),
        Layer("again", "Dense", ("again/w",)),
        Layer("other", "", ("other/w",)),
    ]


def test_every_role_has_its_own_colour_as_long_as_there_are_any():
    colors = role_colors(
        [f"layer/{name}" for name in ("kernel", "recurrent_kernel", "bias", "gamma", "alpha")]
    )
    assert len(set(colors.values())) == 5
    assert len(role_colors([f"layer/w{number}" for number in range(40)])) == 40


@pytest.mark.parametrize(
    ("panels", "expected"),
    [(1, (1, 1)), (4, (1, 4)), (6, (2, 3)), (7, (2, 4)), (14, (3, 5)), (15, (3, 5)), (54, (11, 5))],
)
def test_the_grid_leaves_few_places_empty(panels, expected):
    assert grid(panels) == expected


@pytest.mark.parametrize("panels", range(1, 120))
def test_the_grid_holds_all_panels(panels):
    rows, columns = grid(panels)
    assert (rows - 1) * columns < panels <= rows * columns
    assert columns <= 5


def test_numbers_below_a_panel_stand_in_the_empty_place_there():
    def heights(count):
        with house_style():
            figure = new_figure(7, 4)
            layers = [Layer(str(place), "") for place in range(count)]
            drawn = panels(figure, layers, figure.add_gridspec(*grid(count)))
            for axes in drawn:
                axes.set_xlabel("epoch")
            figure.draw_without_rendering()
        tops = [axes.bbox.y0 - drawn[10].bbox.y1 for axes in (drawn[5], drawn[9])]
        return tops, [bool(axes.xaxis.get_tick_params()["labelbottom"]) for axes in drawn]

    full, labelled_full = heights(15)
    short, labelled_short = heights(14)
    assert short == pytest.approx(full, abs=1)
    assert [place for place, labelled in enumerate(labelled_short) if labelled] == [9, 10, 11, 12, 13]
    assert [place for place, labelled in enumerate(labelled_full) if labelled] == [10, 11, 12, 13, 14]


def test_long_names_break_where_they_may():
    assert wrapped("conv2d") == "conv2d"
    assert wrapped("a_long_block/batch_normalization_2") == "a_long_block/batch_\nnormalization_2"
    assert wrapped("x" * 30) == "x" * 22 + "\n" + "x" * 8


def layers_of(count):
    """Layers whose kernels are larger than their biases."""
    return [Layer(f"l{n}", "", (f"l{n}/bias", f"l{n}/kernel")) for n in range(count)]


def size(tensor):
    return 9 if tensor.endswith("kernel") else 3


def curve(tensor):
    """Kernels grow from layer to layer; biases the other way round."""
    number = int(tensor[1:].split("/")[0])
    return np.full(4, float(number if tensor.endswith("kernel") else -number))


def test_as_many_layers_as_fit_are_all_shown_and_ranked_by_nothing():
    def never(tensor):
        raise AssertionError

    layers = layers_of(30)
    assert sections(layers, size, never, "steps") == ([Section(layers)], [])


def test_more_are_ranked_by_their_largest_tensor():
    parts, remarks = sections(layers_of(31), size, curve, "steps")
    assert [[layer.id for layer in part.layers] for part in parts] == [
        ["l30", "l29", "l28", "l27", "l26"],
        ["l0", "l1", "l2", "l3", "l4"],
        ["l5", "l6", "l7", "l8", "l9"],  # all courses are flat: the first ones
    ]
    assert parts[0].heading == "the largest, by their median over the steps"
    assert remarks == ["15 of 31 layers, ranked by their largest tensor", "16 not shown"]


def test_sections_have_headings_and_axes_of_their_own():
    parts, _ = sections(layers_of(40), size, curve, "epochs")
    rows = section_rows(parts, 5)
    assert rows == [HEADING, 1.0] * 3
    with house_style():
        figure = new_figure(7, 4)
        drawn = section_panels(figure, parts, figure.add_gridspec(len(rows), 5, height_ratios=rows))
        headings = [axes.texts[0].get_text() for axes in figure.axes if axes.texts]
        figure.draw_without_rendering()
    assert [[axes.get_title("left") for axes in panels] for panels in drawn] == [
        [layer.id for layer in part.layers] for part in parts
    ]
    assert headings == [part.heading for part in parts]
    drawn[0][0].set_ylim(0, 7)
    assert [panels[4].get_ylim()[1] for panels in drawn] == [7, 1, 1]


def test_the_legend_names_the_roles_that_are_shown():
    parts = [Section([Layer("a", "", ("a/kernel",))])]
    assert shown_roles({"kernel": "blue", "bias": "red"}, parts) == {"kernel": "blue"}
