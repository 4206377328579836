"""The map of layers over time: its numbers, by hand; its rows, columns and words."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.pictures.figures.depth import draw
from gradevo.pictures.figures.updates import CUSTOMARY
from gradevo.statistics.analyse import analyse
from gradevo.statistics.store import Statistics
from gradevo.testing import write_run, write_statistics

NORM, RATIO = "l2_norm_individual", "update_to_weight_individual"


def maps(figure):
    """The maps' axes and the values of their cells, (rows, columns)."""
    drawn = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    return drawn, [axes.collections[0].get_array() for axes in drawn]


def words(figure):
    return figure.texts[1].get_text()


def test_a_layer_is_the_norm_of_its_tensors_as_one_vector_and_the_ratio_of_its_largest(toy):
    def change(_, steps):
        steps[NORM][:, :4] = [3, 4, 5, 12]
        steps[RATIO][:, :4] = [0.02, 0.5, 0.003, 0.7]

    drawn, (norms, ratios) = maps(draw([toy(change)]))
    assert_allclose(norms, np.repeat([[5.0], [13.0]], 18, axis=1))
    assert_allclose(ratios, np.repeat([[0.02], [0.003]], 18, axis=1))
    assert [label.get_text() for label in drawn[0].get_yticklabels()] == ["dense", "dense_1"]
    assert drawn[0].get_ylim() == (1.5, -0.5)  # the first layer above
    assert drawn[0].get_xlim() == (0, 18)


def test_the_ratios_colours_are_centred_at_the_customary_one_and_at_most_three_decades_wide(toy):
    def change(_, steps):
        steps[RATIO][:] = 0.05
        steps[RATIO][:2, 0] = 1e-9, 30.0

    norm = maps(draw([toy(change)]))[0][1].collections[0].norm
    assert_allclose([norm.vmin, norm.vmax], [CUSTOMARY / 1e3, CUSTOMARY * 1e3])

    def narrow(_, steps):
        steps[RATIO][:] = 0.002

    norm = maps(draw([toy(narrow)]))[0][1].collections[0].norm
    assert_allclose([norm.vmin, norm.vmax], [1e-4, 1e-2])


def test_steps_are_binned_and_steps_that_moved_nothing_do_not_count(toy):
    def change(_, steps):
        count = len(steps[NORM])
        steps[NORM][:, 0] = np.where(np.arange(count) % 10 == 0, 1e6, 2.0)  # the median of ten steps is 2
        steps[NORM][:, 1] = 0
        steps[RATIO][:, 0] = np.where(np.arange(count) % 4 == 0, 0.3, 0.0)

    figure = draw([toy(change, epochs=40, steps_per_epoch=50)])
    _, (norms, ratios) = maps(figure)
    assert norms.shape == ratios.shape == (2, 200)
    assert_array_equal(norms[0], 2.0)
    assert_array_equal(ratios[0], 0.3)
    assert "medians of 10 successive steps" in words(figure)


def test_several_seeds_give_their_median(toy):
    def scaled(factor):
        def change(_, steps):
            steps[NORM][:, :2] = [3 * factor, 4 * factor]

        return change

    figure = draw([toy(scaled(factor), seed=seed) for seed, factor in enumerate((1, 2, 9))])
    assert_allclose(maps(figure)[1][0][0], 10.0)
    assert "medians of the seeds" in words(figure)
    assert not figure.legends


def test_without_updates_the_ratio_is_that_of_the_epochs(tmp_path):
    shapes = {"a/kernel": (2, 2), "a/bias": (2,), "b/kernel": (2, 2)}
    series = {
        NORM: np.ones((6, 4)),
        "update_to_weight": np.array([[0.1, 9, 0.2, 1], [0.3, 9, 0.4, 1], [0.5, 9, 0.6, 1]]),
    }
    path = write_statistics(tmp_path / "statistics.h5", shapes, 3, 2, series=series)
    with Statistics(path) as run:
        drawn, (norms, ratios) = maps(draw([run]))
    assert norms.shape == (2, 6)
    assert_allclose(ratios, [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])
    assert drawn[1].get_title("left").startswith("update of an epoch / weight")
    corners = drawn[1].collections[0].get_coordinates()[0, :, 0]
    assert_array_equal(corners, [0, 2, 4, 6])


def test_zeros_are_grey_and_named(toy):
    def dead(_, steps):
        steps[NORM][:, :2] = 0

    figure = draw([toy(dead)])
    assert np.ma.getmaskarray(maps(figure)[1][0]).tolist() == [[True] * 18, [False] * 18]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["zero or not finite"]


@pytest.mark.parametrize(("layers", "rows"), [(500, 500), (1200, 240)])
def test_of_very_many_layers_a_row_is_the_median_of_successive_ones(tmp_path, layers, rows):
    shapes = {f"dense_{place}/kernel": (1,) for place in range(layers)}
    values = np.repeat(np.arange(1.0, layers + 2)[None], 4, axis=0)
    path = write_statistics(tmp_path / "statistics.h5", shapes, 2, 2, series={NORM: values})
    with Statistics(path) as run:
        figure = draw([run])
    drawn, (norms, _) = maps(figure)
    size = layers // rows
    assert_allclose(norms[:, 0], size * np.arange(rows) + (size + 1) / 2)
    assert ("median of 5 successive layers" in words(figure)) == (layers > 500)
    assert figure.get_figheight() * 300 < 4000
    names = [label.get_text() for label in drawn[0].get_yticklabels()]
    assert len(names) <= 63
    assert names[0] == "dense_0"


def test_the_last_layer_is_named_and_long_names_lose_their_middle(tmp_path):
    shapes = {f"block_{place}_with_a_very_long_name_of_a_layer/kernel": (1,) for place in range(70)}
    path = write_statistics(tmp_path / "statistics.h5", shapes, 1, series={NORM: np.ones((2, 71))})
    with Statistics(path) as run:
        names = [label.get_text() for label in maps(draw([run]))[0][0].get_yticklabels()]
    assert names[-1] == "block_69_wit…me_of_a_layer"
    assert len(names) == 35


def test_a_run_without_steps_says_so(toy):
    figure = draw([toy(epochs=0)])
    assert "No step was recorded." in [text.get_text() for text in figure.axes[0].texts]


def test_a_run_without_a_complete_epoch_has_no_second_map(tmp_path):
    run = write_run(tmp_path / "run.h5", {"dense/kernel": np.ones((3, 4, 2))}, 4)
    analyse(run, tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        assert len(maps(draw([statistics]))[1]) == 1
