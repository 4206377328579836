import hashlib

import av
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

import gradevo
from gradevo.errors import GradevoError
from gradevo.pictures.examples.decision_surface.picture import FlowPicture, draw_flow
from gradevo.pictures.examples.decision_surface.record import plane
from gradevo.pictures.examples.network import Network
from gradevo.pictures.film.stage import Stage
from gradevo.pictures.style.house import GREEN, GREY, VERMILION, house_style
from gradevo.runfile.reader import Run

from ..conftest import save_plane


@pytest.fixture
def picture(small_run, xor):
    """A function that builds the picture of a run; the file stays open for the test."""
    opened = []

    def build(**options):
        run = Run(small_run(**options).path)
        opened.append(run)
        network = Network.of(run)
        x, y, labels = plane(network, xor)
        return FlowPicture(network, x, y, labels)

    yield build
    for run in opened:
        run.__exit__(None, None, None)


def test_a_frame_an_epoch_in_both_files(small_run, xor, tmp_path):
    paths = tmp_path / "a" / "flow.gif", tmp_path / "a" / "flow.mp4"
    draw_flow(small_run(epochs=4).path, xor, *paths)
    with Image.open(paths[0]) as image:
        assert (image.n_frames, image.size) == (4, (1440, 708))
    with av.open(str(paths[1])) as video:
        assert sum(1 for _ in video.decode(video=0)) == 4
    again = tmp_path / "b" / "flow.gif", tmp_path / "b" / "flow.mp4"
    draw_flow(small_run(epochs=4).path, xor, *again)
    for one, two in zip(paths, again, strict=True):
        assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()


@house_style()
def test_drawing_only_what_moves_gives_the_pixels_of_a_full_draw(picture):
    options = {"epochs": 3, "stop_below": 0.001, "weights": {"hidden/kernel": 0, "hidden/bias": [-1, 1]}}
    fast, full = picture(**options), picture(**options)
    fast.update(0)
    full.update(0)
    stage, whole = Stage(fast.figure, fast.moving), Stage(full.figure)
    for frame in (2, 0, 1):
        fast.update(frame)
        full.update(frame)
        assert_array_equal(stage.picture(), whole.picture())


def artists(figure):
    return {id(artist) for artist in figure.findobj()}


def test_no_artist_is_added_by_a_frame(picture):
    shown = picture(epochs=3)
    shown.update(0)
    shown.figure.draw_without_rendering()  # ticks are made when they are needed
    before = artists(shown.figure)
    for frame in (1, 2, 0):
        shown.update(frame)
    assert artists(shown.figure) == before


def test_a_frame_shows_gradients_of_its_epoch_and_the_weights_after_it(picture):
    gradients = {"hidden/kernel": np.repeat([1.0, 2.0, 4.0], 3)[:, None, None] * [[1, -2], [3, -4]]}
    gradients["hidden/bias"] = 0
    weights = {"hidden/kernel": 0, "hidden/bias": [[1, 1], [-1, 1], [1, 1], [1, -1]]}
    shown = picture(epochs=3, gradients=gradients, weights=weights, losses=[0.6, 0.55, 0.5])
    shown.update(1)
    words = {edge: label.get_text() for edge, (_, label) in shown._diagram._edges.items() if edge[0] == 0}
    assert words == {(0, 0, 0): "2.00", (0, 0, 1): "4.00", (0, 1, 0): "6.00", (0, 1, 1): "8.00"}
    dead = [[shown._diagram._nodes[1, unit].cross.get_visible() for unit in (0, 1)]]
    assert shown._title.get_text() == "Toy · epoch 2 of 3 · loss 0.5500"
    hidden = shown._lines[0]
    assert_allclose(hidden.get_xdata(), [1, 2])
    assert_allclose(hidden.get_ydata(), np.sqrt(30) * np.array([1, 2]))
    for frame in (0, 2):
        shown.update(frame)
        dead.append([shown._diagram._nodes[1, unit].cross.get_visible() for unit in (0, 1)])
    assert dead == [[False, False], [True, False], [False, True]]


@pytest.mark.parametrize(
    ("options", "words", "colour"),
    [
        (
            {
                "losses": [0.5, 0.4, 0.3],
                "stop_below": 0.001,
                "weights": {"hidden/bias": -99, "hidden/kernel": 0},
            },
            "stuck above the threshold 0.001 after 3 epochs, 2 hidden units dead",
            VERMILION,
        ),
        (
            {"losses": [0.5, 0.4, 1e-4], "stop_below": 0.001, "planned": 100},
            "converged: loss below 0.001 after epoch 3",
            GREEN,
        ),
        ({"weights": {"hidden/kernel": 0, "hidden/bias": 1}}, "ended after 3 epochs", GREY),
    ],
)
def test_the_last_frame_says_how_the_run_ended(picture, options, words, colour):
    shown = picture(**options)
    shown.update(1)
    assert shown._status.get_text() == ""
    shown.update(2)
    assert (shown._status.get_text(), shown._status.get_color()) == (words, colour)
    header = shown._title.get_window_extent(), shown._status.get_window_extent()
    assert not header[0].overlaps(header[1])


def test_axes_do_not_jump(picture):
    shown = picture(epochs=3)
    shown.update(0)
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in shown.figure.axes]
    shown.update(2)
    assert [(axes.get_xlim(), axes.get_ylim()) for axes in shown.figure.axes] == limits


@pytest.mark.parametrize("sizes", [(2, 1), (2, 8, 1), (2, 8, 8, 1), (2, 3, 3, 3, 1)])
def test_texts_stay_inside_the_picture(picture, sizes):
    shown = picture(sizes=sizes)
    shown.update(2)
    shown.figure.draw_without_rendering()
    width, height = shown.figure.bbox.size
    for text in shown.figure.findobj(lambda artist: hasattr(artist, "get_text")):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
            assert inside or not text.axes, text


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"sizes": (3, 2, 1)}, "found 3-2-1 units and sigmoid"),
        ({"sizes": (2, 2, 2)}, "found 2-2-2 units and sigmoid"),
        ({"sizes": (2, 9, 1)}, "found 2-9-1 units and sigmoid"),
        ({"activations": ["relu", "linear"]}, "found 2-2-1 units and linear"),
    ],
)
def test_other_networks_are_refused(small_run, xor, tmp_path, options, found):
    with pytest.raises(GradevoError, match=found) as raised:
        draw_flow(small_run(**options).path, xor, tmp_path / "a.gif", tmp_path / "a.mp4")
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_other_data_are_refused(small_run, tmp_path):
    x = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    three = save_plane(tmp_path / "three.npz", x, np.arange(6) % 2)
    classes = save_plane(tmp_path / "classes.npz", x[:, :2], np.arange(6) % 3, ("a", "b", "c"))
    for data, found in ((three, r"shape \(3,\) and 2 classes"), (classes, r"shape \(2,\) and 3 classes")):
        with pytest.raises(GradevoError, match=found):
            draw_flow(small_run().path, data, tmp_path / "a.gif", tmp_path / "a.mp4")


def test_a_run_without_an_epoch_is_refused(small_run, xor, tmp_path):
    with pytest.raises(GradevoError, match="no complete epoch"):
        draw_flow(small_run(epochs=0, planned=3).path, xor, tmp_path / "a.gif", tmp_path / "a.mp4")


def test_the_figure_is_the_last_frame(small_run, xor):
    drawn = gradevo.figure("flow", small_run(epochs=4, losses=[4, 3, 2, 1]).path, data=xor)
    assert "Toy · epoch 4 of 4 · loss 1.0000" in [text.get_text() for text in drawn.texts]
