"""What no font has is told by its name, once."""

import logging
import warnings
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from gradevo.pictures.film.stage import Stage
from gradevo.pictures.style import glyphs
from gradevo.pictures.style.frame import new_figure
from gradevo.pictures.style.glyphs import FAMILY, families, make_readable, readable
from gradevo.pictures.style.house import house_style
from gradevo.pictures.style.save import save


@pytest.fixture(autouse=True)
def only_the_first_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is installed here."""
    monkeypatch.setattr(glyphs, "_fonts", lambda: [glyphs._characters(FAMILY)])
    monkeypatch.setattr(glyphs, "_told", set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wölfe & Größe ≤ 3²", "Wölfe & Größe ≤ 3²"),
        ("ذئاب", "ذئاب"),
        ("猫 and 犬", "[U+732B] and [U+72AC]"),
        ("a \U0001f408", "a [cat]"),
        ("\u0915\u094d", "[U+0915]"),
        ("a\n\tb", "a\n\tb"),
    ],
)
def test_what_is_written(text: str, expected: str) -> None:
    assert readable(text) == expected


def test_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for text in ("猫 ذ", "猫猫", "犬"):
            readable(text)
    assert [record.getMessage()[:20] for record in caplog.records] == [
        "no font here has 猫, ",
        "no font here has 犬, ",
    ]


def labelled() -> Figure:
    figure = new_figure(3, 2)
    axes = figure.add_subplot()
    axes.plot([0, 1], label="犬")
    axes.set_title("猫: \U0001f408")
    figure.legend()
    return figure


def test_a_figure_is_drawn_without_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(), house_style():
        warnings.simplefilter("error")
        figure = labelled()
        with caplog.at_level(logging.WARNING):
            save(figure, tmp_path, "cats")
    assert figure.axes[0].get_title(loc="left") == "[U+732B]: [cat]"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["[U+72AC]"]
    assert len(caplog.records) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"cats.png", "cats.pdf"}


def test_a_font_that_is_installed_draws_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_fonts", lambda: [glyphs._characters(FAMILY), frozenset({ord("猫")})])
    figure = labelled()
    make_readable(figure.findobj(Text))
    assert figure.axes[0].get_title() == "猫: [cat]"


def test_the_house_asks_for_what_is_installed_alone() -> None:
    assert families()[0] == FAMILY
    assert {*families()} <= {FAMILY, *glyphs.OTHERS}


@pytest.mark.parametrize("moves", [True, False])
def test_words_that_change_in_a_film_are_written_so_too(moves: bool) -> None:
    with warnings.catch_warnings(), house_style():
        warnings.simplefilter("error")
        figure = new_figure(3, 2)
        title = figure.text(0, 0, "")
        stage = Stage(figure, [title] if moves else None)
        title.set_text("猫, epoch 1")
        stage.picture()
    assert title.get_text() == "[U+732B], epoch 1"
