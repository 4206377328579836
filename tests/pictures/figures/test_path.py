"""The path of the weights on a plane that one knows."""

import numpy as np
from matplotlib.collections import LineCollection
from numpy.testing import assert_allclose, assert_array_equal

from gradevo.pictures.figures.path import draw
from gradevo.statistics.store import Statistics
from gradevo.testing import write_statistics

WAY = np.array([[0.0, 0, 0], [3, 0, 0], [3, 0, 4]])  # lengths 3 and 4


def drawn(tmp_path, way=WAY, **fields):
    path = write_statistics(
        tmp_path / "statistics.h5", {"w": (3,)}, len(way) - 1, folded_weights=way, **fields
    )
    with Statistics(path) as run:
        return draw(run)


def test_the_path_has_the_true_lengths_and_says_what_it_shows(tmp_path):
    figure = drawn(tmp_path)
    axes = figure.axes[0]
    pieces = next(one for one in axes.collections if isinstance(one, LineCollection)).get_segments()
    assert_allclose([np.linalg.norm(np.diff(piece, axis=0)) for piece in pieces], [3, 4])
    assert_allclose(pieces[0][0], [0, 0], atol=1e-12)
    assert [text.get_text() for text in axes.texts] == ["before training", "after epoch 2"]
    shares = [float(words.split()[2]) for words in (axes.get_xlabel(), axes.get_ylabel())]
    assert_allclose(sum(shares), 100, atol=0.11)
    assert axes.get_aspect() == 1


def test_loss_and_coordinates_stand_over_the_epochs(tmp_path):
    figure = drawn(tmp_path, metrics={"train": {"loss": np.array([2.0, 1.0])}})
    _, loss, coordinates = figure.axes
    assert_array_equal(loss.lines[0].get_ydata(), [2, 1])
    first, second = (line.get_ydata() for line in coordinates.lines)
    assert_allclose(np.hypot(first, second), [0, 3, 5])
    assert len(figure.legends[0].get_texts()) == 2


def test_weights_that_are_not_finite_are_no_path(tmp_path):
    figure = drawn(tmp_path, np.array([[0.0, 0, 0], [np.nan, 0, 0]]))
    assert figure.axes[0].texts[0].get_text() == "The weights are not finite after the first epoch."
