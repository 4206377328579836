"""Curves under the cell in which a network trains, drawn anew while it does."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradevo.errors import GradevoError
from gradevo.notebook.curves import Curves, draw_curves

SHARE = 0.1
"""Of the time, at most, that drawing may take."""

LEAST_SECONDS = 0.5
"""Between two drawings."""


def live_curves(path: Path) -> "LiveCurves":
    """Curves of a training that records to this file; an empty place for them is shown at the first drawing.

    Raises:
        GradevoError: Without IPython, and outside of it.
    """
    try:
        from IPython import get_ipython
    except ModuleNotFoundError as error:
        raise GradevoError(
            f"{path}: live=True: expected IPython to be installed, found {error.name} missing; "
            "pip install 'gradevo[notebook]', or leave live out"
        ) from error
    if get_ipython() is None:
        raise GradevoError(
            f"{path}: live=True: expected to run in a notebook or in IPython, found plain Python; "
            "leave live out"
        )
    return LiveCurves(path)


class LiveCurves:
    """One display, updated; see `gradevo.display.LiveCurves`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._losses: list[NDArray[np.floating]] = []
        self._norms: list[NDArray[np.floating]] = []
        self._stops: list[int] = []
        self._metrics: dict[str, dict[str, list[float]]] = {}
        self._handle: Any = None
        self._next = 0.0

    def steps(self, losses: NDArray[np.floating] | None, norms: NDArray[np.floating]) -> None:
        """Take the next steps in: losses, where they are told, and norms of the gradients, (k,)."""
        self._norms.append(norms)
        self._losses.append(np.full(len(norms), np.nan) if losses is None else losses)

    def epoch(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        """Take the end of an epoch in: split -> metric -> value."""
        self._stops.append(sum(map(len, self._norms)))
        for split, values in metrics.items():
            for name, value in values.items():
                before = self._metrics.setdefault(split, {}).setdefault(name, [])
                before += [float("nan")] * (len(self._stops) - 1 - len(before))
                before.append(float(value))

    def show(self, at_once: bool = False) -> None:
        """Draw what there is, if the last time is long enough ago."""
        from IPython.display import display

        begun = time.monotonic()
        if not self._norms or (begun < self._next and not at_once):
            return
        losses, norms = np.concatenate(self._losses), np.concatenate(self._norms)
        known = losses if np.isfinite(losses).any() else None
        drawn = draw_curves(Curves(known, norms, self._stops, self._metrics), self._path.name)
        if self._handle is None:
            self._handle = display(drawn, display_id=True)
        else:
            self._handle.update(drawn)
        now = time.monotonic()
        self._next = now + max(LEAST_SECONDS, (now - begun) / SHARE)
