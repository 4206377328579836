import hashlib
import os

import av
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from gradevo.errors import GradevoError
from gradevo.pictures.film.encode import HOLD, GifWriter, Mp4Writer
from gradevo.pictures.heatmaps.canvas import BAR, CELL, COLUMN, Canvas, lefts, rows_of
from gradevo.pictures.heatmaps.film import animate, frames
from gradevo.pictures.heatmaps.maps import epoch_maps, largest, levels, tolerance
from gradevo.pictures.heatmaps.sheet import BLACK, LEVELS, NONFINITE, PALETTE, WHITE

TOP = LEVELS - 1


def shapes_of(statistics):
    return {tensor: statistics.shape(tensor) for tensor in statistics.tensors}


def cell(frame, statistics, tensor, kind, row, column):
    """The pixels of one cell of a heatmap, all of which must be equal."""
    place = {row.tensor: row for row in rows_of(shapes_of(statistics), statistics.graph)}[tensor]
    area = frame[place.top : place.top + place.height, lefts()[kind] :][:, :COLUMN]
    down, across = shapes_of(statistics)[tensor]
    height, width = place.height // down, COLUMN // across
    pixels = area[row * height : (row + 1) * height, column * width : (column + 1) * width]
    (level,) = np.unique(pixels)
    return level


@pytest.fixture
def kernel():
    """Two epochs of a kernel of 2 inputs and 4 outputs."""
    gradients = np.zeros((2, 2, 4))
    gradients[0, 0, 0], gradients[0, 1, 3] = 4, -2
    gradients[1, 0, 0], gradients[1, 1, 3] = -3, -2
    return {"dense/kernel": gradients}


def test_pixels_show_the_levels_of_every_kind_at_their_place(recorded, kernel):
    statistics = recorded(kernel)
    first, second = frames(statistics, Canvas(statistics))
    half, three_quarters = round(TOP / 2), round(TOP * 3 / 4)
    found = {
        (epoch, kind, place): cell(frame, statistics, "dense/kernel", kind, *place)
        for epoch, frame in enumerate((first, second), start=1)
        for kind in range(3)
        for place in ((0, 0), (1, 3), (0, 1))
    }
    # |g|: 4 and 2, then 3 and 2, of 4; Σ|g| − |A|: none, then 7 − 1 and 0, of 6;
    # |A|: 4 and 2, then 1 and 4, of 4
    assert found == {
        (1, 0, (0, 0)): TOP,
        (1, 0, (1, 3)): half,
        (2, 0, (0, 0)): three_quarters,
        (2, 0, (1, 3)): half,
        (1, 1, (0, 0)): 0,
        (1, 1, (1, 3)): 0,
        (2, 1, (0, 0)): TOP,
        (2, 1, (1, 3)): 0,
        (1, 2, (0, 0)): TOP,
        (1, 2, (1, 3)): half,
        (2, 2, (0, 0)): round(TOP / 4),
        (2, 2, (1, 3)): TOP,
        **{(epoch, kind, (0, 1)): 0 for epoch in (1, 2) for kind in range(3)},
    }


def test_a_tall_kernel_keeps_its_inputs_vertical(recorded):
    gradients = np.zeros((1, 6, 2))
    gradients[0, 4, 1], gradients[0, 5, 0] = 2, 1
    statistics = recorded({"dense/kernel": gradients})
    (frame,) = frames(statistics, Canvas(statistics))
    found = [
        [cell(frame, statistics, "dense/kernel", 0, row, column) for column in (0, 1)] for row in range(6)
    ]
    assert found == [[0, 0]] * 4 + [[0, TOP], [round(TOP / 2), 0]]


def test_frames_differ_in_title_and_heatmaps_only(recorded, kernel):
    statistics = recorded(kernel)
    first, second = frames(statistics, Canvas(statistics))
    (row,) = rows_of(shapes_of(statistics), statistics.graph)
    changed = first != second
    title = changed[: row.top - 40]
    assert title.any()
    changed[: row.top - 40] = False
    for left in lefts():
        changed[row.top : row.top + row.height, left : left + COLUMN] = False
    assert not changed.any()


def test_the_colour_bar_runs_from_low_to_high(recorded, kernel):
    statistics = recorded(kernel)
    frame = next(frames(statistics, Canvas(statistics)))
    top, height = BAR
    bar = frame[top : top + height, lefts()[2] : lefts()[2] + COLUMN]
    assert (bar == bar[0]).all()
    assert (bar[0, 0], bar[0, COLUMN // 2], bar[0, -1]) == (0, LEVELS // 2, TOP)
    assert (np.diff(bar[0].astype(int)) >= 0).all()


def test_non_finite_values_are_grey_and_named_from_their_epoch_on(recorded, kernel):
    kernel["dense/kernel"][1, 0, 2] = np.nan
    statistics = recorded(kernel, data_label="user-supplied copy", first_nonfinite_step=3)
    canvas = Canvas(statistics)
    first, second = frames(statistics, canvas)
    for kind in range(3):
        assert cell(second, statistics, "dense/kernel", kind, 0, 2) == NONFINITE
        assert cell(first, statistics, "dense/kernel", kind, 0, 2) == 0
    assert canvas._words(1) == ("Toy · epoch 1 of 2", "seed 13 · user-supplied copy")
    assert canvas._words(2)[1] == (
        "seed 13 · user-supplied copy · non-finite from step 3 (epoch 2), drawn in grey"
    )


def test_the_palette_holds_the_map_and_greys_apart():
    levels = PALETTE[:LEVELS].astype(int)
    assert len({tuple(color) for color in levels}) >= LEVELS - 2
    assert (np.ptp(levels, axis=1) > 20).all()  # none of them is a grey
    assert np.ptp(PALETTE[NONFINITE]) == 0
    assert_array_equal(PALETTE[[BLACK, WHITE]], [[0] * 3, [255] * 3])


def test_gif_and_mp4_show_the_frames(recorded, noise, tmp_path):
    statistics = recorded(noise)
    expected = [PALETTE[frame] for frame in frames(statistics, Canvas(statistics))]
    gif, mp4 = tmp_path / "deep" / "a.gif", tmp_path / "b.mp4"
    animate(statistics.path, gif, mp4)
    with Image.open(gif) as image:
        assert image.n_frames == 3
        assert image.info["loop"] == 0
        for place, frame in enumerate(expected):
            image.seek(place)
            assert image.info["duration"] == (1000 if place < 2 else 1000 + 10 * HOLD)
            assert_array_equal(np.asarray(image.convert("RGB")), frame)
    with av.open(str(mp4)) as video:
        (stream,) = video.streams
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 1
        decoded = [frame.to_ndarray(format="rgb24") for frame in video.decode(stream)]
    assert len(decoded) == 3
    for shown, frame in zip(decoded, expected, strict=True):
        assert shown.shape == frame.shape
        assert np.abs(shown.astype(int) - frame).mean() < 6
    assert sorted(os.listdir(tmp_path / "deep")) == ["a.gif"]


def test_the_same_statistics_give_the_same_bytes(recorded, noise, tmp_path):
    statistics = recorded(noise)
    digests = set()
    for name in ("one", "two"):
        paths = tmp_path / f"{name}.gif", tmp_path / f"{name}.mp4"
        animate(statistics.path, *paths)
        digests.add(tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths))
    assert len(digests) == 1


@pytest.mark.parametrize("epochs", [0, 1])
def test_runs_of_no_and_of_one_epoch_have_one_frame(recorded, noise, tmp_path, epochs):
    statistics = recorded(
        {tensor: values[:epochs] for tensor, values in noise.items()}, first_nonfinite_step=1
    )
    assert Canvas(statistics)._words(0) == (
        "Toy · no complete epoch",
        "seed 13 · non-finite from step 1 (epoch 1)",
    )
    gif, mp4 = tmp_path / "a.gif", tmp_path / "a.mp4"
    animate(statistics.path, gif, mp4)
    with Image.open(gif) as image:
        assert image.n_frames == 1
    with av.open(str(mp4)) as video:
        assert len(list(video.decode(video=0))) == 1


def test_a_long_animation_is_true_to_the_tolerance_it_states(recorded):
    random = np.random.default_rng(13)
    statistics = recorded({"dense/kernel": random.normal(size=(120, 6, 4))})
    canvas = Canvas(statistics)
    maps = list(epoch_maps(statistics, canvas.sizes))
    peaks = largest(maps)
    kept = 0
    shown = list(frames(statistics, canvas))
    for frame, wanted in zip(shown, maps, strict=True):
        exact = levels(wanted["dense/kernel"], peaks["dense/kernel"]).astype(int)
        for place in np.ndindex(exact.shape):
            off = abs(cell(frame, statistics, "dense/kernel", *place) - exact[place])
            assert off <= tolerance(120)
            kept += off > 0
    assert kept > 100


@pytest.mark.parametrize("writer", [GifWriter, Mp4Writer])
def test_an_encoder_that_fails_is_heard_and_leaves_nothing_behind(
    recorded, noise, tmp_path, monkeypatch, writer
):
    statistics = recorded(noise)

    def full(self, frame):
        raise OSError("disk full")

    monkeypatch.setattr(writer, "write", full)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(OSError, match="disk full"):
        animate(statistics.path, tmp_path / "a.gif", tmp_path / "a.mp4")
    assert sorted(os.listdir(tmp_path)) == before


def test_a_long_label_stands_in_full(recorded, noise):
    label = "user-supplied copy · gradients rounded to 7 bits · every 4th step"
    canvas = Canvas(recorded(noise, data_label=label, steps_per_epoch=440, first_nonfinite_step=1000))
    for _ in frames(canvas._statistics, canvas):
        pass
    written = canvas._lines[1]._text.get_text()
    assert written == f"seed 13 · {label} · non-finite from step 1000 (epoch 3), drawn in grey"


def test_no_cell_is_a_speck(recorded):
    statistics = recorded({"dense/kernel": np.random.default_rng(13).normal(size=(1, 999, 999))})
    (row,) = rows_of(shapes_of(statistics), statistics.graph)
    (frame,) = frames(statistics, Canvas(statistics))
    heatmap = frame[row.top : row.top + row.height, lefts()[0] : lefts()[0] + COLUMN]
    assert_array_equal(heatmap[::CELL, ::CELL].repeat(CELL, axis=0).repeat(CELL, axis=1), heatmap)


def test_thirty_large_tensors_all_have_their_pixels(recorded):
    gradients = {}
    for place in range(15):
        gradients[f"a_layer_with_a_long_name_{place}/kernel"] = np.ones((1, 400, 700))
        gradients[f"a_layer_with_a_long_name_{place}/bias"] = np.ones((1, 700))
    statistics = recorded(gradients)
    (frame,) = frames(statistics, Canvas(statistics))
    for row in rows_of(shapes_of(statistics), statistics.graph):
        for left, level in zip(lefts(), (TOP, 0, TOP), strict=True):
            assert (frame[row.top : row.top + row.height, left : left + COLUMN] == level).all()
        label = frame[row.top : row.top + row.height, : lefts()[0] - 2]
        assert (label < WHITE).any()  # the name
        assert (label[:, -8:] == WHITE).all()  # which ends before the heatmap


def test_a_gif_repeats_nothing_that_did_not_change(tmp_path):
    path = tmp_path / "a.gif"
    first = np.full((40, 60), WHITE, dtype=np.uint8)
    second = first.copy()
    second[10:20, 30:50] = np.arange(20)
    gif = GifWriter(path, first, PALETTE, centiseconds=50, hold=0)
    for frame in (first, second, second, first):
        gif.write(frame)
    gif.close()
    with Image.open(path) as image:
        assert image.n_frames == 4
        for place, frame in enumerate((first, second, second, first)):
            image.seek(place)
            if place == 1:
                assert image.tile[0][1] == (30, 10, 50, 20)
            assert_array_equal(np.asarray(image.convert("RGB")), PALETTE[frame])


def test_a_file_that_is_no_statistics_leaves_nothing_behind(tmp_path):
    source = tmp_path / "statistics.h5"
    source.write_text("no HDF5")
    with pytest.raises(GradevoError, match=r"statistics\.h5"):
        animate(source, tmp_path / "a.gif", tmp_path / "a.mp4")
    assert os.listdir(tmp_path) == ["statistics.h5"]


def test_an_interrupted_animation_leaves_nothing_behind(recorded, noise, tmp_path, monkeypatch):
    statistics = recorded(noise)

    def interrupted(self, epoch, levels):
        raise KeyboardInterrupt

    monkeypatch.setattr(Canvas, "frame", interrupted)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        animate(statistics.path, tmp_path / "a.gif", tmp_path / "a.mp4")
    assert sorted(os.listdir(tmp_path)) == before
