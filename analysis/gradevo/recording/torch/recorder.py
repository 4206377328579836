"""``Recorder``: the record of a loop in PyTorch, of which nothing else changes."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.recording import recorder as any_loop
from gradevo.recording.tree import as_array


class Recorder:
    """Record every step of an optimizer: the gradients as backpropagation left them.

    It hooks the parameters and the optimizer's ``step``. A step of the record is one of the optimizer,
    however many backward passes it gathers; its gradients are those before the loop clips them. A parameter
    without a gradient has the gradient 0. The learning rate is that of the first group of parameters; of
    further groups it is recorded as ``learning_rate_1``, ….

    When a partial file is there whose last complete epoch ended with just the weights that the model holds
    (restored from a checkpoint of one's own), the record goes on after that epoch.

    Args:
        model: Its parameters that need a gradient are recorded, under their names with slashes for dots.
        optimizer: Of these parameters, or some of them.
        path: The run file to write.
        scaler: The ``torch.amp.GradScaler`` of the loop: gradients are then divided by its scale. A step that
            it skips because of an overflow is none.
        updates: Also record the norm of every tensor's update, which takes copies of the weights.
        options: Further arguments of `gradevo.Recorder`: ``tensors``, ``exclude``, ``record_every``,
            ``keep_bits``, ``experiment``, ``data``, ``data_label``, ``seed``, ``epochs``, ``overwrite``.

    Raises:
        GradevoError: As `gradevo.Recorder` does.

    Example::

        with gradevo.torch.Recorder(model, optimizer, "run.h5") as recorder:
            for epoch in range(10):
                for x, y in batches:
                    optimizer.zero_grad()
                    loss = criterion(model(x), y)
                    loss.backward()
                    recorder.tell(loss=loss, batch_size=len(x))  # what is not told is left out
                    optimizer.step()
                recorder.end_epoch(train={"loss": mean_loss})
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        path: str | Path,
        *,
        scaler: Any = None,
        updates: bool = False,
        **options: Any,
    ) -> None:
        self._parameters = {
            name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad
        }
        self._scaler = scaler
        self._updates = updates
        self._optimizer = optimizer
        options.setdefault("graph", graph_of(model))
        self._recorder = any_loop.Recorder(path, self._parameters, **options)
        self.path = self._recorder.path
        # What backpropagation left, before the loop clips it; reused from step to step.
        self._raw: dict[str, torch.Tensor] = {}
        self._fresh: set[str] = set()
        self._hooks = [
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        ]
        for name, parameter in self._recorder.selected(self._parameters).items():
            self._hooks.append(parameter.register_post_accumulate_grad_hook(self._keeping(name)))
        self._scale = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unhook()
        self._recorder.__exit__(kind, error, trace)

    def tell(self, **numbers: Any) -> None:
        """Say numbers of the next step: its ``loss``, ``batch_size``, or others by their names."""
        self._recorder.tell(**numbers)

    def end_epoch(
        self, *, train: Mapping[str, Any] | None = None, validation: Mapping[str, Any] | None = None
    ) -> None:
        """End an epoch, after which the file is whole; metrics of the splits: name -> number."""
        self._recorder.end_epoch(self._parameters, train=train, validation=validation)

    def close(self) -> None:
        """End the record: the file takes its name, and the model and its optimizer are their own again."""
        self._unhook()
        self._recorder.close()

    @property
    def epochs_complete(self) -> int:
        """Complete epochs in the file, those of an earlier process among them."""
        return self._recorder.epochs_complete

    def size(self, steps: int, epochs: int = 1) -> int:
        """Bytes of a record of so many steps and epochs, before compression."""
        return self._recorder.size(steps, epochs)

    def _keeping(self, name: str) -> Any:
        def keep(parameter: torch.Tensor) -> None:
            self._keep(name, parameter)

        return keep

    def _keep(self, name: str, parameter: torch.Tensor) -> None:
        """Copy a gradient to the host; from another device without waiting for it."""
        gradient = parameter.grad.detach()
        if gradient.is_sparse:
            gradient = gradient.to_dense()
        kept = self._raw.get(name)
        if kept is None:
            elsewhere = gradient.device.type == "cuda"
            kept = torch.empty(gradient.shape, dtype=gradient.dtype, pin_memory=elsewhere)
            self._raw[name] = kept
        kept.copy_(gradient, non_blocking=True)
        self._fresh.add(name)

    def _before_step(self, optimizer: Any, *_: Any) -> None:
        self._scale = 1.0 if self._scaler is None else float(self._scaler.get_scale())

    def _after_step(self, optimizer: Any, *_: Any) -> None:
        chosen = self._recorder.selected(self._parameters)
        for name, parameter in chosen.items():
            if parameter.grad is None:  # what was kept is of a step that the scaler skipped
                self._fresh.discard(name)
            elif name not in self._fresh:  # of earlier passes, or given by other means
                self._keep(name, parameter)
        if any(parameter.device.type == "cuda" for parameter in chosen.values()):
            torch.cuda.synchronize()
        # A scale is a power of two: to divide by it is exact.
        kept = {name: as_array(self._raw[name]) for name in self._fresh}
        gradients = any_loop.Selected(
            {name: one / self._scale for name, one in kept.items()} if self._scale != 1 else kept
        )
        rates = {
            f"learning_rate_{nth}" if nth else "learning_rate": group["lr"]
            for nth, group in enumerate(optimizer.param_groups)
            if "lr" in group
        }
        told = self._parameters if self._updates else None
        self._recorder.step(gradients, weights=told, **rates)
        self._fresh.clear()

    def _unhook(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks = []


def graph_of(model: torch.nn.Module) -> LayerGraph:
    """The modules that own parameters, as layers.

    What flows between modules is not known in general; those of a ``Sequential`` are connected one by one.
    """
    shared: set[int] = set()
    layers, edges = [], []
    for name, module in model.named_modules():
        own = [
            (key, parameter)
            for key, parameter in module.named_parameters(recurse=False)
            if parameter.requires_grad and id(parameter) not in shared
        ]
        shared |= {id(parameter) for _, parameter in own}
        if own:
            path = name.replace(".", "/")
            tensors = tuple(f"{path}/{key}" if path else key for key, _ in own)
            layers.append(Layer(path or type(module).__name__, type(module).__name__, tensors))
    if isinstance(model, torch.nn.Sequential):
        known = [layer.id for layer in layers if "/" not in layer.id]
        edges = [Edge(source, target) for source, target in pairwise(known)]
    return LayerGraph(tuple(layers), tuple(edges))
