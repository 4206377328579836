"""The layers of a model, how they are connected, and what flows back through the connections."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from gradevo.errors import GradevoError
from gradevo.layers import Edge, Layer, LayerGraph
from gradevo.recording.keras.fused import replaced
from gradevo.recording.keras.state import named_tensors

NAN = float("nan")


@dataclass(frozen=True)
class Call:
    """One use of a layer in a model.

    layer: what is called, a layer or one of Keras' operations (``x + y``). inputs: of its flattened
    arguments, the place of each one that another layer gives, and that layer's name. arguments: names of
    its keyword arguments. sequence: of a recurrent layer, which of the inputs is the sequence, and times:
    its time steps; else None.
    """

    layer: Any
    inputs: tuple[tuple[int, str], ...]
    arguments: tuple[str, ...] = ()
    sequence: int | None = None
    times: int | None = None


def calls_of(model: keras.Model) -> list[Call]:
    """The calls of a Sequential or functional model in the order of computation.

    A model inside the model is one layer. Empty for a subclass with a ``call`` of its own.
    """
    if not type(model).call.__module__.startswith("keras."):  # what it computes is not what it was built of
        return []
    function = getattr(model, "_functional", None) or model
    by_depth = getattr(function, "_nodes_by_depth", None)
    if not by_depth:
        return []
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return [_call(node) for node in nodes if node.operation and not node.is_input]


def layer_graph(model: keras.Model, calls: Sequence[Call]) -> LayerGraph:
    """The graph of a model: its inputs and all that is called, in the order of computation.

    A subclass with a ``call`` of its own gives its layers without connections.
    """
    listed = (getattr(model, "_functional", None) or model).layers  # a Sequential model leaves out its input
    inputs = [layer for layer in listed if isinstance(layer, keras.layers.InputLayer)]
    called = [call.layer for call in calls] or [layer for layer in model.layers if layer not in inputs]
    names = named_tensors(model)
    layers = {}
    for layer in [*inputs, *called]:
        variables = getattr(layer, "trainable_variables", ())  # Keras' operations have none
        tensors = tuple(names[id(variable)] for variable in variables if id(variable) in names)
        layers[layer.name] = Layer(layer.name, type(layer).__name__, tensors)
    edges = [Edge(source, call.layer.name) for call in calls for _, source in call.inputs]
    return LayerGraph(tuple(layers.values()), tuple(edges))


def through_time(calls: Sequence[Call]) -> dict[str, int]:
    """Recurrent layers and the time steps of their input."""
    return {call.layer.name: call.times for call in calls if call.times is not None}


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
                norms[call.layer.name] = tf.fill([call.times], NAN)
            else:
                axes = [axis for axis in range(gradient.shape.rank) if axis != 1]
                squares = tf.reduce_sum(tf.square(_single(gradient)), axes)
                norms[call.layer.name] = tf.cast(tf.sqrt(squares), tf.float32)
        first += len(call.inputs)
    return list(norms.values())


def _call(node: Any) -> Call:
    flat = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    inputs = [
        (place, argument) for place, argument in enumerate(flat) if isinstance(argument, keras.KerasTensor)
    ]
    args, kwargs = node.arguments.args, node.arguments.kwargs
    sequence = times = None
    if isinstance(node.operation, keras.layers.RNN | keras.layers.Bidirectional):
        read = args[0] if args else kwargs["sequences"]
        sequence = next(nth for nth, (_, argument) in enumerate(inputs) if argument is read)
        times = read.shape[1]
    return Call(
        node.operation,
        tuple((place, tensor._keras_history.operation.name) for place, tensor in inputs),
        tuple(kwargs),
        sequence,
        times,
    )


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
