"""The numbers of ``docs/article.md``: all of them of the run at full size."""

from .quote import Quote, Stated
from .reasons import PAPER

DOCUMENT = "article.md"
SECTIONS = ("# Compared with the article",)
QUOTES: tuple[Quote, ...] = ()
STATED = (Stated(DOCUMENT, PAPER, section=SECTIONS[0]),)
