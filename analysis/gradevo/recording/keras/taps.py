"""What flows back through the connections of a model's layers, in TensorFlow."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from gradevo.errors import GradevoError
from gradevo.recording.keras.calls import Call
from gradevo.recording.keras.fused import replaced

NAN = float("nan")


@contextmanager
def tapped(calls: Sequence[Call], tape: tf.GradientTape) -> Iterator[list[tf.Tensor]]:
    """While the block lasts, a call of the model keeps what passes through every edge.

    The list is filled by one call of the model, in the order of the graph's edges.
    Each is an identity of its own, so that its gradient is that of this edge alone where a layer's output
    goes several ways. The layers are afterwards as they were. Raises GradevoError if the model calls its
    layers otherwise than it was built.
    """
    taken: list[tf.Tensor] = []
    waiting = iter(calls)

    def call_tapped(layer: Any, original: Any, *args: Any, **kwargs: Any) -> Any:
        call = next(waiting, None)
        if call is None or call.layer is not layer:
            raise GradevoError(
                f"activation_gradients: expected layers to be called as the model was built, found "
                f"{layer.name} called by another layer or out of order; record without them"
            )
        known = {name: kwargs[name] for name in call.arguments}
        flat = keras.tree.flatten((args, known))
        for place, _ in call.inputs:
            tensor = flat[place]
            if not tensor.dtype.is_floating:
                taken.append(tf.zeros(()))  # on which nothing depends, so it has no gradient
                continue
            flat[place] = _identity(tensor)
            if call.times is not None:  # its input may be data, which the tape does not watch
                tape.watch(flat[place])
            taken.append(flat[place])
        args, known = keras.tree.pack_sequence_as((args, known), flat)
        return original(*args, **{**kwargs, **known})

    with ExitStack() as originals:
        for layer in {id(call.layer): call.layer for call in calls}.values():
            originals.enter_context(replaced(layer, partial(call_tapped, layer, layer.call)))
        yield taken


def edge_norms(gradients: Sequence[tf.Tensor | None]) -> tf.Tensor:
    """‖∂loss/∂activation‖₂ of every edge, over the whole batch: (E,) float32; NaN where there is none."""
    return tf.stack([NAN if g is None else _norm(g) for g in gradients])


def time_norms(calls: Sequence[Call], gradients: Sequence[tf.Tensor | None]) -> list[tf.Tensor]:
    """‖∂loss/∂x_t‖₂ of every recurrent layer's input x: (T,) float32, in the order of ``through_time``."""
    first = 0
    norms = {}
    for call in calls:
        if call.times is not None and call.sequence is not None:
            gradient = gradients[first + call.sequence]
            if gradient is None:
                norms[call.id] = tf.fill([call.times], NAN)
            else:
                axes = [axis for axis in range(gradient.shape.rank) if axis != 1]
                squares = tf.reduce_sum(tf.square(_single(gradient)), axes)
                norms[call.id] = tf.cast(tf.sqrt(squares), tf.float32)
        first += len(call.inputs)
    return list(norms.values())


def _identity(tensor: tf.Tensor) -> tf.Tensor:
    """The same tensor once more, with the mask that Keras may have hung on it."""
    same = tf.identity(tensor)
    mask = getattr(tensor, "_keras_mask", None)
    if mask is not None:
        same._keras_mask = mask
    return same


def _norm(gradient: tf.Tensor) -> tf.Tensor:
    """‖g‖₂ over all axes, float32."""
    dense = _single(tf.convert_to_tensor(gradient))  # what flows back into a lookup is sparse
    # Half the squares' sum, in one pass without a tensor of squares: a fifth of MNIST's step otherwise.
    return tf.cast(tf.sqrt(2 * tf.nn.l2_loss(dense)), tf.float32)


def _single(gradient: tf.Tensor) -> tf.Tensor:
    """At least float32: squares of half precision would vanish."""
    return tf.cast(gradient, tf.float32) if gradient.dtype.size < 4 else gradient
