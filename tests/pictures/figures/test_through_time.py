import math

import numpy as np
import pytest
from matplotlib.text import Text

from gradevo.errors import GradevoError
from gradevo.pictures.figures.through_time import draw, sentence, shown_epochs, stacked
from gradevo.pictures.style.house import house_style
from gradevo.pictures.style.save import save

LAYERS = ("input", "InputLayer"), ("gru", "GRU"), ("dense", "Dense")
VANISHING = np.geomspace(1e-9, 1.0, 10) * np.linspace(1, 2, 6)[:, None]


@pytest.fixture
def run(graph_run, chain):
    def make(values=VANISHING, **fields):
        return graph_run(chain(*LAYERS), epochs=len(values), through_time={"gru": values}, **fields)

    return make


@pytest.mark.parametrize(
    ("norms", "words"),
    [
        ([1e-6, 0.1, 2.0], "earliest step's gradient 2×10⁶ times smaller than latest's"),
        ([2.0, 0.1, 1.0], "earliest step's gradient 2 times larger than latest's"),
        ([1.0], "earliest step's gradient 1 times smaller than latest's"),
        ([0.0, 0.0, 1.0], "no gradient at the earliest of 3 steps"),
        ([1.0, 0.0, 0.0], "no gradient at the latest of 3 steps"),
        ([0.0, 1.0, 0.0], "no gradient at the earliest and the latest step"),
        ([math.nan, 1.0], "the gradient is not finite"),
    ],
)
def test_the_sentence_compares_the_earliest_with_the_latest_step(norms, words):
    assert sentence(np.array(norms)) == words


def test_first_middle_and_last_epoch():
    assert [shown_epochs(epochs) for epochs in (1, 2, 3, 20)] == [[1], [1, 2], [1, 2, 3], [1, 10, 20]]


def test_runs_of_different_lengths_are_filled_up():
    values = stacked([np.ones((2, 3)), np.array([[1.0, np.inf, 2.0]])])
    np.testing.assert_equal(values, [np.ones((2, 3)), [[1, np.nan, 2], [np.nan] * 3]])


@house_style()
def test_profile_and_heatmap_show_the_norms(run):
    figure = draw([run()])
    profile, heatmap, _ = figure.axes
    assert profile.get_yscale() == "log"
    first, middle, last = profile.get_lines()
    assert [line.get_label() for line in (first, middle, last)] == ["epoch 1", "epoch 3", "epoch 6"]
    np.testing.assert_allclose(first.get_ydata(), VANISHING[0], rtol=1e-6)
    np.testing.assert_allclose(last.get_ydata(), VANISHING[5], rtol=1e-6)
    (image,) = heatmap.get_images()
    np.testing.assert_allclose(image.get_array(), VANISHING, rtol=1e-6)
    assert "1×10⁹ times smaller" in profile.get_title(loc="left")


@house_style()
def test_zeros_have_no_colour_and_the_legend_says_so(run):
    values = VANISHING.copy()
    values[:, :3] = 0
    figure = draw([run(values)])
    assert figure.axes[1].get_images()[0].get_array().mask[:, :3].all()
    assert "zero or not finite" in [text.get_text() for text in figure.findobj(Text)]
    assert "zero or not finite" not in [text.get_text() for text in draw([run()]).findobj(Text)]


@pytest.mark.parametrize(
    "values",
    [np.zeros((2, 5)), np.full((2, 5), np.inf), np.ones((1, 1)), np.full((3, 4), 0.5), np.ones((300, 9))],
)
@house_style()
def test_odd_values_are_drawn_readably(run, values):
    figure = draw([run(values)])
    figure.draw_without_rendering()
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip():
            assert text.get_fontsize() >= 7


@house_style()
def test_several_seeds_give_their_median(run):
    figure = draw([run(seed=1), run(3 * VANISHING, seed=2), run(2 * VANISHING, seed=3)])
    np.testing.assert_allclose(figure.axes[0].get_lines()[0].get_ydata(), 2 * VANISHING[0], rtol=1e-6)
    np.testing.assert_allclose(figure.axes[1].get_images()[0].get_array(), 2 * VANISHING, rtol=1e-6)


def test_a_run_without_recurrent_layers_is_refused(graph_run, chain):
    run = graph_run(chain(*LAYERS))
    with pytest.raises(GradevoError, match=r"statistics\.h5: expected a recurrent layer"):
        draw([run])


def test_the_same_runs_give_the_same_pages(run, tmp_path):
    statistics = run()
    pages = [save(draw([statistics]), tmp_path / name, "page") for name in ("one", "other")]
    for one, other in zip(*pages, strict=True):
        assert one.read_bytes() == other.read_bytes()
