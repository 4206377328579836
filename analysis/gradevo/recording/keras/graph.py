"""The layers of a model and how they are connected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras

from gradevo.layers import LAST, Edge, Layer, LayerGraph
from gradevo.recording.keras.calls import Call
from gradevo.recording.keras.cancelled import cancelled_shifts
from gradevo.recording.keras.variables import named_tensors

# Kernels of positions × outputs × inputs.
TRANSPOSED = keras.layers.Conv1DTranspose | keras.layers.Conv2DTranspose | keras.layers.Conv3DTranspose


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
    return _marked(function, _calls(function, given, ids, ""), given)


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
            inside: dict[int, str] = {}
            opened = _marked(inner, _calls(inner, inside, ids, f"{ids.of(layer)}/"), inside)
            layers |= {call.id: call.layer for call in opened}
            found += opened
    names, cancelled = named_tensors(model), cancelled_shifts(found)
    nodes = []
    for name, layer in layers.items():
        variables = getattr(layer, "trainable_variables", ())  # Keras' operations have none
        tensors = tuple(names[id(variable)] for variable in variables if id(variable) in names)
        outputs = -2 if isinstance(layer, TRANSPOSED) else LAST
        shift = names.get(id(cancelled.get(name)))
        nodes.append(Layer(name, type(layer).__name__, tensors, outputs, (shift,) if shift else ()))
    edges = [Edge(source, call.id) for call in found for _, source in call.inputs if source in layers]
    return LayerGraph(tuple(nodes), tuple(edges))


def through_time(calls: Sequence[Call]) -> dict[str, int]:
    """Recurrent layers and the time steps of their input."""
    return {call.id: call.times for call in calls if call.times is not None}


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


def _marked(function: Any, calls: Sequence[Call], sources: Mapping[int, str]) -> list[Call]:
    """The calls of a model, of which some give its outputs."""
    leaving = {sources.get(id(tensor)) for tensor in function.outputs}
    return [replace(call, leaves=call.id in leaving) for call in calls]


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
        tuple(node.outputs[0].shape),
        tuple(kwargs),
        sequence,
        times,
    )
