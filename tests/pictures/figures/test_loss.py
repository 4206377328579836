import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gradevo import Statistics, analyse
from gradevo.pictures.figures import loss
from gradevo.testing import write_run


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def test_draws_loss_and_metric_of_both_splits_as_they_are(toy):
    run = toy()
    figure = loss.draw([run])
    for axes, name in zip(figure.axes, ("loss", "categorical_accuracy"), strict=True):
        drawn = lines(axes)
        for split, label in (("train", "training"), ("validation", "validation")):
            assert_array_equal(drawn[label].get_xdata(), [1, 2, 3, 4, 5, 6])
            assert_array_equal(drawn[label].get_ydata(), run.metrics(split)[name])
        assert axes.get_xlabel() == "epoch"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation"]


@pytest.mark.parametrize(
    ("metrics", "drawn"),
    [
        ({"train": {}}, []),
        ({"train": {"accuracy": [0.5, 0.6]}}, [["training"]]),
        (
            {"train": {"accuracy": [0.5, 0.6]}, "validation": {"loss": [2.0, 1.0]}},
            [["validation"], ["training"]],
        ),
    ],
)
def test_what_was_told_of_the_epochs_is_drawn(tmp_path, metrics, drawn):
    run = write_run(tmp_path / "run.h5", {"w": np.ones((4, 3))}, 2, metrics=metrics)
    analyse(run, tmp_path / "statistics.h5")
    with Statistics(tmp_path / "statistics.h5") as statistics:
        figure = loss.draw([statistics])
    assert [list(lines(axes)) for axes in figure.axes if axes.axison] == drawn
    if not drawn:
        assert figure.axes[0].texts[0].get_text() == "No loss and no metric of an epoch was recorded."


def test_accuracy_is_read_in_per_cent(toy):
    axes = loss.draw([toy()]).axes[1]
    assert axes.get_ylabel() == "accuracy: correct classifications (%)"
    assert axes.yaxis.get_major_formatter()(0.925) == "92.5"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("categorical_crossentropy", "cross-entropy loss (nats)"),
        ("mean_squared_error", "mean squared error (target unit²)"),
        ("my_loss", "my loss"),
    ],
)
def test_the_loss_is_named_with_its_unit(toy, name, label):
    run = toy(experiment={"title": "Toy", "loss": name})
    assert loss.draw([run]).axes[0].get_ylabel() == label


def test_an_unknown_metric_is_named_as_the_user_named_it(toy):
    assert loss.draw([toy(metric="my_own_score")]).axes[1].get_ylabel() == "my own score"


@pytest.mark.parametrize(("decades", "scale"), [(1.4, "linear"), (1.6, "log")])
def test_a_loss_of_many_decades_gets_a_logarithmic_axis(toy, monkeypatch, decades, scale):
    run = toy()
    monkeypatch.setattr(run, "metrics", lambda split: {"loss": 10 ** -np.linspace(0, decades, 6)})
    assert loss.draw([run]).axes[0].get_yscale() == scale


def test_a_loss_that_is_never_positive_or_never_finite_is_drawn_without_complaint(toy, monkeypatch):
    run = toy()
    for value in (0.0, -1.0, np.nan, np.inf):
        monkeypatch.setattr(run, "metrics", lambda split, value=value: {"loss": np.full(6, value)})
        assert loss.draw([run]).axes[0].get_yscale() == "linear"


def test_a_run_without_validation_shows_training_alone(toy, monkeypatch):
    run = toy()
    train = run.metrics("train")
    monkeypatch.setattr(run, "metrics", lambda split: train if split == "train" else {})
    assert list(lines(loss.draw([run]).axes[0])) == ["training"]
