"""The figure: a panel per quantity, the experiments alike in all; readable for every kind of training."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from gradevo.comparison.curves import curve
from gradevo.pictures.figures.evolution import PICTURE, draw
from gradevo.pictures.style.experiments import look, marked
from gradevo.pictures.style.house import house_style
from gradevo.statistics.catalogue import compared
from gradevo.statistics.ensembles import open_ensembles


@pytest.fixture(scope="module")
def several(kinds: dict[str, list[Path]]) -> Iterator[tuple[Figure, list[str]]]:
    with open_ensembles([*kinds["plain"], *kinds["single"], *kinds["lengths"]]) as ensembles:
        yield draw(ensembles), [ensemble.name for ensemble in ensembles]


def test_a_panel_for_every_quantity_and_one_for_the_legend(several: tuple[Figure, list[str]]) -> None:
    figure, _ = several
    *panels, legend = figure.axes
    assert [panel.get_title() for panel in panels] == [""] * 8
    titles = [panel.get_title(loc="left") for panel in panels]
    assert titles == [
        f"({letter}) {quantity.label}"
        for letter, quantity in zip("abcdefgh", compared().values(), strict=True)
    ]
    assert [panel.get_ylabel() for panel in panels] == [quantity.symbol for quantity in compared().values()]
    assert [panel.get_yscale() == "log" for panel in panels] == [
        bool(q.logarithmic) for q in compared().values()
    ]
    texts = [text.get_text() for text in legend.get_legend().get_texts()]
    assert texts == [
        "Plain & 100 % _simple_, 3 seeds", "Single", "Lengths, 2 seeds", "median and range of seeds"
    ]  # fmt: skip
    assert figure.get_size_inches()[0] == 7


def test_the_legend_says_what_must_be_said(kinds: dict[str, list[Path]]) -> None:
    with open_ensembles([*kinds["bad"], *kinds["thinned"]]) as ensembles:
        texts = [text.get_text() for text in draw(ensembles).axes[-1].get_legend().get_texts()]
    assert texts[:2] == ["Bad, 2 seeds\nseed 13: non-finite from epoch 2", "Thinned\nevery 2nd step"]


def test_lines_are_the_medians_of_the_curves(
    several: tuple[Figure, list[str]], kinds: dict[str, list[Path]]
) -> None:
    figure, names = several
    paths = [path for name in names for path in kinds[name]]
    with open_ensembles(paths) as ensembles:
        for panel, name in zip(figure.axes, compared(), strict=False):
            lines = [
                line for line in panel.lines if line.get_linestyle() != "None" and len(line.get_xdata()) != 2
            ]
            drawn = [curve(ensemble, name) for ensemble in ensembles]
            assert len(lines) == len(ensembles)
            assert len(panel.collections) == 2  # bands of the two experiments with several seeds
            for place, (line, one) in enumerate(zip(lines, drawn, strict=True)):
                np.testing.assert_array_equal(line.get_xdata(), one.progress)
                np.testing.assert_array_equal(line.get_ydata(), one.spread()[1])
                assert line.get_color() == look(place).color


def test_looks_differ() -> None:
    looks = [look(place) for place in range(12)]
    assert len({(one.color, str(one.line)) for one in looks}) == 12
    assert len({one.marker for one in looks}) == 12
    assert looks[0].line == looks[6].line != looks[7].line


def test_markers_are_spread_and_on_values() -> None:
    progress = np.arange(1, 101) / 100
    values = np.ones(100)
    one, other = (marked(progress, values, place, 2) for place in (0, 1))
    assert len(one) == len(other) == 4
    assert not set(one) & set(other)
    values[:] = np.nan
    assert marked(progress, values, 0, 2) == []
    values[7] = 1
    assert marked(progress, values, 0, 2) == [7]


def test_the_caption_explains_every_panel() -> None:
    for letter in "abcdefgh":
        assert f"({letter}) " in PICTURE.seen
    assert "(a), (c), (d) and (h) have logarithmic axes" in PICTURE.seen


def test_a_value_that_is_zero_but_for_rounding_does_not_squash_the_others(
    statistics_file: Callable[..., Path],
) -> None:
    shrinking = np.array([1, 1e-2, 1e-4, 1e-16])[:, None] * [1, 2]
    with open_ensembles([statistics_file({"dense/kernel": shrinking}, 1)]) as ensembles:
        low, high = draw(ensembles).axes[0].get_ylim()
    assert 1e-5 < low < 1e-4
    assert 1 < high < 10


@pytest.fixture(scope="module")
def crowds(
    kinds: dict[str, list[Path]], training: Callable[..., Path], statistics_file: Callable[..., Path]
) -> dict[str, list[Path]]:
    """What the figure has to be readable for."""
    long = "A network with a name that nobody would give to it of their own will"
    return {
        **{kind: kinds[kind] for kind in ("plain", "short", "thinned")},
        "mixed": [path for paths in kinds.values() for path in paths],
        "twelve": [training(f"experiment-{place}", title=f"Experiment number {place}") for place in range(11)]
        + [training("last", title=long)],
        "zeros": [
            statistics_file({"dense/kernel": np.zeros((4, 3))}, 2, f"zeros-{place}", title=long)
            for place in range(5)
        ],
    }


@pytest.mark.parametrize("crowd", ["plain", "short", "thinned", "mixed", "twelve", "zeros"])
def test_texts_are_large_enough_inside_the_page_and_apart(
    crowds: dict[str, list[Path]],
    crowd: str,
    check_readable: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Text] = []
    original = Text.draw

    def remembering(text: Text, renderer: object) -> None:
        drawn.append(text)
        original(text, renderer)  # type: ignore[arg-type]

    with house_style(), open_ensembles(crowds[crowd]) as ensembles:
        figure = draw(ensembles)
        with monkeypatch.context() as patch:
            patch.setattr(Text, "draw", remembering)
            figure.draw_without_rendering()
    boxes = {
        text: text.get_window_extent() for text in drawn if text.get_visible() and text.get_text().strip()
    }
    assert len(boxes) > 8 * 3
    check_readable(figure, boxes)


def test_experiments_without_a_value_are_named(crowds: dict[str, list[Path]]) -> None:
    with open_ensembles(crowds["thinned"]) as ensembles:
        notes = [" ".join(text.get_text() for text in panel.texts) for panel in draw(ensembles).axes]
    assert {place: note for place, note in enumerate(notes) if note} == dict.fromkeys(
        (2, 5, 6), "no value: Thinned"
    )
    with open_ensembles(crowds["zeros"]) as ensembles:
        panel = draw(ensembles).axes[0]
    (note,) = (text.get_text() for text in panel.texts)
    assert not len(panel.get_yticks())
    assert " ".join(note.split()) == "no value: " + 3 * "A network with a name that…, " + "2 more"
