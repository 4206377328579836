"""The layers of a model, how they are connected, and what flows back through the connections."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from gradevo.errors import GradevoError
from gradevo.layers import LAST, Edge, Layer, LayerGraph
from gradevo.recording.keras.fused import replaced
from gradevo.recording.keras.state import named_tensors

NAN = float("nan")

# Kernels of positions × outputs × inputs.
TRANSPOSED = keras.layers.Conv1DTranspose | keras.layers.Conv2DTranspose | keras.layers.Conv3DTranspose


@dataclass(frozen=True)
class Call:
    """One use of a layer in a model.

    layer: what is called, a layer or one of Keras' operations (``x + y``). id: its node of the graph.
    inputs: of its flattened arguments, the place of each that another layer gives, and that layer's id.
    arguments: names of its keyword arguments. sequence: of a recurrent layer, which of the inputs is the
    sequence, and times: its time steps; else None.
    """

    layer: Any
    id: str
    inputs: tuple[tuple[int, str], ...]
    arguments: tuple[str, ...] = ()
    sequence: int | None = None
    times: int | None = None


class Ids:
    """The graph's ids of layers: their names, in models inside the model behind its name and a slash.

    Two layers of one name are numbered, in the order in which they are asked for.
    """

    def __init__(self) -> None:
        self._of: dict[int, str] = {}

    def of(self, layer: Any, folder: str = "") -> str:
        """The id of a layer, the same whenever it is asked for."""
        if id(layer) not in self._of:
            name, count = f"{folder}{layer.name}", 1
            while name in self._of.values():
                count += 1
                name = f"{folder}{layer.name}_{count}"
            self._of[id(layer)] = name
        return self._of[id(layer)]


def calls_of(model: keras.Model) -> list[Call]:
    """The calls of a Sequential or functional model in the order of computation.

    Such models inside the model are opened. Empty for a subclass with a ``call`` of its own.
    """
    function = _function(model)
    if function is None:
        return []
    ids = Ids()
    given = {id(tensor): ids.of(tensor._keras_history.operation) for tensor in function.inputs}
    return _calls(function, given, ids, "")


def layer_graph(model: keras.Model, calls: Sequence[Call]) -> LayerGraph:
    """The graph of a model: its inputs and all that is called, in the order of computation.

    A subclass with a ``call`` of its own gives its layers without connections, but for those inside of models
    that are its layers.
    """
    ids, function, found = Ids(), _function(model), list(calls)
    layers: dict[str, Any] = {}
    if function is not None:
        inputs = [tensor._keras_history.operation for tensor in function.inputs]
        layers = {ids.of(layer): layer for layer in inputs}
        layers |= {call.id: call.layer for call in calls}
    else:
        for layer in model.layers:
            inner = _function(layer)
            if inner is None:
                layers[ids.of(layer)] = layer
                continue
            opened = _calls(inner, {}, ids, f"{ids.of(layer)}/")
            layers |= {call.id: call.layer for call in opened}
            found += opened
    names = named_tensors(model)
    nodes = []
    for name, layer in layers.items():
        variables = getattr(layer, "trainable_variables", ())  # Keras' operations have none
        tensors = tuple(names[id(variable)] for variable in variables if id(variable) in names)
        outputs = -2 if isinstance(layer, TRANSPOSED) else LAST
        nodes.append(Layer(name, type(layer).__name__, tensors, outputs))
    edges = [Edge(source, call.id) for call in found for _, source in call.inputs if source in layers]
    return LayerGraph(tuple(nodes), tuple(edges))


def through_time(calls: Sequence[Call]) -> dict[str, int]:
    """Recurrent layers and the time steps of their input."""
    return {call.id: call.times for call in calls if call.times is not None}


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


def _function(model: Any) -> Any:
    """What computes a Sequential or functional model; None for all else, and for a ``call`` of its own."""
    if not isinstance(model, keras.Model) or not type(model).call.__module__.startswith("keras."):
        return None  # what it computes is not what it was built of
    function = getattr(model, "_functional", None) or model
    return function if getattr(function, "_nodes_by_depth", None) else None


def _calls(function: Any, sources: dict[int, str], ids: Ids, folder: str) -> list[Call]:
    """The calls of a functional model.

    sources: id of a tensor -> the layer that gives it: at first those of the inputs, then of all tensors.
    """
    calls: list[Call] = []
    by_depth = function._nodes_by_depth
    for node in (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]):
        if not node.operation or node.is_input:
            continue
        inner = _function(node.operation)
        flat = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
        tensors = [argument for argument in flat if isinstance(argument, keras.KerasTensor)]
        if inner is None:
            calls.append(_call(node, flat, sources, ids.of(node.operation, folder)))
            sources |= {id(tensor): calls[-1].id for tensor in node.outputs}
            continue
        entering = zip(inner.inputs, tensors, strict=True)
        inside = {id(tensor): sources[id(outer)] for tensor, outer in entering if id(outer) in sources}
        calls += _calls(inner, inside, ids, f"{ids.of(node.operation, folder)}/")
        leaving = zip(inner.outputs, node.outputs, strict=True)
        sources |= {id(outer): inside[id(tensor)] for tensor, outer in leaving if id(tensor) in inside}
    return calls


def _call(node: Any, flat: Sequence[Any], sources: Mapping[int, str], name: str) -> Call:
    inputs = [
        (place, argument)
        for place, argument in enumerate(flat)
        if isinstance(argument, keras.KerasTensor) and id(argument) in sources
    ]
    args, kwargs = node.arguments.args, node.arguments.kwargs
    sequence = times = None
    if isinstance(node.operation, keras.layers.RNN | keras.layers.Bidirectional):
        read = args[0] if args else kwargs["sequences"]
        sequence = next((nth for nth, (_, argument) in enumerate(inputs) if argument is read), None)
        times = read.shape[1] if sequence is not None else None
    return Call(
        node.operation,
        name,
        tuple((place, sources[id(tensor)]) for place, tensor in inputs),
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
