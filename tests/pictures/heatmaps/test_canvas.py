import itertools

import pytest

from gradevo.layers import Layer, LayerGraph
from gradevo.pictures.heatmaps.canvas import (
    BUDGET,
    CELL,
    COLUMN,
    HIGHEST,
    LOWEST,
    THIN,
    WIDTH,
    frame_height,
    lefts,
    rows_of,
)

MANY = {
    f"layer_{place}/{name}": shape
    for place in range(15)
    for name, shape in (("kernel", (2048, 1024)), ("bias", (1024,)))
}


def test_the_columns_fit_into_the_frame():
    first, second, third = lefts()
    assert first + COLUMN < second < second + COLUMN < third
    assert third + COLUMN < WIDTH


@pytest.mark.parametrize(
    "shapes", [{"a": (4, 8)}, {"a": ()}, {"x/kernel": (1600, 10), "x/bias": (10,)}, MANY]
)
def test_every_tensor_has_a_place_of_its_own(shapes):
    rows = rows_of(shapes, LayerGraph())
    assert [row.tensor for row in rows] == list(shapes)
    for above, below in itertools.pairwise(rows):
        assert above.top + above.height < below.top
    assert frame_height(rows) % 2 == 0
    assert not any(row.top % CELL or row.height % CELL for row in rows)  # so H.264 keeps their colours
    assert frame_height(rows) > rows[-1].top + rows[-1].height


def test_cells_are_square_within_limits():
    heights = {
        row.tensor: row.height
        for row in rows_of({"a": (4, 16), "b": (8, 8), "c": (2, 99), "d": (9,), "e": (99, 2)}, LayerGraph())
    }
    assert heights == {"a": COLUMN * 4 // 16, "b": HIGHEST, "c": LOWEST, "d": THIN, "e": HIGHEST}


def test_layers_stand_apart():
    rows = rows_of({"a/kernel": (9, 9), "a/bias": (9,), "b/kernel": (9, 9)}, LayerGraph())
    gaps = [below.top - above.top - above.height for above, below in itertools.pairwise(rows)]
    assert gaps[0] < gaps[1]


def test_a_layer_of_the_graph_stands_together_whatever_its_tensors_are_called():
    graph = LayerGraph(
        (Layer("gru", "GRU", ("gru/cell/kernel", "gru/bias")), Layer("b", "Dense", ("b/kernel",))), ()
    )
    rows = rows_of({"gru/cell/kernel": (9, 9), "gru/bias": (9,), "b/kernel": (9, 9)}, graph)
    gaps = [below.top - above.top - above.height for above, below in itertools.pairwise(rows)]
    assert gaps[0] < gaps[1]


def test_many_matrices_give_way():
    heights = [row.height for row in rows_of(MANY, LayerGraph()) if row.tensor.endswith("kernel")]
    assert set(heights) == {LOWEST}
    few = rows_of({tensor: MANY[tensor] for tensor in list(MANY)[:12]}, LayerGraph())
    assert abs(sum(row.height for row in few) - BUDGET) <= len(few)
