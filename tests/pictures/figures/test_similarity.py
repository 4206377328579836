"""Maps of cosines: which ones a run gets, and what is in them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.layers import Layer, LayerGraph
from gradevo.pictures.figures import similarity
from gradevo.pictures.figures.similarity import draw
from gradevo.statistics.analyse import analyse
from gradevo.statistics.similarity import cosines
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run


def maps(figure):
    """Labels of the axes of x -> cosines, of the large maps."""
    return {
        axes.get_xlabel(): axes.images[0].get_array().filled(np.nan)
        for axes in figure.axes
        if axes.images and axes.get_xlabel()
    }


def lags(figure):
    return next(axes for axes in figure.axes if axes.get_xlabel() == "distance in steps")


def test_few_steps_are_drawn_one_by_one_beside_their_epochs(toy):
    run = toy(epochs=6, steps_per_epoch=3)
    figure = draw(run)
    rows = run.folded().rows
    found = maps(figure)
    assert list(found) == ["step", "epoch (its mean gradient)"]
    assert_allclose(found["step"], cosines(rows), atol=1e-6)
    assert_allclose(
        found["epoch (its mean gradient)"], cosines(rows.reshape(6, 3, -1).mean(axis=1)), atol=1e-6
    )
    steps, epochs = (axes for axes in figure.axes if axes.images and axes.get_xlabel())
    assert (steps.get_xlim(), epochs.get_xlim()) == ((-0.5, 17.5), (0.5, 6.5))
    losses = {
        axes.get_title("left"): axes.lines[0].get_ydata()
        for axes in figure.axes
        if "loss" in axes.get_title("left")
    }
    assert_array_equal(losses["loss of the batch"], run.step("loss"))
    assert_array_equal(losses["training loss"], run.metrics("train")["loss"])


def test_where_every_step_is_an_epoch_there_is_one_map(toy):
    assert list(maps(draw(toy(epochs=9, steps_per_epoch=1)))) == ["step"]


def test_many_steps_are_drawn_in_blocks_and_the_last_epochs_one_by_one(toy):
    run = toy(epochs=10, steps_per_epoch=40)
    rows = run.folded().rows
    found = maps(draw(run))
    blocks, epochs, last = found.values()
    assert list(found)[::2] == ["step (mean gradients of up to 4 steps)", "step (the last 80, one by one)"]
    assert_allclose(blocks, cosines(rows.reshape(100, 4, -1).mean(axis=1)), atol=1e-6)
    assert epochs.shape == (10, 10)
    assert_allclose(last, cosines(rows[-80:]), atol=1e-6)


def test_blocks_as_long_as_epochs_are_not_drawn_twice(toy):
    found = maps(draw(toy(epochs=120, steps_per_epoch=2)))
    assert list(found) == ["epoch (its mean gradient)", "step (the last 60, one by one)"]


def test_what_is_not_kept_is_said(toy):
    run = toy(epochs=2, steps_per_epoch=3000)
    figure = draw(run)
    found = maps(figure)
    assert "6000 steps, 1 of 2 kept" in figure.texts[1].get_text()
    assert list(found)[-1] == "step (the last 240 kept, one by one)"
    assert_allclose(
        found["step (the last 240 kept, one by one)"], cosines(run.folded().rows[-240:]), atol=1e-6
    )


def test_distances_of_whole_epochs_are_apart(toy):
    figure = draw(toy(epochs=6, steps_per_epoch=3))
    others, whole = (line for line in lags(figure).lines if len(line.get_xdata()) > 2)
    assert_array_equal(whole.get_xdata(), [3, 6, 9, 12, 15])
    assert_array_equal(np.isnan(others.get_ydata()), np.arange(1, 18) % 3 == 0)
    again = np.nanmean(whole.get_ydata()) - np.nanmean(others.get_ydata())
    assert again > 0.3  # the toy's batches come again
    assert len(figure.legends[0].get_texts()) == 2


def test_steps_without_a_direction_are_grey(toy):
    figure = draw(toy(first_nonfinite_step=10))
    steps = maps(figure)["step"]
    assert np.isnan(steps[10:]).all()
    assert not np.isnan(steps[:10, :10]).any()
    marks = [
        line.get_xdata()[0] for axes in figure.axes for line in axes.lines if line.get_linestyle() == ":"
    ]
    assert marks == [10, 4]  # the step, and its epoch
    assert figure.legends[0].get_texts()[-1].get_text() == "non-finite from step 10 (epoch 4)"


@pytest.mark.parametrize("fields", [{"epochs": 1, "steps_per_epoch": 1}, {"epochs": 0}])
def test_one_step_alone_cannot_be_compared(toy, fields):
    figure = draw(toy(**fields))
    assert figure.axes[0].texts[0].get_text() == "It takes two recorded steps to compare them."


def test_of_many_layers_those_with_the_largest_gradients_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(similarity, "MOST_LAYERS", 2)
    names = ["small", "large", "larger"]
    gradients = {name: np.full((4, 2), 10.0**size, np.float32) for size, name in enumerate(names)}
    gradients["larger"][::2] *= -1
    graph = LayerGraph(tuple(Layer(name, "Dense", (name,)) for name in names))
    analyse(write_run(tmp_path / "run.h5", gradients, 2, graph=graph), tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as run:
        figure = draw(run)
    small = {axes.get_title("left"): axes.images[0].get_array() for axes in figure.axes if axes.images}
    assert list(small)[-2:] == ["large", "larger"]
    assert_allclose(small["large"], np.ones((4, 4)), atol=1e-6)
    assert_allclose(small["larger"][0], [1, -1, 1, -1], atol=1e-6)
    assert figure.texts[1].get_text().endswith("the 2 of 3 layers with the largest gradients")


def test_a_turn_stands_where_it_is_though_epochs_differ_in_length(tmp_path):
    """The gradient turns at step 150 of 900, in epochs of 100, 50, 300 and 450 steps."""
    gradients = np.zeros((900, 4), np.float32)
    gradients[:150, 0] = gradients[150:, 1] = 1
    run = write_run(tmp_path / "run.h5", {"dense/kernel": gradients}, [100, 50, 300, 450])
    analyse(run, tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        image = next(axes.images[0] for axes in draw(statistics).axes if axes.images)
    first, last, *_ = image.get_extent()
    row = np.asarray(image.get_array())[0]
    width = (last - first) / len(row)
    turn = first + width * np.flatnonzero(row < 0.5)[0]
    assert abs(turn - 150) <= width
