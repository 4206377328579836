"""Packages that only an export needs."""

from importlib import import_module
from typing import Any

from gradevo.errors import GradevoError


def package(module: str, extra: str) -> Any:
    """Import a module of a package that ``pip install 'gradevo[<extra>]'`` brings.

    Raises `GradevoError` where it is missing.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise GradevoError(
            f"export: expected {module.partition('.')[0]} to be installed, found {error.name} missing; "
            f"pip install 'gradevo[{extra}]'"
        ) from error
