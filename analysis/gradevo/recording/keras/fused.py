"""Layers that compute otherwise for a while: batch normalization by TensorFlow's fused kernel.

Keras writes it as a dozen operations, each with a gradient of its own, and each goes through the
whole activation: in a convolutional network they cost as much as half of the convolutions.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf


@contextmanager
def replaced(layer: Any, call: Callable[..., Any]) -> Iterator[None]:
    """While the block lasts, ``layer`` computes ``call``; afterwards what it did before.

    The new one stands at the layer itself, beside that of its class; so may be the one before.
    """
    before = vars(layer).get("call")
    layer.call = call
    try:
        yield
    finally:
        if before is None:
            del layer.call
        else:
            layer.call = before


@contextmanager
def fused_batch_normalization(model: keras.Model) -> Iterator[None]:
    """While the block lasts, calls of the model's batch normalizations are traced as the fused kernel.

    The formulas are the same (Ioffe & Szegedy 2015), the last bits are not. Concerns Keras' own layers
    over the last axis of float32 activations with at least one axis between batch and channels;
    others compute as before. The layers are afterwards as they were.
    """
    layers = {id(layer): layer for layer in _layers(model) if _fusible(layer)}.values()  # each once
    with ExitStack() as originals:
        for layer in layers:
            originals.enter_context(replaced(layer, partial(_call, layer)))
        yield


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)


def _fusible(layer: keras.Layer) -> bool:
    if type(layer) is not keras.layers.BatchNormalization or layer.renorm or layer.synchronized:
        return False
    if not layer.built:
        return False
    rank = layer.input_spec.ndim
    return layer.axis in (-1, rank - 1) and rank in (3, 4) and layer.compute_dtype == "float32"


def _call(
    layer: keras.layers.BatchNormalization, inputs: tf.Tensor, training: Any = None, mask: Any = None
) -> tf.Tensor:
    """What ``BatchNormalization.call`` computes; ``inputs`` is (batch, …, channels) of three or four axes."""
    if mask is not None:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    channels = layer.moving_mean.shape[0]
    mean, variance = layer.moving_mean.value, layer.moving_variance.value
    in_batch = bool(training and layer.trainable)
    x = inputs if inputs.shape.rank == 4 else tf.expand_dims(inputs, 2)
    y, batch_mean, batch_variance = tf.compat.v1.nn.fused_batch_norm(
        x,
        layer.gamma.value if layer.scale else tf.ones(channels),
        layer.beta.value if layer.center else tf.zeros(channels),
        None if in_batch else tf.convert_to_tensor(mean),
        None if in_batch else tf.convert_to_tensor(variance),
        epsilon=layer.epsilon,
        is_training=in_batch,
    )
    if in_batch:
        # The kernel divides by n - 1, Keras by n.
        n = tf.cast(tf.size(x) // channels, tf.float32)
        batch_variance *= tf.maximum(n - 1, 1) / n
        keep = layer.momentum
        layer.moving_mean.assign(mean * keep + batch_mean * (1 - keep))
        layer.moving_variance.assign(variance * keep + batch_variance * (1 - keep))
    return tf.reshape(y, tf.shape(inputs))
