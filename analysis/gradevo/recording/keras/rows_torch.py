"""Rows of PyTorch's train step, which runs as it is written."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from gradevo.recording.keras.rows import Batch, StepRows
from gradevo.recording.tree import as_array


class TorchRows(StepRows):
    """`StepRows` on PyTorch: a row is copied to the host when its step is over."""

    def __init__(self, model: keras.Model, *args: Any, **options: Any) -> None:
        super().__init__(model, *args, **options)
        self._waiting: list[NDArray[Any]] = []

    def fetch(self) -> NDArray[Any]:
        """The rows since it was last asked, ``(k, width)``."""
        waiting, self._waiting = self._waiting, []
        return np.array(waiting).reshape(-1, self._width)

    def _keep(self, batch: Batch, name: str, value: Any, how: str = "") -> None:
        super()._keep(batch, name, value.detach() if hasattr(value, "detach") else value, how)

    def _write(self, batch: Batch) -> None:
        self._waiting.append(as_array(self._row(batch.known)))
