import math

import av
import numpy as np
import pytest
from PIL import Image

from gradevo.health.record import findings
from gradevo.pictures.film.stage import Stage
from gradevo.pictures.layer_graph.figure import GraphFigure
from gradevo.pictures.layer_graph.picture import FRAMES, animate_graph, shown_epochs
from gradevo.pictures.layer_graph.style import scale_of
from gradevo.pictures.layer_graph.values import graph_values
from gradevo.pictures.style.house import house_style

LAYERS = ("input", "InputLayer"), ("dense", "Dense"), ("dense_1", "Dense")
NORMS = {"dense": [4, 1, 0.25, 0], "dense_1": [1, 2, 4, 8]}
EDGES = [[math.nan, 0.5], [math.nan, 0.25], [math.nan, 2**-9], [math.nan, 0]]


@pytest.fixture
def run(graph_run, chain):
    return graph_run(chain(*LAYERS), epochs=4, norms=NORMS, edges=EDGES)


def test_a_frame_an_epoch_or_every_kth_and_the_last():
    assert shown_epochs(0) == []
    assert shown_epochs(1) == [1]
    assert shown_epochs(FRAMES) == list(range(1, FRAMES + 1))
    assert shown_epochs(500)[:3] == [1, 4, 7]
    assert shown_epochs(500)[-2:] == [499, 500]
    for epochs in (201, 500, 1000, 12345):
        shown = shown_epochs(epochs)
        assert len(shown) <= FRAMES + 1
        assert (shown[0], shown[-1]) == (1, epochs)


def test_both_files_hold_every_epoch_and_are_the_same_every_time(run, tmp_path):
    values = graph_values(run, findings(run))
    for name in ("one", "other"):
        animate_graph(run, values, tmp_path / f"{name}.gif", tmp_path / f"{name}.mp4")
    for kind in ("gif", "mp4"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"other.{kind}").read_bytes()
    with Image.open(tmp_path / "one.gif") as gif:
        assert gif.n_frames == 4
        assert gif.width == 980
    with av.open(str(tmp_path / "one.mp4")) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(frames) == 4
    assert frames[0].shape == (gif.height, gif.width, 3)
    assert len({frame.tobytes() for frame in frames}) == 4


@house_style()
def test_what_moves_is_drawn_as_in_a_full_picture(run):
    """The artists that the film redraws are all that change."""
    values = graph_values(run, findings(run))
    drawn = GraphFigure(run, values, (scale_of(values.node_norms), scale_of(values.edge_norms)))

    def show(epoch):
        drawn.title.set_text(f"epoch {epoch}")
        found = [{"dead": ["✕ dead"]} if epoch == 3 and place == 1 else {} for place in range(3)]
        drawn.show(values.node_norms[epoch], values.edge_norms[epoch], found)

    show(0)
    stage = Stage(drawn.figure, drawn.moving)
    quick = []
    for epoch in (0, 3, 1):
        show(epoch)
        quick.append(stage.picture())
    full = Stage(drawn.figure)
    for epoch, picture in zip((0, 3, 1), quick, strict=True):
        show(epoch)
        np.testing.assert_array_equal(full.picture(), picture)


def test_a_run_without_an_epoch_gets_a_frame(graph_run, chain, tmp_path):
    run = graph_run(chain(*LAYERS), epochs=0, edges=np.empty((0, 2)))
    animate_graph(run, graph_values(run, []), tmp_path / "a.gif", tmp_path / "a.mp4")
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 1
