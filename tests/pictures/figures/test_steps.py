import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo.bands import fitting_size
from gradevo.pictures.figures import per_step, steps
from gradevo.pictures.style.house import house_style
from gradevo.pictures.style.save import save

NORM = "l2_norm_individual"


def headline(figure):
    return figure.texts[1].get_text()


def said(axes):
    """The note in a panel, with ordinary spaces."""
    return axes.texts[0].get_text().replace("\N{NO-BREAK SPACE}", " ")


def test_few_steps_are_drawn_one_by_one_on_a_logarithmic_axis(toy):
    run = toy()
    figure = steps.draw([run])
    total, dense, dense_1 = figure.axes
    assert_array_equal(total.lines[0].get_xdata(), np.arange(18))
    assert_array_equal(total.lines[0].get_ydata(), run.step(NORM))
    for axes, layer in ((dense, "dense"), (dense_1, "dense_1")):
        for line, role in zip(axes.lines, ("kernel", "bias"), strict=True):
            assert_array_equal(line.get_ydata(), run.step(NORM, f"{layer}/{role}"))
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    assert figure.get_supylabel() == "L2 norm (loss / weight)"
    assert total.get_xlabel() == "step"
    assert "total: every step; layers: every step" in headline(figure)


def test_the_upper_axis_counts_complete_epochs(toy):
    upper = steps.draw([toy()]).axes[0].child_axes[0]
    assert_array_equal(upper.get_xticks(), [0, 1, 2, 3, 4, 5, 6])
    assert upper._functions[0](np.array([3.0, 18.0])).tolist() == [1.0, 6.0]  # three steps an epoch


def test_many_steps_become_median_and_range_of_bins(toy):
    run = toy(epochs=40, steps_per_epoch=100)
    figure = steps.draw([run])
    total = figure.axes[0]
    bins = run.step(NORM).reshape(-1, 5)
    assert_array_equal(total.lines[0].get_xdata()[:2], [2.0, 7.0])
    assert_array_equal(total.lines[0].get_ydata(), np.median(bins, axis=1))
    band = total.collections[0].get_paths()[0].vertices
    assert {(2.0, low) for low in bins[:1].min(axis=1)} | {(2.0, high) for high in bins[:1].max(axis=1)} <= {
        tuple(corner) for corner in band
    }
    assert "total: median and range of 5 steps; layers: median and range of 10" in headline(figure)


@pytest.mark.parametrize(
    ("number", "per_epoch", "size"),
    [
        (150, 9, 1),
        (300, 9, 3),  # 2 would do, but 3 divides an epoch of 9 steps
        (1500, 102, 17),
        (15000, 102, 102),
        (60000, 102, 408),  # 4 epochs
        (1500, 97, 10),  # nothing near 10 fits an epoch of 97 steps
    ],
)
def test_bins_fit_into_epochs(number, per_epoch, size):
    assert fitting_size(number, per_epoch, per_step.POINTS_PER_INCH) == size


def test_what_a_logarithmic_axis_cannot_show_is_said(toy):
    def dead(epochs, values):
        values[NORM][:, 1] = 3e-9  # dense/bias
        values[NORM][:4, 2] = 0  # dense_1/kernel
        values[NORM][5, 3] = 0  # dense_1/bias

    figure = steps.draw([toy(dead)])
    _, dense, dense_1 = figure.axes
    assert said(dense) == "bias ≤ 3×10⁻⁹, not drawn"
    assert len(dense.lines) == 1
    assert said(dense_1) == "kernel = 0 in 4 steps\nbias = 0 in 1 step"
    assert dense.get_ylim()[0] > 1e-3


def test_what_is_said_in_a_narrow_panel_keeps_to_it(toy, cifar10):
    def dead(epochs, values):
        values[NORM][:, 1] = 3e-9  # conv2d/bias

    with house_style():
        figure = steps.draw([toy(dead, shapes=cifar10)])
        figure.draw_without_rendering()
    panel = figure.axes[1]
    assert panel.get_title("left") == "conv2d"
    assert said(panel).split("\n") == ["bias ≤ 3×10⁻⁹,", "not drawn"]
    assert panel.texts[0].get_window_extent().x1 < panel.bbox.x1
    assert panel.bbox.width > 0.13 * figure.bbox.width  # five of them take two thirds of the page


def test_a_full_record_of_forda_makes_a_small_page(toy, tmp_path):
    run = toy(epochs=500, steps_per_epoch=102)
    png, pdf = save(steps.draw([run]), tmp_path, "batch_norms")
    assert pdf.stat().st_size < 200_000
    assert png.stat().st_size < 1_000_000


def test_a_tensor_without_any_value_is_named(toy):
    def undefined(epochs, values):
        values[NORM][:, 1] = np.nan  # dense/bias

    assert said(steps.draw([toy(undefined)]).axes[1]) == "bias: no value"


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_norms_without_a_positive_number_are_drawn_without_complaint(toy, value):
    def constant(epochs, values):
        values[NORM][...] = value

    figure = steps.draw([toy(constant)])
    assert {axes.get_yscale() for axes in figure.axes} == {"linear"}


def test_steps_of_an_unfinished_epoch_are_drawn(toy):
    run = toy(epochs=0, extra_steps=2)
    assert_array_equal(steps.draw([run]).axes[0].lines[0].get_ydata(), run.step(NORM))


def test_no_step_at_all_is_said(toy):
    assert headline(steps.draw([toy(epochs=0)])).endswith("no step was recorded")


def test_of_a_deep_network_ranked_layers_are_shown_on_a_page(toy):
    """Of 40 layers: the norm grows from layer to layer, the 20th falls while all others stay."""
    shapes = {f"l{n}/{name}": shape for n in range(40) for name, shape in (("kernel", (9,)), ("bias", (2,)))}

    def change(_, series):
        series[NORM][:, :-1:2] = 10.0 ** np.arange(40)
        series[NORM][:, 1:-1:2] = 1e-3
        series[NORM][:, 40] *= np.geomspace(1e3, 1e-3, len(series[NORM]))

    figure = steps.draw([toy(change, shapes=shapes)])
    titles = [axes.get_title("left") for axes in figure.axes if axes.get_title("left")]
    assert titles[:10] == [f"l{n}" for n in (39, 38, 37, 36, 35, 0, 1, 2, 3, 4)]
    assert titles[10] == "l20"
    assert len(titles) == 15
    assert "15 of 40 layers, ranked by their largest tensor" in headline(figure)
    assert "25 not shown" in headline(figure)
    assert figure.get_figheight() * 300 < 4000
