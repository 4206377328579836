"""Many optimizer steps in one compiled call.

A Python loop of eager steps spends most of its time outside the arithmetic: small models
run 20 times faster when TensorFlow loops itself and hands back a block of gradients.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from gradevo.recording.keras.batches import Examples, Order
from gradevo.recording.keras.graph import Call, edge_norms, tapped, through_time, time_norms

# A block of gradients waits in memory before it is written.
BLOCK_BYTES = 64 << 20


class Block(NamedTuple):
    """Consecutive steps; k is smaller than asked for when a stop was asked for and met.

    gradients: ``(k, parameters)``, tensors flattened and joined in the model's order,
    before any clipping by the optimizer. losses: ``(k,)``. finite: ``(k,)``, whether the
    loss and every element of the gradient are. edges: ``(k, E)``, norms of the gradients at the
    model's edges, and through_time: ``(k, T)`` each, at the time steps of the inputs of recurrent
    layers; empty where the steps were compiled without calls.
    """

    gradients: np.ndarray[Any, Any]
    losses: np.ndarray[Any, Any]
    finite: np.ndarray[Any, np.dtype[np.bool_]]
    edges: np.ndarray[Any, Any]
    through_time: list[np.ndarray[Any, Any]]


def steps_per_block(bytes_per_step: int) -> int:
    """Steps whose gradients fit into a block."""
    return max(1, BLOCK_BYTES // max(1, bytes_per_step))


def compile_steps(
    model: keras.Model,
    data: Examples,
    batch_size: int,
    dtype: str,
    stop_on_nonfinite: bool,
    calls: Sequence[Call] = (),
) -> Callable[[Order, int, int], Block]:
    """A function ``(order, first, count) -> Block`` that trains ``model`` in place.

    It takes steps ``first`` to ``first + count - 1`` of an epoch whose examples come in
    ``order``. With ``stop_on_nonfinite`` it returns after the first step whose loss or
    gradient is not finite (that step's update is still applied). calls: those whose inputs' gradients
    are to be recorded, too.
    """
    variables = model.trainable_variables
    parameters = sum(prod(variable.shape) for variable in variables)
    kind = tf.as_dtype(dtype)
    index = tf.TensorSpec((), tf.int64)

    # Without autograph, which would take longer to rewrite this function than TensorFlow
    # takes to trace it.
    @tf.function(input_signature=[tf.TensorSpec((data.count,), tf.int64), index, index], autograph=False)
    def run(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, ...]:
        size = tf.cast(count, tf.int32)

        def unfinished(step: tf.Tensor, healthy: tf.Tensor, *_: tf.TensorArray) -> tf.Tensor:
            return (step < size) & healthy if stop_on_nonfinite else step < size

        def one_step(step: tf.Tensor, _: tf.Tensor, *records: tf.TensorArray) -> tuple[Any, ...]:
            start = (first + tf.cast(step, tf.int64)) * batch_size
            x, y = data.batch(order[start : start + batch_size])
            with tf.GradientTape() as tape, tapped(calls, tape) as edges:
                loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True), training=True)
            gradient, flowing = tape.gradient(loss, (list(variables), edges))
            gradient = [
                tf.zeros_like(v) if g is None else g for v, g in zip(variables, gradient, strict=True)
            ]
            model.optimizer.apply(gradient, variables)
            flat = tf.concat([tf.cast(tf.reshape(g, [-1]), kind) for g in gradient], 0)
            healthy = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(flat))
            values = [flat, tf.cast(loss, kind), healthy]
            if calls:
                values += [edge_norms(flowing), *time_norms(calls, flowing)]
            written = [record.write(step, value) for record, value in zip(records, values, strict=True)]
            return (step + 1, healthy, *written)

        widths = [sum(len(call.inputs) for call in calls), *through_time(calls).values()] if calls else []
        empty = (
            tf.TensorArray(kind, size, element_shape=(parameters,), clear_after_read=False),
            tf.TensorArray(kind, size, element_shape=()),
            tf.TensorArray(tf.bool, size, element_shape=()),
            *(tf.TensorArray(tf.float32, size, element_shape=(width,)) for width in widths),
        )
        step, _, *taken = tf.while_loop(unfinished, one_step, (tf.constant(0), tf.constant(True), *empty))
        done = tf.range(step)
        return tuple(array.gather(done) for array in taken)

    traced = run.get_concrete_function()

    def steps(order: Order, first: int, count: int) -> Block:
        block = traced(
            tf.constant(order, tf.int64), tf.constant(first, tf.int64), tf.constant(count, tf.int64)
        )
        gradients, losses, finite, *norms = (part.numpy() for part in block)
        edges = norms[0] if norms else np.empty((len(losses), 0), np.float32)
        return Block(gradients, losses, finite, edges, norms[1:])

    return steps
