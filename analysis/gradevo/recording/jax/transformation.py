"""``record``: an optax transformation that hands the gradients that pass it to a recorder."""

from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax.experimental import io_callback

from gradevo.recording.recorder import Joined, Recorder


def record(
    recorder: Recorder, optimizer: optax.GradientTransformation | None = None
) -> optax.GradientTransformationExtraArgs:
    """A transformation that records the gradients that pass it and leaves them as they are.

    It may stand anywhere in a chain: in front it sees raw gradients, behind others what they made of them.
    With ``optax.MultiSteps`` it belongs in front: inside it would see the sums that are not complete yet.
    It works with and without ``jax.jit``, and inside ``jax.lax.scan``; steps come in order, and
    `Recorder.end_epoch` and `Recorder.close` wait for all of them.

    Numbers of the step go along with ``update``: ``loss`` (or ``value``, as optax calls it), ``batch_size``
    and ``learning_rate``. Where something else calls ``update``, such as Flax's ``TrainState``, `tell` takes
    them. What is not told is NaN in the file, or -1 for a batch size.

    Args:
        recorder: Made with the parameters: a tree such as Flax's ``variables["params"]``, or
            ``nnx.state(model, nnx.Param)``. Leaves that are not recorded never leave the device.
        optimizer: Where it is given, the result is this optimizer with its gradients recorded, and the norm
            of its update of every tensor, ‖w⁽ˢ⁺¹⁾−w⁽ˢ⁾‖₂.

    Returns:
        The transformation; its state is that of the optimizer, or empty.

    Raises:
        GradevoError: In ``update``, for gradients that are not the tree of the recorder.

    Example::

        with gradevo.Recorder("run.h5", params) as recorder:
            optimizer = optax.chain(gradevo.jax.record(recorder), optax.clip(1.0), optax.adam(1e-3))
            state = optimizer.init(params)

            @jax.jit
            def step(params, state, x, y):
                loss, gradients = jax.value_and_grad(loss_of)(params, x, y)
                updates, state = optimizer.update(gradients, state, params, loss=loss, batch_size=len(x))
                return optax.apply_updates(params, updates), state, loss

            for epoch in range(10):
                for x, y in batches:
                    params, state, loss = step(params, state, x, y)
                recorder.end_epoch(params, train={"loss": loss})
    """
    inner = optax.with_extra_args_support(optimizer or optax.identity())
    tensors = recorder.tensors
    errors: list[Exception] = []

    def take(gradients: Any, norms: Any, numbers: dict[str, Any]) -> None:
        """Runs on the host, as soon as the step is computed."""
        try:
            updates = None if norms is None else dict(zip(tensors, norms, strict=True))
            recorder.step(Joined(gradients), updates=updates, **numbers)
        except Exception as error:
            errors.append(error)
            raise

    def wait() -> None:
        """Return when all steps are recorded; raise what one of them raised."""
        try:
            jax.effects_barrier()
        except Exception:
            if not errors:
                raise
        if errors:
            raise errors[0]

    def update(
        updates: Any,
        state: Any,
        params: Any = None,
        *,
        loss: Any = None,
        batch_size: Any = None,
        learning_rate: Any = None,
        **extra: Any,
    ) -> tuple[Any, Any]:
        numbers = {
            "loss": extra.get("value") if loss is None else loss,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
        }
        found = recorder.selected(updates)
        changes, state = inner.update(updates, state, params, **extra)
        norms = None
        if optimizer is not None:
            given = recorder.selected(changes)
            norms = jnp.stack([_norm(given[path]) if path in given else 0.0 for path in tensors])
        told = {name: number for name, number in numbers.items() if number is not None}
        # One array: every argument of a callback takes 15 µs.
        flat = [_flat(found[path]) if path in found else jnp.zeros(prod(of)) for path, of in tensors.items()]
        io_callback(take, None, jnp.concatenate(flat), norms, told, ordered=True)
        return changes, state

    recorder.before_end(wait)
    return optax.GradientTransformationExtraArgs(inner.init, update)


def tell(recorder: Recorder, **numbers: Any) -> None:
    """Say numbers of the step whose gradients pass next, inside ``jax.jit`` or outside.

    Args:
        recorder: That of `record`.
        numbers: ``loss``, ``batch_size`` and anything else that is one number.

    Example::

        @jax.jit
        def step(state, x, y):
            loss, gradients = jax.value_and_grad(loss_of)(state.params, x, y)
            gradevo.jax.tell(recorder, loss=loss)
            return state.apply_gradients(grads=gradients)
    """
    io_callback(lambda told: recorder.tell(**told), None, numbers, ordered=True)


def _flat(array: Any) -> Any:
    """The elements, at least in float32."""
    return array.astype(jnp.promote_types(array.dtype, jnp.float32)).reshape(-1)


def _norm(update: Any) -> Any:
    """The Euclidean norm, at least in float32."""
    return jnp.linalg.norm(_flat(update))
