"""The pages' templates and their data."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gradevo.numbers import count
from gradevo.version import __version__

STATIC = Path(__file__).parent / "static"
"""Style and script of the pages."""


def slug(words: str) -> str:
    """An id for an element of a page: letters, digits, hyphens and underscores."""
    return re.sub(r"[^\w-]+", "-", words)


class Pages:
    """Writes pages into a folder; what all pages know is given once."""

    def __init__(self, folder: Path, **shared: Any) -> None:
        self._folder = folder
        self._environment = Environment(
            loader=PackageLoader("gradevo.report"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(slug=slug, count=count)
        self._environment.globals.update(version=__version__, **shared)

    def write(self, template: str, file: str, context: Mapping[str, Any]) -> None:
        """Fill a template and write the page."""
        page = self._environment.get_template(template).render(context, here=file)
        (self._folder / file).write_text(page, encoding="utf-8", newline="\n")
