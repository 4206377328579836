"""How far steps move the weights: lines, the guide, the learning rate."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo.config.load import parse_experiment
from gradevo.errors import GradevoError
from gradevo.pictures.catalogue import pictures, pictures_of
from gradevo.pictures.figures.updates import draw
from gradevo.pictures.picture import Material
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics

RATIO = "update_to_weight_individual"
RATES = np.repeat([0.1, 0.05, 0.02], 6)  # of 18 steps


def titles(figure):
    return [axes.get_title("left") for axes in figure.axes]


def test_total_and_tensors_are_drawn_with_the_guide_on_logarithmic_axes(toy):
    run = toy()
    figure = draw([run])
    total, dense, dense_1 = figure.axes
    assert_array_equal(total.lines[0].get_ydata(), run.step(RATIO))
    for axes, layer in ((dense, "dense"), (dense_1, "dense_1")):
        for line, role in zip(axes.lines, ("kernel", "bias"), strict=False):
            assert_array_equal(line.get_ydata(), run.step(RATIO, f"{layer}/{role}"))
    for axes in figure.axes:
        assert axes.get_yscale() == "log"
        assert_array_equal(axes.lines[-1].get_ydata(), [1e-3, 1e-3])
        assert axes.get_ylim()[0] < 1e-3  # though all values are above 0.1
    assert "10⁻³, customary" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_steps_that_moved_nothing_count_in_no_median(toy):
    """As many as an optimizer leaves that moves the weights after every fourth batch."""

    def accumulated(epochs, steps):
        steps[RATIO][np.arange(4000) % 4 > 0] = 0

    figure = draw([toy(accumulated, epochs=40, steps_per_epoch=100)])
    total, dense = figure.axes[:2]
    middles = total.lines[0].get_ydata()
    assert len(middles) == 800
    assert (middles > 0).all()
    assert dense.texts[0].get_text().replace("\N{NO-BREAK SPACE}", " ").startswith("kernel = 0 in 3000 steps")


@pytest.mark.parametrize(("lowest", "scale"), [(0.02, "linear"), (1e-4, "log")])
def test_a_learning_rate_that_varies_has_a_panel(toy, lowest, scale):
    rates = np.where(RATES == 0.02, lowest, RATES)
    figure = draw([toy(learning_rate=rates)])
    total, rate = figure.axes[:2]
    assert titles(figure) == ["", "learning rate", "dense", "dense_1"]
    assert_array_equal(rate.lines[0].get_ydata(), rates)
    assert rate.get_yscale() == scale
    assert rate.get_xlim() == total.get_xlim()
    assert (total.get_xlabel(), rate.get_xlabel()) == ("", "step")


@pytest.mark.parametrize("rates", [None, np.full(18, 0.1)])
def test_a_learning_rate_that_stays_has_none(toy, rates):
    assert titles(draw([toy(learning_rate=rates)])) == ["", "dense", "dense_1"]


def test_seeds_of_which_one_has_no_learning_rate_show_none(toy):
    assert "learning rate" not in titles(draw([toy(learning_rate=RATES), toy(seed=14)]))


def test_runs_without_updates_are_refused(tmp_path):
    path = write_statistics(tmp_path / "statistics.h5", {"w": (2,)}, 2)
    with (
        Statistics(path) as run,
        pytest.raises(GradevoError, match="expected the norms of every step's updates"),
    ):
        draw([run])


def test_the_command_draws_it_by_its_own_name(toy, tmp_path):
    (picture,) = pictures_of("updates")
    picture.draw(Material([toy().path], tmp_path / "drawn"))
    assert all(path.stat().st_size > 1000 for path in picture.paths(tmp_path / "drawn"))


def test_it_is_asked_for_by_experiments_that_draw_figures_and_record_updates():
    iris = {
        "name": "iris",
        "title": "Iris",
        "dataset": "iris",
        "model": "iris",
        "batch_size": 15,
        "epochs": 4,
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "loss": "categorical_crossentropy",
        "metrics": ["categorical_accuracy"],
    }
    updates, loss = pictures()["updates"], pictures()["loss"]
    plain, recorded = parse_experiment(iris), parse_experiment({**iris, "updates": True})
    undrawn = parse_experiment({**iris, "updates": True, "pictures": ["graph"]})
    found = [(updates.asked_by(one), loss.asked_by(one)) for one in (plain, recorded, undrawn)]
    assert found == [(False, True), (True, True), (False, False)]
    assert replace(updates, needs_updates=False).asked_by(plain)
