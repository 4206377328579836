"""Rows of PyTorch's train step, which runs as it is written."""

from typing import Any

from gradevo.recording.keras.rows import Batch, StepRows
from gradevo.recording.tree import as_array


class TorchRows(StepRows):
    """`StepRows` on PyTorch: a row is copied to the host when its step is over."""

    def _keep(self, batch: Batch, name: str, value: Any, how: str = "") -> None:
        super()._keep(batch, name, value.detach() if hasattr(value, "detach") else value, how)

    def _write(self, batch: Batch) -> None:
        self._waiting.append(as_array(self._row(batch.known)))
