import numpy as np
import pytest
from av import open as open_video
from matplotlib.artist import Artist
from numpy.testing import assert_array_equal
from PIL import Image

from gradevo.pictures.film.film import _sample, film
from gradevo.pictures.film.stage import Stage
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import VERMILION, house_style

X = np.linspace(0, 6, 40)


class Scene:
    """A line below a fixed one, a dot in an inset, an image below ticks, and a title move."""

    @house_style()
    def __init__(self) -> None:
        self.figure = new_figure(3.01, 1.51)
        left, right = self.figure.subplots(1, 2)
        (self.line,) = left.plot(X, np.sin(X), linewidth=3, zorder=2)
        left.plot(X, -np.sin(X), linewidth=3, zorder=3)
        self.image = right.imshow(np.zeros((4, 4)), vmin=0, vmax=1)
        right.set_axisbelow(False)
        self.inset = left.inset_axes((0.6, 0.6, 0.3, 0.3))
        (self.dot,) = self.inset.plot([0.5], [0.5], "o")
        self.title = self.figure.suptitle("frame 0")
        self.moving: list[Artist] = [self.title, self.line, self.dot, self.image]

    def update(self, frame: int) -> None:
        self.line.set_ydata(np.cos(X + frame))
        self.dot.set_data([0.1 * frame], [0.5])
        self.image.set_data(np.eye(4) * frame / 9)
        self.title.set_text(f"frame {frame}")
        self.title.set_color(VERMILION if frame % 2 else "black")


def pictures(scene, stage, frames):
    for frame in frames:
        scene.update(frame)
        yield stage.picture()


@house_style()
def test_drawing_only_what_moves_gives_the_pixels_of_a_full_draw():
    fast, full = Scene(), Scene()
    frames = (0, 7, 3)
    moved = list(pictures(fast, Stage(fast.figure, fast.moving), frames))
    whole = list(pictures(full, Stage(full.figure), frames))
    for one, other in zip(moved, whole, strict=True):
        assert_array_equal(one, other)
    assert (moved[0] != moved[1]).any()


@house_style()
@pytest.mark.parametrize("part", ["line", "image", "dot", "title"])
def test_each_moving_artist_alone_is_drawn_in_its_place(part):
    fast, full = Scene(), Scene()
    fast_stage, full_stage = Stage(fast.figure, [getattr(fast, part)]), Stage(full.figure)
    getattr(fast, part).set_alpha(0.5)
    getattr(full, part).set_alpha(0.5)
    assert_array_equal(fast_stage.picture(), full_stage.picture())


@house_style()
def test_what_stays_is_drawn_once(monkeypatch):
    scene = Scene()
    stage = Stage(scene.figure, scene.moving)
    axis = scene.line.axes.xaxis  # below the line
    monkeypatch.setattr(axis, "draw", lambda *_: pytest.fail("drawn again"))
    stage.picture()


@house_style()
def test_an_artist_of_another_figure_is_refused():
    scene = Scene()
    with pytest.raises(ValueError, match="neither by the figure nor by one of its axes"):
        Stage(scene.figure, [Scene().line])


@house_style()
def test_sides_are_even():
    assert Stage(Scene().figure).picture().shape == (150, 300, 3)


def made(folder, frames, moving=True, **options):
    folder.mkdir()
    scene = Scene()
    gif, mp4 = folder / "a.gif", folder / "a.mp4"
    film(
        scene.figure,
        scene.update,
        frames,
        gif,
        mp4,
        centiseconds=10,
        moving=scene.moving if moving else None,
        **options,
    )
    return gif, mp4


def test_both_files_show_every_frame(tmp_path):
    gif, mp4 = made(tmp_path / "a", 12)
    scene = Scene()
    with house_style():
        wanted = list(pictures(scene, Stage(scene.figure), range(12)))
    with Image.open(gif) as image:
        assert image.n_frames == 12
        assert image.info["loop"] == 0
        durations = []
        for place, picture in enumerate(wanted):
            image.seek(place)
            durations.append(image.info["duration"])
            shown = np.asarray(image.convert("RGB")).astype(int)
            assert np.abs(shown - picture).mean() < 3
            white = (picture == 255).all(axis=2)
            assert (shown[white] == 255).all()  # the paper is exact
    assert durations == [100] * 11 + [2100]
    with open_video(str(mp4)) as video:
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
        assert float(video.streams.video[0].average_rate) == 10
    assert len(shown) == 12
    for picture, image in zip(wanted, shown, strict=True):
        assert np.abs(image.astype(int) - picture).mean() < 4


def test_the_same_bytes_every_time(tmp_path):
    first, again = made(tmp_path / "a", 3), made(tmp_path / "b", 3)
    slow = made(tmp_path / "c", 3, moving=False)
    for one, two, three in zip(first, again, slow, strict=True):
        assert one.read_bytes() == two.read_bytes() == three.read_bytes()


def test_the_last_frame_stays_as_long_as_asked(tmp_path):
    gif, _ = made(tmp_path / "a", 1, hold=50)
    with Image.open(gif) as image:
        assert image.info["duration"] == 600


def test_a_failing_update_leaves_no_file(tmp_path):
    scene = Scene()

    def update(frame: int) -> None:
        if update.frames > 10:
            raise RuntimeError("lost")
        update.frames += 1

    update.frames = 0
    with pytest.raises(RuntimeError, match="lost"):
        film(scene.figure, update, 20, tmp_path / "a.gif", tmp_path / "a.mp4", centiseconds=10)
    assert list(tmp_path.iterdir()) == []


def test_no_frames_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one frame"):
        film(Scene().figure, print, 0, tmp_path / "a.gif", tmp_path / "a.mp4", centiseconds=10)


def test_sampled_frames_go_from_first_to_last():
    assert _sample(1) == [0]
    assert _sample(3) == [0, 1, 2]
    assert _sample(101) == [0, 17, 33, 50, 67, 83, 100]
