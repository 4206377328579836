import itertools

import numpy as np
import pytest

from gradevo.layers import Layer, LayerGraph
from gradevo.pictures.heatmaps.canvas import (
    BELOW_HEADING,
    BUDGET,
    CELL,
    COLUMN,
    HIGHEST,
    LOWEST,
    MOST,
    THIN,
    WIDTH,
    Canvas,
    frame_height,
    groups_of,
    lefts,
    rows_of,
)
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics

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


def test_headings_stand_above_their_tensors():
    shapes = {"a/kernel": (9, 9), "b/kernel": (9, 9), "c/kernel": (9, 9)}
    plain, headed = rows_of(shapes, LayerGraph()), rows_of(shapes, LayerGraph(), {"a/kernel", "c/kernel"})
    moved = [other.top - one.top for one, other in zip(plain, headed, strict=True)]
    assert moved == [BELOW_HEADING, BELOW_HEADING, 2 * BELOW_HEADING]


def deep(count, epochs=3):
    """Vectors whose gradients grow by a factor of 1.05 from one to the next, but the 20th, which turns."""
    gradients = {f"l{n}/w": np.full((epochs, 2), 1.05**n) for n in range(count)}
    gradients["l20/w"] *= np.geomspace(1e-2, 1e2, epochs)[:, None]
    return gradients


def with_norms(path, gradients):
    norms = [np.linalg.norm(values, axis=1) for values in gradients.values()]
    columns = np.stack([*norms, np.sum(norms, axis=0)], axis=1)
    shapes = {tensor: values.shape[1:] for tensor, values in gradients.items()}
    return write_statistics(path, shapes, len(columns), series={"l2_norm": columns}, gradients=gradients)


@pytest.mark.parametrize(("count", "shown"), [(48, 48), (49, 24), (700, 24)])
def test_of_many_tensors_ranked_ones_are_shown(tmp_path, count, shown):
    with Statistics(with_norms(tmp_path / "statistics.h5", deep(count))) as statistics:
        groups, canvas = groups_of(statistics), Canvas(statistics)
        assert sum(len(group.names) for group in groups) == len(canvas.sizes) == shown
        assert canvas.height < 4000
        if count > MOST:
            largest, smallest, unusual = groups
            assert largest.names == tuple(f"l{n}/w" for n in range(count - 1, count - 9, -1))
            assert smallest.names == tuple(f"l{n}/w" for n in range(8))
            assert unusual.names[0] == "l20/w"


def test_a_frame_says_how_many_of_how_many_it_shows(tmp_path):
    with Statistics(with_norms(tmp_path / "statistics.h5", deep(60))) as statistics:
        canvas = Canvas(statistics)
        assert canvas._words(1)[1] == "seed 13 · 24 of 60 tensors, chosen by ‖g[e]‖₂"
        frame = canvas.frame(1, {tensor: np.zeros((3, 1, 2), np.uint8) for tensor in canvas.sizes})
    assert frame.shape == (canvas.height, canvas.width)


def test_many_tensors_without_a_complete_epoch_have_a_frame(tmp_path):
    with Statistics(with_norms(tmp_path / "statistics.h5", deep(60, epochs=0))) as statistics:
        assert list(Canvas(statistics).sizes) == [f"l{n}/w" for n in range(8)]
