"""``Recorder``: the record of a loop in PyTorch, of which nothing else changes."""

from collections.abc import Callable, Mapping
from functools import wraps
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from gradevo.errors import GradevoError
from gradevo.recording import recorder as any_loop
from gradevo.recording.torch.graph import EdgeNorms, cancelled_biases, connections_of, layer_graph, layers_of


class Recorder:
    """Record every step of an optimizer: the gradients as backpropagation left them.

    It hooks the parameters, and the optimizer's ``step`` and ``zero_grad``. A step of the record is one of
    the optimizer, however many backward passes it gathers; its gradients are those before the loop clips
    them. A parameter without a gradient has the gradient 0. A pass whose gradients are to be of no step is
    discarded by the optimizer's ``zero_grad``, or by setting gradients to None. The learning rate is that of
    the first group of parameters; of further groups it is recorded as ``learning_rate_1``, ….

    When a partial file is there of which an epoch ended with just the weights that the model holds (restored
    from a checkpoint of one's own), the record goes on after that epoch.

    Args:
        model: Its parameters that need a gradient are recorded, under their names with slashes for dots.
        optimizer: Of these parameters, or some of them.
        path: The run file to write.
        scaler: The ``torch.amp.GradScaler`` of the loop: gradients are then divided by its scale. A step that
            it skips because of an overflow is none.
        updates: Also record the norm of every tensor's update, which takes copies of the weights.
        activation_gradients: Also record the norm of what flows back from layer to layer,
            ‖∂loss/∂activation‖₂ over the examples of a step. The layers are then called with aliases of their
            arguments.
        options: Further arguments of `gradevo.Recorder`: ``tensors``, ``exclude``, ``record_every``,
            ``record_epochs``, ``keep_bits``, ``experiment``, ``data``, ``data_label``, ``seed``, ``epochs``,
            ``overwrite``.

    Raises:
        GradevoError: As `gradevo.Recorder` does, and for activation gradients of a model whose connections
            depend on its data.

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
        activation_gradients: bool = False,
        **options: Any,
    ) -> None:
        model = getattr(model, "_orig_mod", model)  # of a compiled one
        self._parameters = {
            name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad
        }
        self._scaler = scaler
        self._updates = updates
        self._optimizer = optimizer
        layers = layers_of(model)
        connections = connections_of(model, layers)
        if activation_gradients and not connections:
            raise GradevoError(
                "activation_gradients: expected layers that are connected in the same way for all data, "
                f"found others in {type(model).__name__}; record without them"
            )
        options.setdefault("graph", layer_graph(layers, connections, cancelled_biases(model, layers)))
        self._recorder = any_loop.Recorder(
            path, self._parameters, activation_gradients=activation_gradients, **options
        )
        self.path = self._recorder.path
        # What backpropagation left, before the loop clips it: a step's gradients, joined.
        self._chosen = self._recorder.selected(self._parameters)
        elsewhere = any(parameter.device.type == "cuda" for parameter in self._chosen.values())
        sizes = [prod(parameter.shape) for parameter in self._chosen.values()]
        self._joined = torch.zeros(
            sum(sizes), dtype=getattr(torch, self._recorder.dtype), pin_memory=elsewhere
        )
        parts = zip(self._chosen.items(), self._joined.split(sizes), strict=True)
        self._places = {path: part.view(parameter.shape) for (path, parameter), part in parts}
        self._wait = torch.cuda.synchronize if elsewhere else None
        self._fresh: set[str] = set()
        self._edges = EdgeNorms(connections, self._scale) if activation_gradients else None
        self._hooks = [
            optimizer.register_step_post_hook(self._after_step),
            *(self._edges.hooks if self._edges else ()),
        ]
        for name, parameter in self._chosen.items():
            self._hooks.append(parameter.register_post_accumulate_grad_hook(self._keeping(name)))
        self._zero_grad = vars(optimizer).get("zero_grad")
        self._own_zero_grad = optimizer.zero_grad = self._discarding(optimizer.zero_grad)

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

    def abandon(self) -> None:
        """Leave the partial file as it is: a recorder of the same run can continue it."""
        self._unhook()
        self._recorder.abandon()

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
        self._places[name].copy_(gradient, non_blocking=True)
        self._fresh.add(name)

    def _discarding(self, zero_grad: Callable[..., None]) -> Callable[..., None]:
        """``optimizer.zero_grad``, after which what earlier passes left is of no step."""

        @wraps(zero_grad)
        def discard(*args: Any, **kwargs: Any) -> None:
            zero_grad(*args, **kwargs)
            self._fresh.clear()
            if self._edges:
                self._edges.discard()

        return discard

    def _scale(self) -> float:
        """By what the loss is multiplied."""
        return 1.0 if self._scaler is None else float(self._scaler.get_scale())

    def _after_step(self, optimizer: Any, *_: Any) -> None:
        scale = self._scale()
        for name, parameter in self._chosen.items():
            if parameter.grad is None:  # what was kept is of a step that the scaler skipped
                self._places[name].zero_()
            elif (
                name not in self._fresh
            ):  # of earlier passes, or given by other means: without the scale by now
                self._keep(name, parameter)
                self._places[name] *= scale
        if self._wait:
            self._wait()
        if scale != 1:
            self._joined /= scale  # a power of two: to divide by it is exact
        rates = {
            f"learning_rate_{nth}" if nth else "learning_rate": group["lr"]
            for nth, group in enumerate(optimizer.param_groups)
            if "lr" in group
        }
        self._recorder.step(
            any_loop.Joined(self._joined),
            weights=self._parameters if self._updates else None,
            activation_gradients=self._edges.take() if self._edges else None,
            **rates,
        )
        self._fresh.clear()

    def _unhook(self) -> None:
        if not self._hooks:
            return
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        if vars(self._optimizer).get("zero_grad") is not self._own_zero_grad:
            return  # somebody else's by now, who calls ours
        if self._zero_grad is None:
            del self._optimizer.zero_grad
        else:
            self._optimizer.zero_grad = self._zero_grad
