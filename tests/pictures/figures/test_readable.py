"""Every figure of every odd run is readable: nothing is clipped, nothing overlaps, no warning."""

import numpy as np
import pytest
from matplotlib.text import Text

from gradevo.pictures.style.house import house_style

from ..usual import ALL_FIGURES


def all_values(value):
    def change(epochs, steps):
        for values in (*epochs.values(), *steps.values()):
            values[...] = value

    return change


def huge_range(epochs, steps):
    for values in (*epochs.values(), *steps.values()):
        values *= np.geomspace(1e12, 1e-9, len(values))[:, None]


def exploding(epochs, steps):
    for values in (*epochs.values(), *steps.values()):
        values *= np.geomspace(1, 1e45, len(values))[:, None]


def dead_biases(epochs, steps):
    for values in steps.values():
        values[:, 1:24:4] = 3e-9


LABEL = "user-supplied copy · gradients rounded to 7 bits · every 4th step"

RUNS = {
    "plain": {},
    "diverging": {"first_nonfinite_step": 10, "data_label": "user-supplied copy"},
    "one epoch": {"epochs": 1},
    "one step": {"epochs": 1, "steps_per_epoch": 1},
    "no epoch": {"epochs": 0, "extra_steps": 2},
    "nothing": {"epochs": 0},
    "long": {"epochs": 500, "steps_per_epoch": 20},
    "all zero": {"change": all_values(0.0)},
    "all NaN": {"change": all_values(np.nan)},
    "constant": {"change": all_values(2.0)},
    "huge range": {"change": huge_range},
    "exploding": {"change": exploding, "first_nonfinite_step": 15},
    "long with a label": {
        "epochs": 500,
        "steps_per_epoch": 102,
        "data_label": LABEL,
        "first_nonfinite_step": 40000,
    },
    "one tensor": {"shapes": {"scale": ()}},
    "deep": {"shapes": "deep"},
    "cifar10": {
        "shapes": "cifar10",
        "epochs": 15,
        "steps_per_epoch": 44,
        "change": dead_biases,
        "data_label": LABEL,
        "first_nonfinite_step": 600,
    },
}


@pytest.fixture
def boxes(toy, deep, cifar10, monkeypatch):
    """A function that draws a figure of a run and tells the boxes of all texts that are really drawn."""
    drawn = []
    draw = Text.draw

    def remembering(text, renderer):
        drawn.append(text)
        draw(text, renderer)

    @house_style()
    def of(stem, name):
        fields = dict(RUNS[name])
        if isinstance(fields.get("shapes"), str):
            fields["shapes"] = {"deep": deep, "cifar10": cifar10}[fields["shapes"]]
        figure = ALL_FIGURES[stem]([toy(**fields)])
        with monkeypatch.context() as patch:
            patch.setattr(Text, "draw", remembering)
            figure.draw_without_rendering()
        shown = [text for text in drawn if text.get_visible() and text.get_text().strip()]
        return figure, {text: text.get_window_extent() for text in shown}

    return of


@pytest.mark.parametrize("stem", ALL_FIGURES)
@pytest.mark.parametrize("name", RUNS)
def test_texts_are_large_enough_inside_the_page_and_apart(boxes, check_readable, stem, name):
    figure, texts = boxes(stem, name)
    assert len(texts) >= 2
    check_readable(figure, texts)
