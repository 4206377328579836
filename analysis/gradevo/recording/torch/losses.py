"""What trainers tell of losses and examples, batch by batch, as numbers of steps and epochs."""

from typing import Any

import torch
from torch.utils._pytree import tree_leaves


class Losses:
    """Losses of the batches of a step and of the steps of an epoch."""

    def __init__(self) -> None:
        self._examples = 0
        self._of_parts = True
        self._batches: list[torch.Tensor] = []
        self._steps: list[torch.Tensor] = []

    def add_examples(self, batch: Any) -> None:
        """Count the examples of a batch, along the first axis of its first tensor that has one."""
        tensors = (one for one in tree_leaves(batch) if isinstance(one, torch.Tensor) and one.ndim)
        self._examples += len(next(tensors, ()))

    def add(self, loss: torch.Tensor, of_parts: bool = True) -> None:
        """Take a batch's loss; the step's is the sum of such parts, or else their mean."""
        self._batches.append(loss)
        self._of_parts = of_parts

    def of_step(self) -> dict[str, Any]:
        """The loss and the number of examples of the batches since the last step, where they are known."""
        told: dict[str, Any] = {"batch_size": self._examples} if self._examples else {}
        if self._batches:
            batches = torch.stack(self._batches)
            self._steps.append(batches.sum() if self._of_parts else batches.mean())
            told["loss"] = self._steps[-1]
        self._batches, self._examples = [], 0
        return told

    def of_epoch(self) -> dict[str, Any]:
        """The mean of the steps' losses since the last epoch."""
        told = {"loss": torch.stack(self._steps).mean()} if self._steps else {}
        self._steps = []
        return told
