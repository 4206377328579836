"""The templates of pages, filled with nothing unescaped and nothing left out."""

import re
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from gradevo.numbers import count
from gradevo.version import __version__

STATIC = Path(__file__).parent / "static"
"""Style and script of the pages."""


def templates(*packages: str) -> Environment:
    """The templates of these packages, of whose files with one name the first counts."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(slug=slug, count=count)
    environment.globals.update(version=__version__)
    return environment


def slug(words: str) -> str:
    """An id for an element of a page: letters, digits, hyphens and underscores.

    >>> slug("rain/descents")
    'rain-descents'
    """
    return re.sub(r"[^\w-]+", "-", words)
