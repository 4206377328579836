"""Characters that the font lacks: drawn in another font that is installed, or else told by their names."""

import logging
import unicodedata
from collections.abc import Iterable
from functools import cache

from matplotlib.artist import Artist
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.text import Text

logger = logging.getLogger(__name__)

FAMILY = "DejaVu Sans"
"""Comes with matplotlib: letters of Europe, Greek, Cyrillic, Arabic, Hebrew, and signs of mathematics."""

OTHERS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei"),
    *("Droid Sans Fallback", "Microsoft YaHei", "PingFang SC", "Hiragino Sans", "Malgun Gothic"),
    *("Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Noto Sans Hebrew"),
    *("Noto Emoji", "Symbola", "Arial Unicode MS", "Unifont"),
)
"""Where there are any of them, they draw what the first one lacks, in this order."""

_told: set[str] = set()


@cache
def families() -> list[str]:
    """The first font and those of the others that are installed."""
    installed = {font.name for font in fontManager.ttflist}
    return [FAMILY, *(name for name in OTHERS if name in installed)]


def readable(text: str) -> str:
    """Return `text` with the name, or the number in Unicode, of each character that no font has.

    Which these are is logged once. Signs that only say how others look are left out.

    >>> readable("Wölfe, ذئاب")
    'Wölfe, ذئاب'
    """
    lacking = _lacking(text)
    _tell(lacking)
    return "".join(_in_words(one) if one in lacking else one for one in text)


def make_readable(artists: Iterable[Artist]) -> None:
    """Do the same with the texts among artists, such as ``figure.findobj(Text)``."""
    texts = [one for one in artists if isinstance(one, Text) and _lacking(one.get_text())]
    _tell(_lacking("".join(text.get_text() for text in texts)))
    for text in texts:
        text.set_text(readable(text.get_text()))


@cache
def _characters(family: str) -> frozenset[int]:
    return frozenset(get_font(fontManager.findfont(FontProperties(family=family))).get_charmap())


def _fonts() -> list[frozenset[int]]:
    return [_characters(family) for family in families()]


def _lacking(text: str) -> set[str]:
    if text.isascii():
        return set()
    fonts = _fonts()
    return {one for one in text if not one.isspace() and not any(ord(one) in font for font in fonts)}


def _in_words(character: str) -> str:
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    name = unicodedata.name(character, "")
    symbol = unicodedata.category(character).startswith("S")
    return f"[{name.lower()}]" if symbol and name else f"[U+{ord(character):04X}]"


def _tell(characters: Iterable[str]) -> None:
    new = sorted({one for one in characters if _in_words(one)} - _told)
    if new:
        _told.update(new)
        listed = " ".join(new[:20]) + (f" and {len(new) - 20} more" if len(new) > 20 else "")
        logger.warning(
            "no font here has %s, drawn by name or number; install one, as Noto Sans CJK or Noto Emoji",
            listed.encode("utf-8", "backslashreplace").decode(),
        )
