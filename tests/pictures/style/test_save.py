import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

from gradevo.errors import GradevoError
from gradevo.pictures.catalogue import pictures_of
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.house import house_style
from gradevo.pictures.style.save import save

from ..usual import draw_all

DRAW = ("-m", "gradevo", "draw", "figures")


@pytest.fixture
def drawn(toy, tmp_path):
    """Every figure of a toy, the statistics they show, and the settings of matplotlib before and after."""
    run = toy(first_nonfinite_step=10)
    before = dict(matplotlib.rcParams)
    paths = draw_all([run.path], tmp_path / "here")
    return paths, run.path, before, dict(matplotlib.rcParams)


def test_pages_are_the_same_in_every_process_and_tell_no_time(drawn, tmp_path):
    paths, statistics, before, after = drawn
    stems = [picture.stem for picture in pictures_of("figures")]
    assert [path.name for path in paths] == [f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf")]
    assert before == after
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: red\nlines.linewidth: 9\n")
    environment = os.environ | {"PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}
    there = tmp_path / "there"
    command = [sys.executable, *DRAW, str(statistics), "--folder", str(there)]
    subprocess.run(command, env=environment, check=True)
    there /= "figures"
    assert sorted(os.listdir(there)) == sorted(path.name for path in paths)
    for path in paths:
        assert path.read_bytes() == (there / path.name).read_bytes(), path.name
        if path.suffix == ".png":
            with Image.open(path) as image:
                assert image.width == 7 * 300
                assert image.info.keys() <= {"dpi"}
        else:
            content = path.read_bytes()
            assert not re.search(rb"CreationDate|Producer|Creator|Type3", content)
            assert b"/FontFile2" in content  # embedded TrueType, as publishers want it


def test_a_figure_that_cannot_be_drawn_leaves_no_file(tmp_path):
    with house_style():
        figure = new_figure(2, 2)
        figure.text(0.5, 0.5, r"$\nonsense$")
    with pytest.raises(ValueError, match="nonsense"):
        save(figure, tmp_path, "broken")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_the_users_mistake(tmp_path):
    with pytest.raises(GradevoError, match=re.escape("none.h5")):
        draw_all([Path("none.h5")], tmp_path)
