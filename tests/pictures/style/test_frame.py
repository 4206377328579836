import numpy as np
import pytest

from gradevo.pictures.style.frame import DETAIL_LINE
from gradevo.pictures.style.house import GREY

from ..usual import ALL_FIGURES, FIGURES

EPOCH_FIGURES = ("loss", "gradient_norms", "highest_elements")
LINES = [stem for stem in FIGURES if stem != "depth"]
"""Figures of lines, not of maps."""


def legend_texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("draw", ALL_FIGURES.values(), ids=ALL_FIGURES)
def test_title_seed_and_label_stand_above(toy, draw):
    run = toy(experiment={"title": "Costs $5 or $6"}, data_label="user-supplied copy")
    headline, details = draw([run]).texts[:2]
    assert headline.get_text().startswith("Costs $5 or $6: ")
    assert details.get_text().startswith("seed 13 · user-supplied copy")


@pytest.mark.parametrize("draw", ALL_FIGURES.values(), ids=ALL_FIGURES)
def test_a_long_label_is_broken_not_cut(toy, draw):
    label = " · ".join(["user-supplied copy", "gradients rounded to 7 bits", *["and more"] * 9])
    details = draw([toy(data_label=label)]).texts[1].get_text()
    assert "\n" in details
    assert details.replace("\n", " · ").startswith(f"seed 13 · {label}")


def test_every_line_of_a_headline_adds_to_the_height_and_takes_nothing_from_the_panels(toy):
    plain, labelled = (
        FIGURES["loss"]([toy(data_label=label)]) for label in ("", "a few words · " * 12 + "end")
    )
    for figure in (plain, labelled):
        figure.draw_without_rendering()
    further = labelled.texts[1].get_text().count("\n")
    assert further >= 1
    assert labelled.get_figheight() == pytest.approx(plain.get_figheight() + further * DETAIL_LINE)
    heights = [figure.axes[0].bbox.height for figure in (plain, labelled)]
    assert heights[0] == pytest.approx(heights[1], abs=2)


@pytest.mark.parametrize(
    ("experiment", "title"),
    [({"title": "Iris", "name": "i"}, "Iris"), ({"name": "i"}, "i"), ({}, "recording")],
)
def test_an_experiment_without_title_has_a_name(toy, experiment, title):
    assert toy(experiment=experiment).experiment.heading == title


@pytest.mark.parametrize("stem", FIGURES)
def test_the_first_non_finite_step_is_marked_in_every_figure(toy, stem):
    figure = FIGURES[stem]([toy(first_nonfinite_step=10)])
    assert legend_texts(figure)[-1] == "non-finite from step 10 (epoch 4)"
    at = 4 if stem in EPOCH_FIGURES else 10
    for axes in (one for one in figure.axes if one.get_label() != "<colorbar>"):
        assert [list(line.get_xdata()) for line in axes.lines if line.get_linestyle() == ":"] == [[at, at]]


@pytest.mark.parametrize("stem", ALL_FIGURES)
def test_what_the_legend_says_of_a_non_finite_step_is_drawn(toy, stem):
    figure = ALL_FIGURES[stem]([toy(first_nonfinite_step=10)])
    assert legend_texts(figure)[-1] == "non-finite from step 10 (epoch 4)"
    dotted = {
        line.get_xdata()[0] for axes in figure.axes for line in axes.lines if line.get_linestyle() == ":"
    }
    assert dotted
    assert dotted <= {4, 10}


@pytest.mark.parametrize("stem", LINES)
def test_several_seeds_give_median_and_band(toy, stem):
    runs = [toy(seed=seed) for seed in (1, 2, 3)]
    figure = FIGURES[stem](runs)
    assert "median and range of 3 seeds" in legend_texts(figure)
    assert figure.texts[1].get_text().startswith("3 seeds")
    assert all(axes.collections for axes in figure.axes)


def test_the_band_is_the_range_and_the_line_the_median(toy):
    runs = [toy(seed=seed) for seed in (1, 2, 3)]
    axes = FIGURES["highest_elements"](runs).axes[0]
    values = np.array([run.epoch("highest", "dense/kernel") for run in runs])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), np.median(values, axis=0))
    corners = {tuple(corner) for corner in axes.collections[0].get_paths()[0].vertices}
    assert {(3.0, values[:, 2].min()), (3.0, values[:, 2].max())} <= corners


@pytest.mark.parametrize("stem", FIGURES)
def test_seeds_of_different_lengths_are_drawn_together(toy, stem):
    long, short = toy(seed=1), toy(seed=2, epochs=2, extra_steps=1, first_nonfinite_step=6)
    figure = FIGURES[stem]([long, short])
    assert legend_texts(figure)[-1] == "non-finite from step 6 (epoch 3), seed 2"


@pytest.mark.parametrize("stem", EPOCH_FIGURES)
def test_a_run_without_a_complete_epoch_says_so(toy, stem):
    figure = FIGURES[stem]([toy(epochs=0, extra_steps=2, first_nonfinite_step=1)])
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "No complete epoch was recorded, only 2 steps.\nNon-finite from step 1 (epoch 1)."
    ]


@pytest.mark.parametrize("stem", LINES)
@pytest.mark.parametrize("per_epoch", [1, 3])
def test_one_epoch_is_drawn_with_markers(toy, stem, per_epoch):
    figure = FIGURES[stem]([toy(epochs=1, steps_per_epoch=per_epoch)])
    lines = [line for axes in figure.axes for line in axes.lines if line.get_color() != GREY]  # no guides
    assert {line.get_marker() for line in lines} == {"o"}
