import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo.pictures.figures import norms

LINES = {
    "accumulated norm Σ‖g[i]‖": "acc_l{}_norm{}",
    "norm of accumulated gradient ‖A[e]‖": "l{}_norm_acc{}",
    "norm of gradient ‖g[e]‖": "l{}_norm{}",
}


def test_draws_the_totals_of_both_orders(toy):
    run = toy()
    figure = norms.draw([run])
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "L1 norm per element (loss / weight)",
        "L2 norm (loss / weight)",
    ]
    for axes, parts in zip(figure.axes, ((1, "_standardized"), (2, "")), strict=True):
        drawn = {line.get_label(): line.get_ydata() for line in axes.lines}
        for label, statistic in LINES.items():
            assert_array_equal(drawn[label], run.epoch(statistic.format(*parts)))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["dissolving gap", *LINES]


def test_the_gap_reaches_from_the_one_norm_to_the_other_and_is_measured(toy):
    def known(epochs, steps):
        for suffix in ("", "_standardized"):
            for order in (1, 2):
                epochs[f"acc_l{order}_norm{suffix}"][:, -1] = [2, 4, 6, 8, 10, 12]
                epochs[f"l{order}_norm_acc{suffix}"][:, -1] = [2, 3, 3, 3, 3, 3]

    for axes in norms.draw([toy(known)]).axes:
        corners = {tuple(corner) for corner in axes.collections[0].get_paths()[0].vertices}
        assert {(6.0, 12.0), (6.0, 3.0), (4.0, 8.0), (4.0, 3.0)} <= corners
        assert [text.get_text() for text in axes.texts] == ["75 %\ndissolved"]


def test_the_share_is_that_of_the_last_finite_epoch(toy):
    def diverging(epochs, steps):
        epochs["acc_l2_norm"][:, -1] = [2, 4, np.inf, np.nan, np.nan, np.nan]
        epochs["l2_norm_acc"][:, -1] = [2, 3, np.inf, np.nan, np.nan, np.nan]

    axes = norms.draw([toy(diverging)]).axes[1]
    assert axes.texts[0].get_text() == "25 %\ndissolved"
    assert axes.texts[0].xy == (2.0, 3.5)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_gradients_of_zero_or_of_nan_throughout_have_no_share(toy, value):
    def constant(epochs, steps):
        for values in epochs.values():
            values[...] = value

    assert list(norms.draw([toy(constant)]).axes[0].texts) == []
