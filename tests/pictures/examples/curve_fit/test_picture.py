"""The parabola: moments of the run compared with backpropagation by hand, and the picture drawn of them."""

import itertools
import json

import av
import numpy as np
import pytest
from matplotlib.text import Text
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

import gradevo
from gradevo.datasets.dataset import Dataset
from gradevo.datasets.prepared import save
from gradevo.errors import GradevoError
from gradevo.pictures.examples.curve_fit.moments import Record
from gradevo.pictures.examples.curve_fit.picture import CurveFit, draw_fit
from gradevo.runfile.reader import Run
from gradevo.testing import write_run

UNITS, RATE = 10, 0.1
SHAPES = {
    "hidden/kernel": (1, UNITS),
    "hidden/bias": (UNITS,),
    "output/kernel": (UNITS, 1),
    "output/bias": (1,),
}
MODEL = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            {"class_name": "Dense", "config": {"name": name, "activation": activation, "use_bias": True}}
            for name, activation in (("hidden", "relu"), ("output", "linear"))
        ]
    },
}


def start():
    """Data and initial weights: x, y (100, 1), and w1, b1, w2, b2 in the shapes of the run."""
    np.random.seed(0)  # noqa: NPY002  the original's data
    x = np.linspace(-1, 1, 100)[:, np.newaxis]
    y = x**2 + np.random.normal(0, 0.1, x.shape)  # noqa: NPY002
    w1 = np.random.randn(1, UNITS) * 0.5  # noqa: NPY002
    w2 = np.random.randn(UNITS, 1) * 0.5  # noqa: NPY002
    return x, y, [w1, np.zeros(UNITS), w2, np.zeros(1)]


def loss_of(x, y, weights):
    w1, b1, w2, b2 = weights
    return np.mean((np.maximum(x @ w1 + b1, 0) @ w2 + b2 - y) ** 2)


def gradients_of(x, y, weights):
    w1, b1, w2, b2 = weights
    z = x @ w1 + b1
    hidden = np.maximum(z, 0)
    error = 2 * (hidden @ w2 + b2 - y) / len(x)
    back = (error @ w2.T) * (z > 0)
    return [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]


def write(path, x, y, weights, steps, batch_size=None, **experiment):
    """Gradient descent on all examples, recorded; gives all weights, row by row."""
    rows, gradients = [weights], []
    for _ in range(steps):
        gradients.append(gradients_of(x, y, rows[-1]))
        rows.append([w - RATE * gradient for w, gradient in zip(rows[-1], gradients[-1], strict=True)])
    losses = np.array([loss_of(x, y, weights) for weights in rows])
    write_run(
        path,
        {
            name: np.reshape([g[i] for g in gradients], (steps, *s))
            for i, (name, s) in enumerate(SHAPES.items())
        },
        1,
        weights={name: np.array([row[i] for row in rows]) for i, name in enumerate(SHAPES)},
        losses=losses[:-1],
        metrics={"train": {"loss": losses[1:]}},
        experiment={
            "title": "Parabola",
            "loss": "mean_squared_error",
            "optimizer": {"name": "sgd", "learning_rate": RATE},
            **experiment,
        },
        seed=0,
        attributes={"model": json.dumps(MODEL)},
        epochs=max(steps, 1),  # a run without a complete epoch is cut
        batch_sizes=[batch_size or len(x)],
        dtype="float64",
    )
    return rows


def prepared(path, x, y):
    x, y = x.astype(np.float32), y.ravel().astype(np.float32)
    provenance = {"kind": "own data", "file": "parabola.npz", "sha256": "0" * 64}
    save(Dataset("parabola", "Parabola", "regression", None, x, y, x, y, provenance), path)
    return path


@pytest.fixture(scope="module")
def parabola(tmp_path_factory):
    """Run file, data, and all weights of the 101 steps."""
    folder = tmp_path_factory.mktemp("parabola")
    x, y, weights = start()
    rows = write(folder / "run.h5", x, y, weights, 101)
    return folder / "run.h5", prepared(folder / "data.npz", x, y), rows


@pytest.fixture
def record(parabola):
    with Run(parabola[0]) as run:
        yield Record(run, parabola[1])


def test_the_data_and_weights_are_the_original_ones():
    _, y, weights = start()
    assert y[0, 0] == pytest.approx(1.17640523, abs=1e-8)
    assert weights[0][0, 0] == pytest.approx(0.94157535, abs=1e-8)


@pytest.mark.parametrize("step", [0, 5, 100])
def test_a_moment_pairs_the_weights_before_the_step_with_the_gradient_at_them(record, parabola, step):
    x, y, _ = start()
    weights = parabola[2][step]
    moment = record.at(step)
    for shown, expected in zip(moment.weights, weights, strict=True):
        assert_array_equal(shown, expected.ravel())
    for shown, expected in zip(moment.gradients, gradients_of(x, y, weights), strict=True):
        assert_array_equal(shown, expected.ravel())
    assert moment.loss == loss_of(x, y, weights)
    # A finite difference of the loss at the weights shown is the gradient shown.
    moved = [weights[0] + 1e-6 * np.eye(UNITS)[0], *weights[1:]]
    assert (loss_of(x, y, moved) - moment.loss) / 1e-6 == pytest.approx(moment.gradients[0][0], abs=1e-5)


def test_the_curve_bends_where_hidden_neurons_switch(record, parabola):
    w1, b1, w2, b2 = parabola[2][50]
    moment = record.at(50)
    at, height = moment.kinks
    assert_allclose(at, np.sort(-b1 / w1[0]))
    assert_allclose(height, (np.maximum(at[:, np.newaxis] @ w1 + b1, 0) @ w2 + b2).ravel(), atol=1e-12)
    assert_allclose(
        moment.curve[[0, -1]], [np.maximum(x * w1[0] + b1, 0) @ w2[:, 0] + b2[0] for x in (-1, 1)]
    )


def test_a_neuron_that_is_zero_for_all_data_is_told(tmp_path):
    x, y, weights = start()
    weights[1] = np.where(np.arange(UNITS) == 3, -5.0, 0.0)  # |w1| < 1: never above zero
    write(tmp_path / "run.h5", x, y, weights, 1)
    with Run(tmp_path / "run.h5") as run:
        moment = Record(run, prepared(tmp_path / "data.npz", x, y)).at(0)
    assert moment.active == [place != 3 for place in range(UNITS)]


def test_no_artist_is_added_and_no_axis_moves(record):
    picture = CurveFit(record, range(0, 101, 5))
    artists = picture.figure.findobj()
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in picture.figure.axes]
    for frame in (20, 3, 0, 11):
        picture.update(frame)
    assert [id(artist) for artist in picture.figure.findobj()] == [id(artist) for artist in artists]
    assert [(axes.get_xlim(), axes.get_ylim()) for axes in picture.figure.axes] == limits


def texts(picture):
    return [
        text for text in picture.figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()
    ]


def test_every_parameter_and_every_gradient_is_written(record, parabola):
    picture = CurveFit(record, range(0, 101, 5))
    picture.update(4)
    written = [text.get_text() for text in texts(picture)]
    w1, b1, w2, b2 = parabola[2][20]
    for value in (*w1.ravel(), *w2.ravel()):  # in its cell and at its edge
        assert written.count(f"{value:+.2f}".replace("-", "−")) >= 2
    for value in (*b1, *b2):
        assert f"b {value:+.2f}".replace("-", "−") in written
    for gradient in record.at(20).gradients:
        for value in gradient * 1000:
            number = f"{value:+.0f}" if abs(value) >= 9.95 else f"{value:+.1f}"
            assert (number[1:] if float(number) == 0 else number).replace("-", "−") in written


def test_the_scales_of_weights_and_gradients_are_symmetric(record):
    picture = CurveFit(record, range(0, 101, 5))
    norms = [image.norm for axes in picture.figure.axes for image in axes.images][
        1:
    ]  # after the legend's bar
    assert [(norm.vmin, norm.vmax) for norm in norms] == [(-norm.vmax, norm.vmax) for norm in norms]
    assert len({norm.vmax for norm in norms}) == 1
    for axes in picture.figure.axes:
        if "∂" in axes.get_title(loc="left") or "bias" in axes.get_title(loc="left"):
            low, high = axes.get_ylim()
            assert low == -high


def test_letters_are_large_enough_inside_the_picture_and_apart(record, monkeypatch):
    drawn = []
    draw = Text.draw

    def remembering(text, renderer):
        drawn.append(text)
        draw(text, renderer)

    monkeypatch.setattr(Text, "draw", remembering)
    picture = CurveFit(record, range(0, 101, 5))
    for frame in (0, 4, 20):
        picture.update(frame)
        drawn.clear()
        picture.figure.draw_without_rendering()
        shown = [text for text in drawn if text.get_text() and text.get_visible()]
        assert len(shown) > 150
        boxes = [(text, text.get_window_extent()) for text in shown]
        for text, box in boxes:
            assert text.get_fontsize() >= 9, text
            assert min(box.x0, box.y0) >= 0, text
            assert box.x1 <= 1600, text
            assert box.y1 <= 1100, text
        for (one, first), (other, second) in itertools.combinations(boxes, 2):
            assert not first.padded(-1).overlaps(second.padded(-1)), (one, other)


def test_the_files_are_pictures_of_every_nth_step_and_the_gif_the_same_every_time(parabola, tmp_path):
    run, data, _ = parabola
    for name in ("one", "two"):
        draw_fit(run, data, tmp_path / f"{name}.gif", tmp_path / f"{name}.mp4", every=50)
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()
    with Image.open(tmp_path / "one.gif") as gif:
        assert gif.size == (1600, 1100)
        assert gif.n_frames == 3
    with av.open(str(tmp_path / "one.mp4")) as mp4:
        assert sum(1 for _ in mp4.decode(video=0)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 50}, r"all 100 examples .* found 1 steps an epoch, batches of \[50\]"),
        ({"steps": 0}, "at least one complete epoch, found none"),
    ],
)
def test_other_runs_are_refused_in_one_line(tmp_path, change, message):
    x, y, weights = start()
    write(tmp_path / "run.h5", x, y, weights, **{"steps": 1, **change})
    data = prepared(tmp_path / "data.npz", x, y)
    with pytest.raises(GradevoError, match=message):
        draw_fit(tmp_path / "run.h5", data, tmp_path / "a.gif", tmp_path / "a.mp4")
    assert {path.name for path in tmp_path.iterdir()} == {"run.h5", "data.npz"}


def test_the_figure_is_the_last_step(parabola):
    run, data, _ = parabola
    drawn = gradevo.figure("fit", run, data=data)
    assert any(text.get_text().startswith("step 100 of 100 ") for text in drawn.texts)
