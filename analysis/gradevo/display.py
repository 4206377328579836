"""How objects show themselves in notebooks: by a room above them, loaded when they are asked to.

Reading a file and recording a training need no matplotlib.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class LiveCurves(Protocol):
    """Curves under a cell, which grow."""

    def steps(self, losses: NDArray[np.floating] | None, norms: NDArray[np.floating]) -> None:
        """Take the next steps in: losses, where they are told, and norms of the gradients, (k,)."""

    def epoch(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Take the end of an epoch in: split -> metric -> value."""

    def show(self, at_once: bool = False) -> None:
        """Draw what there is, if the last time is long enough ago."""


def html_of(shown: object) -> str:
    """What Jupyter shows of a run or of statistics, as HTML."""
    html: str = import_module("gradevo.notebook.html").html_of(shown)
    return html


def live_curves(path: Path) -> LiveCurves:
    """Curves of a training that records to this file.

    Raises GradevoError where there is no notebook to draw in.
    """
    live: Any = import_module("gradevo.notebook.live")
    curves: LiveCurves = live.live_curves(path)
    return curves
