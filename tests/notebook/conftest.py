"""A notebook that is none: what would be displayed is kept."""

from typing import Any

import IPython
import IPython.display
import pytest


class Shown:
    """What was displayed, and what came in its place, in order."""

    def __init__(self) -> None:
        self.figures: list[Any] = []
        self.displays = 0

    def display(self, figure: Any, display_id: bool) -> "Shown":
        self.displays += 1
        self.update(figure)
        return self

    def update(self, figure: Any) -> None:
        self.figures.append(figure)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Stands for IPython in a notebook."""
    found = Shown()
    monkeypatch.setattr(IPython, "get_ipython", lambda: found)
    monkeypatch.setattr(IPython.display, "display", found.display)
    return found
