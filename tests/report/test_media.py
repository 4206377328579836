"""Pictures and films in the report."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradevo.errors import GradevoError
from gradevo.pictures.film.film import film
from gradevo.pictures.style.frame import new_figure
from gradevo.report.media import Media


def filmed(folder: Path) -> tuple[Path, Path]:
    """Three pictures of 100 × 60 pixels, in one colour each: white, grey, black."""
    figure = new_figure(1, 0.6)
    gif, mp4 = folder / "film.gif", folder / "film.mp4"
    film(figure, lambda i: figure.patch.set_facecolor(str(1 - i / 2)), 3, gif, mp4, centiseconds=20)
    return gif, mp4


def test_figures_look_the_same_with_few_colours(tmp_path: Path) -> None:
    pixels = np.full((40, 300, 3), 255, dtype=np.uint8)
    pixels[:20] = np.linspace([0, 114, 178], [255, 255, 255], 300)  # 256 shades of blue
    pixels[30:, :50] = (213, 94, 0)
    Image.fromarray(pixels).save(tmp_path / "figure.png")
    picture = Media(tmp_path).picture(tmp_path / "figure.png", "waves-figure")
    assert (picture.file, picture.width, picture.height) == ("media/waves-figure.webp", 300, 40)
    with Image.open(tmp_path / picture.file) as copied:
        shown = np.asarray(copied.convert("RGB")).astype(int)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 64
    assert np.abs(shown - pixels).max() <= 24
    assert np.abs(shown[30:, :50] - (213, 94, 0)).max() <= 8


def test_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "empty.png")
    picture = Media(tmp_path).picture(tmp_path / "empty.png", "empty")
    with Image.open(tmp_path / picture.file) as copied:
        assert copied.convert("RGB").getpixel((4, 4)) == (255, 255, 255)


def test_a_film_is_copied_and_its_last_picture_stands_for_it(tmp_path: Path) -> None:
    gif, mp4 = filmed(tmp_path)
    media = Media(tmp_path / "report")
    video = media.film(mp4, gif, "x-film")
    assert video.video
    assert (tmp_path / "report" / video.file).read_bytes() == mp4.read_bytes()
    assert (video.poster.width, video.poster.height) == (100, 60)
    only_gif = media.film(None, gif, "y-film")
    assert not only_gif.video
    assert only_gif.file.endswith(".gif")
    for shown in (video, only_gif):
        with Image.open(tmp_path / "report" / shown.poster.file) as poster:
            assert np.asarray(poster.convert("L")).max() < 20


def test_posters_are_no_wider_than_a_card(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 500), "white").save(tmp_path / "wide.gif")
    shown = Media(tmp_path).film(None, tmp_path / "wide.gif", "wide")
    with Image.open(tmp_path / shown.poster.file) as poster:
        assert poster.size == (800, 200)
    assert (shown.poster.width, shown.poster.height) == (2000, 500)  # of the film itself


@pytest.mark.parametrize("suffix", ["png", "mp4", "gif"])
def test_broken_files_are_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"broken.{suffix}"
    path.write_bytes(b"no picture at all")
    media = Media(tmp_path)
    copy = {
        "png": lambda: media.picture(path, "broken"),
        "mp4": lambda: media.film(path, None, "broken"),
        "gif": lambda: media.film(None, path, "broken"),
    }[suffix]
    with pytest.raises(GradevoError, match=rf"broken\.{suffix}: expected a .* draw it again"):
        copy()
