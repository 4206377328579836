"""Pictures as objects: those that the command writes, without a file."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import gradevo
from gradevo import GradevoError
from gradevo.pictures.catalogue import pictures
from gradevo.pictures.heatmaps.canvas import Canvas
from gradevo.pictures.heatmaps.film import frames
from gradevo.pictures.heatmaps.sheet import PALETTE
from gradevo.pictures.picture import Material
from gradevo.runfile.reader import Run
from gradevo.statistics.store import Statistics

ONE_RUN = ("loss", "gradient_norms", "highest_elements", "batch_norms", "graph", "evolution")


@pytest.mark.parametrize("name", ONE_RUN)
def test_the_pixels_are_those_of_the_file(
    name: str, training: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = training("shown")
    drawn = gradevo.figure(name, path)
    assert isinstance(drawn, Figure)
    assert list(tmp_path.iterdir()) == []
    pictures()[name].draw(Material([path], tmp_path))
    file = next(file for file in pictures()[name].paths(tmp_path) if file.suffix == ".png")
    with Image.open(file) as written, Image.open(BytesIO(drawn._repr_png_())) as shown:  # type: ignore[attr-defined]
        assert shown.width == 800
        small = written.convert("L").resize(shown.size)
        difference = np.abs(np.asarray(small, float) - np.asarray(shown.convert("L"), float))
        assert difference.mean() < 6  # of 255: lines and letters, drawn at another size
        assert np.asarray(shown.convert("L")).std() > 10


def test_a_film_is_its_last_frame(training: Callable[..., Path]) -> None:
    path = training("shown")
    with Statistics(path) as run:
        *_, last = frames(run, Canvas(run))
        drawn = gradevo.figure("animation", run)
    (image,) = drawn.axes[0].images
    np.testing.assert_array_equal(image.get_array(), PALETTE[last])


def test_runs_and_statistics_opened_or_not_are_the_same(training: Callable[..., Path]) -> None:
    path = training("shown")
    with Run(path.with_name("run.h5")) as run, Statistics(path) as statistics:
        drawn = [gradevo.figure("loss", one) for one in (run, statistics, run.path, str(path))]
    lines = [[line.get_ydata().tolist() for line in one.axes[0].lines] for one in drawn]
    assert lines == [lines[0]] * 4
    assert lines[0][0] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_of_several_seeds(training: Callable[..., Path]) -> None:
    drawn = gradevo.figure("loss", training("shown"), training("shown", seed=14))
    assert any("2 seeds" in text.get_text() for text in drawn.texts)


def test_mistakes(training: Callable[..., Path]) -> None:
    path = training("shown")
    with pytest.raises(GradevoError, match=r"picture: expected one of loss, .*, found los$"):
        gradevo.figure("los", path)
    with pytest.raises(GradevoError, match=r"picture loss: expected statistics\.h5 of a run, found none"):
        gradevo.figure("loss")
    with pytest.raises(GradevoError, match="expected a run file, of which flow is drawn, found statistics"):
        gradevo.figure("flow", path)
    with pytest.raises(GradevoError, match="expected the prepared dataset of the run, found none"):
        gradevo.figure("flow", path.with_name("run.h5"))
