"""The rain: descents compared with their closed form, their names, and the pictures drawn of them."""

import itertools
import json

import av
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from PIL import Image
from typer.testing import CliRunner

import gradevo
from gradevo.cli.app import app
from gradevo.datasets.dataset import Dataset
from gradevo.datasets.prepared import save
from gradevo.errors import GradevoError
from gradevo.pictures.examples.descent.descents import draw_descents
from gradevo.pictures.examples.descent.descents import picture as picture_of
from gradevo.pictures.examples.descent.picture import DescentFilm, draw_descent, formulas, stages
from gradevo.pictures.examples.descent.quadratic import Squares, classify, read_descent
from gradevo.pictures.style.house import house_style
from gradevo.testing import write_run

X, T = np.array([0.0, 1.0, 2.0]), np.array([0.2, 1.3, 2.4])
RATES = (0.025, 0.01, 0.1, 0.15, 0.21)
LAYER = {"class_name": "Dense", "config": {"name": "line", "activation": "linear", "use_bias": False}}


def loss_of(w):
    return np.sum((w * X - T) ** 2)


def write(path, rate, steps=10, w=9.0, layers=(LAYER,), told=None, loss=loss_of, momentum=0.0):
    """Gradient descent from w, recorded; gives all w."""
    model = {"class_name": "Sequential", "config": {"layers": list(layers)}}
    optimizer = {"name": "sgd", "learning_rate": rate} if told is None else told
    rows, slopes, losses, velocity = [w], [], [], 0.0
    for _ in range(steps):
        slopes.append(np.sum(2 * (w * X - T) * X))
        losses.append(loss(w))
        velocity = momentum * velocity - rate * slopes[-1]
        w = w + velocity
        rows.append(w)
    write_run(
        path,
        {"line/kernel": np.reshape(slopes, (steps, 1, 1))},
        1,
        weights={"line/kernel": np.reshape(rows, (steps + 1, 1, 1))},
        losses=np.array(losses),
        metrics={"train": {"loss": [loss(w) for w in rows[1:]]}},
        experiment={"title": "Rain, some rate", "optimizer": optimizer},
        seed=0,
        attributes={"model": json.dumps(model)},
        epochs=max(steps, 1),
        batch_sizes=[3],
        dtype="float64",
    )
    return rows


def prepared(path, x=X, t=T):
    x, t = x[:, np.newaxis].astype(np.float32), t.astype(np.float32)
    provenance = {"kind": "own data", "file": "rain.npz", "sha256": "0" * 64}
    save(Dataset("rain", "Rain", "regression", None, x, t, x, t, provenance), path)
    return path


@pytest.fixture(scope="module")
def rain(tmp_path_factory):
    """Rate -> run file, and the data."""
    folder = tmp_path_factory.mktemp("rain")
    for rate in RATES:
        write(folder / f"{rate}.h5", rate)
    return {rate: folder / f"{rate}.h5" for rate in RATES}, prepared(folder / "data.npz")


def read(rain, rate):
    runs, data = rain
    return read_descent(runs[rate], data)


@pytest.mark.parametrize(
    ("product", "name"),
    [
        (1e-9, "slow"),
        (0.1, "slow"),
        (0.19, "slow"),
        (0.21, "steady"),
        (0.999, "steady"),
        (1, "fast"),
        (1 + 1e-9, "fast"),
        (1.001, "bumping"),
        (1.999, "bumping"),
        (2, "bouncing"),
        (2.001, "diverging"),
        (50, "diverging"),
    ],
)
def test_learning_rate_times_curvature_names_a_descent(product, name):
    assert classify(product) == name


def test_the_five_rates_have_the_five_names(rain):
    names = [read(rain, rate).name for rate in sorted(RATES)]
    assert names == ["slow", "steady", "fast", "bumping", "diverging"]


def test_curvature_and_lowest_point_come_from_the_data(rain, tmp_path):
    descent = read(rain, 0.1)
    assert descent.squares.curvature == 10  # 2 · (0 + 1 + 4)
    assert descent.squares.best == pytest.approx(6.1 / 5)  # (1.3 + 4.8) / 5
    assert descent.lowest == pytest.approx(0.048)
    assert Squares(np.array([3.0]), np.array([6.0])).curvature == 18
    assert Squares(np.array([3.0]), np.array([6.0])).best == 2


@pytest.mark.parametrize("rate", RATES)
def test_every_step_multiplies_the_distance_by_the_factor(rain, rate):
    descent = read(rain, rate)
    distance = descent.w - 1.22
    assert_allclose(distance, 7.78 * (1 - 10 * rate) ** np.arange(11), rtol=1e-6, atol=1e-6)
    assert descent.factor == pytest.approx(1 - 10 * rate)
    assert_allclose(descent.losses, 5 * distance**2 + 0.048, rtol=1e-6)
    assert_allclose(descent.slope, 10 * distance[:-1], atol=1e-6)


@settings(max_examples=50)
@given(
    x=st.lists(st.floats(-3, 3), min_size=1, max_size=5),
    w=st.floats(-5, 5),
    product=st.floats(0.01, 3),
)
def test_a_name_tells_what_a_step_does(x, w, product):
    squares = Squares(np.array(x), np.ones(len(x)))
    assume(squares.curvature > 1e-3)
    distance = w - squares.best
    assume(abs(distance) > 1e-3)
    slope = np.sum(2 * (w * squares.x - squares.t) * squares.x)
    after = distance - product / squares.curvature * slope
    tolerance = 1e-5 * abs(distance)
    match classify(product):
        case "slow" | "steady":
            assert -tolerance <= after * np.sign(distance) < abs(distance)
        case "fast":
            assert abs(after) <= tolerance
        case "bumping":
            assert -abs(distance) < after * np.sign(distance) <= tolerance
        case "bouncing":
            assert after == pytest.approx(-distance, rel=1e-5)
        case "diverging":
            assert abs(after) > abs(distance)


def test_a_step_that_stands_still_is_one_picture(rain):
    assert stages(read(rain, 0.025)) == [(step, stage) for step in range(10) for stage in range(6)]
    assert stages(read(rain, 0.1)) == [(0, stage) for stage in range(6)] + [
        (step, 5) for step in range(1, 10)
    ]


def test_formulas_hold_the_numbers_of_the_step(rain):
    assert formulas(read(rain, 0.15), 1) == (
        "w = −2.670",
        "loss = Σ(w·x − t)² = 0.04 + 15.76 + 59.91 = 75.71",
        "slope = Σ 2(w·x − t)·x = −38.900",
        "new w = w − learning rate · slope = −2.670 − 0.15 · (−38.900) = 3.165",
    )


def test_no_artist_is_added_and_every_frame_is_the_same_whatever_came_before(rain):
    picture = DescentFilm(read(rain, 0.1))
    artists = [id(artist) for artist in picture.figure.findobj()]
    fixed = [axes for axes in picture.figure.axes if "enlarged" not in axes.get_title(loc="left")]
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in fixed]
    shown = {}
    for frame in (0, 2, 5, 9, 3):
        picture.update(frame)
        shown[frame] = appearance(picture)
    for frame in (5, 3, 2, 9, 0):
        picture.update(frame)
        assert appearance(picture) == shown[frame]
    assert len(set(map(str, shown.values()))) == 5
    assert [id(artist) for artist in picture.figure.findobj()] == artists
    assert [(axes.get_xlim(), axes.get_ylim()) for axes in fixed] == limits


def appearance(picture):
    """What all visible lines and texts show."""
    found = []
    for axes in picture.figure.axes:
        found += [axes.axison, *axes.get_xlim(), *axes.get_ylim()]
        found += [line.get_xydata().round(9).tolist() for line in axes.lines if line.get_visible()]
    texts = [*picture.figure.texts, *(text for axes in picture.figure.axes for text in axes.texts)]
    return found + [text.get_text() for text in texts if text.get_visible()]


def test_stages_uncover_a_step_piece_by_piece(rain):
    picture = DescentFilm(read(rain, 0.15))
    counts = []
    for frame in range(6):
        picture.update(frame)
        counts.append(sum(line.get_visible() for line in picture.figure.axes[0].lines))
    # curve, past and star; then the line up and the loss; tangent; across; down; new loss and new star
    assert counts == [3, 5, 6, 7, 8, 10]


def written(figure):
    """The texts of the figure with their boxes, without those that are drawn with axes."""
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    return [(text, text.get_window_extent()) for text in texts if text.get_visible() and text.get_text()]


@pytest.mark.parametrize("rate", RATES)
def test_letters_are_inside_the_picture_and_apart_at_every_rate(rain, rate):
    picture = DescentFilm(read(rain, rate))
    for frame in range(len(picture.frames)):
        picture.update(frame)
        boxes = written(picture.figure)
        for text, box in boxes:
            assert text.get_fontsize() >= 12, text
            assert 0 <= box.x0 < box.x1 <= 1600, text
            assert 0 <= box.y0 < box.y1 <= 900, text
        for (one, first), (other, second) in itertools.combinations(boxes, 2):
            assert not first.padded(-1).overlaps(second.padded(-1)), (frame, one, other)


def test_the_films_have_a_frame_a_stage_and_the_gif_the_same_bytes_every_time(tmp_path):
    write(tmp_path / "run.h5", 0.1, steps=2)
    data = prepared(tmp_path / "data.npz")
    for name in ("one", "two"):
        draw_descent(tmp_path / "run.h5", data, tmp_path / f"{name}.gif", tmp_path / f"{name}.mp4")
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()
    with Image.open(tmp_path / "one.gif") as gif:
        assert gif.size == (1600, 900)
        assert gif.n_frames == 7
    with av.open(str(tmp_path / "one.mp4")) as mp4:
        assert sum(1 for _ in mp4.decode(video=0)) == 7


def test_the_figure_is_written_with_the_same_bytes_in_any_order_of_runs(rain, tmp_path):
    runs, data = rain
    written = draw_descents([runs[0.1], runs[0.21]], data, tmp_path)
    again = draw_descents([runs[0.21], runs[0.1]], data, tmp_path / "again")
    assert [path.name for path in written] == ["descents.png", "descents.pdf"]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_the_figure_says_and_marks_the_edge(rain):
    figure = picture_of([read(rain, rate) for rate in sorted(RATES)])
    words = "\n".join(text.get_text() for text, _ in written(figure))
    assert "curvature L″ = 2·Σx² = 10," in words
    assert "η = 2/L″ = 0.2: the edge of stability" in words
    factors = figure.axes[-1]
    points = {line.get_xdata()[0]: line.get_ydata()[0] for line in factors.lines if line.get_marker() == "o"}
    assert points == pytest.approx({0.01: 0.9, 0.025: 0.75, 0.1: 0, 0.15: 0.5, 0.21: 1.1})
    assert any(list(line.get_xdata()) == [0.2, 0.2] for line in factors.lines)


@house_style()
def test_the_letters_of_the_figure_are_apart(rain):
    boxes = written(picture_of([read(rain, rate) for rate in sorted(RATES)]))
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not first.padded(-1).overlaps(second.padded(-1)), (one, other)


def biased(name="line"):
    return {**LAYER, "config": {**LAYER["config"], "name": name, "activation": "relu"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": [biased()]}, "one linear Dense layer with one weight and no bias"),
        ({"steps": 0}, "at least one of them, found 0 steps"),
        ({"told": {"name": "sgd"}}, "a learning rate in the experiment's optimizer, found None"),
        ({"told": {"name": "sgd", "learning_rate": 0.2}}, "plain gradient descent"),
        ({"momentum": 0.9}, "plain gradient descent"),
        ({"loss": lambda w: loss_of(w) / 3}, "the summed squared error .* found 100.897 instead of 302.69"),
    ],
)
def test_other_runs_are_refused_in_one_line(tmp_path, change, message):
    write(tmp_path / "run.h5", **{"rate": 0.1, **change})
    data = prepared(tmp_path / "data.npz")
    with pytest.raises(GradevoError, match=message) as raised:
        read_descent(tmp_path / "run.h5", data)
    assert "\n" not in str(raised.value)


def test_data_that_are_all_zero_are_refused(tmp_path):
    write(tmp_path / "run.h5", 0.1)
    with pytest.raises(GradevoError, match="one feature that is not always 0"):
        read_descent(tmp_path / "run.h5", prepared(tmp_path / "data.npz", x=0 * X))


def test_no_runs_are_refused(tmp_path):
    with pytest.raises(GradevoError, match="at least one run file"):
        draw_descents([], tmp_path / "data.npz", tmp_path)


def test_the_command_line_draws_them(rain, tmp_path):
    runs, data = rain
    write(tmp_path / "run.h5", 0.1, steps=1)
    made = [tmp_path / "descent.gif", tmp_path / "descent.mp4"]
    view = ["draw", "descent", tmp_path / "run.h5", "--data", data, "--folder", tmp_path]
    figure = ["draw", "descents", runs[0.1], "--data", data, "--folder", tmp_path]
    for arguments in (view, figure):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
    assert all(path.is_file() for path in made)
    assert result.output.split() == [str(tmp_path / "descents.png"), str(tmp_path / "descents.pdf")]


def test_the_figures_are_the_last_step_and_all_descents(rain):
    runs, data = rain
    drawn = gradevo.figure("descent", runs[0.025], data=data)
    assert any(text.get_text().startswith("iteration 10 of 10, loss ") for text in drawn.texts)
    drawn = gradevo.figure("descents", *runs.values(), data=data)
    assert len(drawn.axes) == 2 * len(RATES) + 1
