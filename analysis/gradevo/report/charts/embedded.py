"""A Bokeh document as JSON whose bytes depend on nothing but what it shows.

Bokeh numbers models by a counter of the process, or at random if `BOKEH_SIMPLE_IDS` says so. Here the models
of a document are numbered anew, in the order in which they stand in it.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from bokeh.document import Document


def document_json(document: Document, prefix: str) -> dict[str, Any]:
    """The document, its models named ``<prefix>-1``, ``<prefix>-2``, …"""
    content: dict[str, Any] = dict(document.to_json(deferred=False))
    numbers = itertools.count(1)
    names = {found: f"{prefix}-{next(numbers)}" for found in dict.fromkeys(_ids(content))}
    renamed: dict[str, Any] = _renamed(content, names)
    return renamed


def _ids(part: Any) -> list[str]:
    """The ids of all models, in the order of their definitions."""
    if isinstance(part, Mapping):
        own = [part["id"]] if part.get("type") == "object" and "id" in part else []
        return own + [found for value in part.values() for found in _ids(value)]
    if isinstance(part, (list, tuple)):
        return [found for value in part for found in _ids(value)]
    return []


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    if isinstance(part, Mapping):
        return {
            key: names.get(value, value) if key == "id" and isinstance(value, str) else _renamed(value, names)
            for key, value in part.items()
        }
    if isinstance(part, (list, tuple)):
        return [_renamed(value, names) for value in part]
    return part
