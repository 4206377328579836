"""Rows that JAX's compiled train step hands to the host."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import io_callback
from numpy.typing import NDArray

from gradevo.recording.keras.optimizers import inner_of
from gradevo.recording.keras.rows import NAN, Batch, StepRows


class JaxRows(StepRows):
    """`StepRows` on JAX: the compiled step calls the host with its row, in order."""

    def __init__(self, model: keras.Model, *args: Any, **options: Any) -> None:
        super().__init__(model, *args, **options)
        self._loss: float | None = None  # of the batch that is computed, if it was told

    def fetch(self) -> NDArray[Any]:
        """The rows since it was last asked, ``(k, width)``, when all steps are computed."""
        jax.effects_barrier()
        return super().fetch()

    def step(self, train_step: Callable[..., Any], *passed: Any) -> Any:
        """As `StepRows.step`; without the loss where JAX lets nothing out of what is differentiated."""
        try:
            return super().step(train_step, *passed)
        except (NotImplementedError, TypeError, ValueError):
            if self._loss_is_kept_inside or "loss" not in self._given:
                raise
        self._loss_is_kept_inside = True
        self._given.discard("loss")
        return super().step(train_step, *passed)

    @property
    def _listener(self) -> tuple[str, Callable[..., Any]]:
        return "stateless_apply", self._stateless_apply

    def _stateless_apply(
        self,
        batch: Batch,
        prefix: str,
        optimizer: keras.Optimizer,
        original: Callable[..., Any],
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> Any:
        grads, state = list(grads), zip(optimizer.variables, optimizer_variables, strict=True)
        with keras.StatelessScope(state_mapping=list(state)):
            self._take(batch, prefix, optimizer, grads, list(inner_of(optimizer)._trainable_variables))
        return original(optimizer_variables, grads, trainable_variables)

    def _weights_before(self, passed: Sequence[Any]) -> Any:
        state, _ = passed
        return self._weights(state)

    def _weights_after(self, result: Any) -> Any:
        _, state = result
        return self._weights(state)

    def _weights(self, state: Sequence[Any]) -> Any:
        """Of the state that a train step is passed and returns, the trainable variables come first."""
        return self._flattened(self._in_order(self._model.trainable_variables, state[0]), self._sizes)

    def _keep_loss(self, batch: Batch, loss: Any) -> Any:
        if self._loss_is_kept_inside:
            return loss
        # It is differentiated, and may not be kept outside of what is: the host is told at once.
        self._given.add("loss")
        return self._told(loss)

    @property
    def _told(self) -> Callable[[Any], Any]:
        """What returns a loss as it is, its derivative 1, of which the host is told."""

        def tell(loss: Any) -> Any:
            io_callback(self._take_loss, None, loss, ordered=True)
            return loss

        told = jax.custom_vjp(tell)
        told.defvjp(lambda loss: (tell(loss), None), lambda _, gradient: (gradient,))
        return told  # type: ignore[no-any-return]

    def _write(self, batch: Batch) -> None:
        io_callback(self._take_row, None, self._row(batch.known), ordered=True)

    def _take_loss(self, loss: Any) -> None:
        self._loss = float(loss)

    def _take_row(self, row: Any) -> None:
        row = np.array(row)
        loss = self._parameters + self._numbers.index("loss")
        row[loss : loss + 2] = (NAN, NAN) if self._loss is None else (self._loss, 1)
        self._loss = None
        self._waiting.append(row)
